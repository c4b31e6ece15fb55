"""How pictures are written: whole, where they should, as small as they must be."""

import os
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from engine.errors import OutputRejected
from engine.images import decode
from engine.saving import check_writable, encode_under, save
from tests.engine.picture_files import (
    differs,
    quarters,
)

TILE_WIDTH = 322  # tag of TIFF 6.0, section 15


@pytest.mark.parametrize("suffix", ["png", "jpg", "JPEG", "webp", "avif", "tif", "tiff"])
def test_saved_pictures_come_back(suffix: str, tmp_path: Path) -> None:
    """Every suffix writes its format, and nothing else lies in the folder."""
    path = tmp_path / f"out.{suffix}"
    path.write_text("an older picture")
    save(quarters(), path)
    with Image.open(path) as back:
        assert differs(back.convert("RGB"), quarters()) < 4
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("out.bmp", "no suffix"),
        ("out", "no suffix"),
        ("folder.png", "is a folder"),
        ("missing/out.png", "does not exist"),
        ("file.txt/out.png", "does not exist"),
        (f"{'x' * 300}.png", "cannot be written"),
        ("nul\0.png", "cannot be written|null"),
        ("circle.png", "cannot be written"),
    ],
)
def test_places_that_cannot_be_written(name: str, sentence: str, tmp_path: Path) -> None:
    """Each is refused before a painting starts, by a sentence, and nothing is left behind."""
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file.txt").touch()
    (tmp_path / "circle.png").symlink_to("circle.png")
    there = set(tmp_path.iterdir())
    for attempt in (check_writable, lambda path: save(quarters(), path)):
        with pytest.raises(OutputRejected, match=sentence):
            attempt(tmp_path / name)
    assert set(tmp_path.iterdir()) == there


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder nobody can write to")
def test_unwritable_folder() -> None:
    """A folder that takes no files is found out by trying, whoever runs it."""
    with pytest.raises(OutputRejected, match="cannot be written"):
        check_writable(Path("/proc/self/out.png"))


def test_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    """Where encoding fails the old file stays whole and no half one lies beside it."""
    path = tmp_path / "out.png"
    path.write_text("an older picture")
    with pytest.raises(OutputRejected, match="cannot be written"):
        save(Image.new("F", (16, 16)), path)
    assert path.read_text() == "an older picture"
    assert list(tmp_path.iterdir()) == [path]


def test_encodings_shrink_until_they_fit() -> None:
    """PNG where it fits, then WebP, then JPEG, then a smaller JPEG; never more than the limit."""
    noise = np.frombuffer(random.Random(1).randbytes(256 * 256 * 3), np.uint8)
    picture = Image.fromarray(noise.reshape(256, 256, 3))
    seen = []
    for max_bytes in (10**6, 150_000, 50_000, 12_000, 3_000):
        result = encode_under(picture, max_bytes)
        assert len(result.data) <= max_bytes
        seen.append((result.extension, result.content_type, decode(result.data).size == (256, 256)))
    assert seen == [
        (".png", "image/png", True),
        (".webp", "image/webp", True),
        (".jpg", "image/jpeg", True),
        (".jpg", "image/jpeg", False),
        (".jpg", "image/jpeg", False),
    ]


def test_limit_that_nothing_fits_is_rejected() -> None:
    """Where even a tiny JPEG is too large, OutputRejected says so."""
    with pytest.raises(OutputRejected, match="does not fit"):
        encode_under(quarters(), 100)


def test_tiffs_are_written_in_tiles(tmp_path: Path) -> None:
    """So that a viewer of a very large painting reads only what it shows."""
    picture = Image.effect_noise((700, 300), 80).convert("RGB")
    save(picture, tmp_path / "out.tif")

    with TiffImageFile(tmp_path / "out.tif") as written:
        assert written.tag_v2[TILE_WIDTH] == 256
        assert written.convert("RGB").tobytes() == picture.tobytes()
