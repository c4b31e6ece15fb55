"""Files that are no pictures, or more than pictures should be."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.errors import ImageRejected
from engine.images import check, decode, read
from engine.picture_limits import PictureLimits
from tests.engine.hostile_files import hostile_file
from tests.engine.picture_files import (
    FORMATS,
    ballast,
    bombs,
    encoded,
    one_color_png,
    quarters,
)


@pytest.mark.parametrize("format_name", FORMATS)
def test_limits_hold_for_every_format(format_name: str) -> None:
    """Bytes, pixels, the smallest side and the aspect are checked, each with its own sentence."""
    data = encoded(quarters(), format_name)
    for limits, sentence in (
        (PictureLimits(max_bytes=len(data) - 1), "smaller file"),
        (PictureLimits(max_pixels=64 * 64 - 1), "64x64 pixels; choose a picture of at most"),
        (PictureLimits(min_side=65), "at least 65"),
    ):
        with pytest.raises(ImageRejected, match=sentence):
            decode(data, limits, "it")
    decode(data, PictureLimits(len(data), 64 * 64, 64))
    with pytest.raises(ImageRejected, match="crop it"):
        decode(encoded(quarters().resize((64, 4 * 64)), format_name), PictureLimits(max_aspect=3))


@pytest.mark.parametrize("format_name", FORMATS)
def test_truncated_file_is_rejected(format_name: str) -> None:
    """A file that was cut off is no picture, wherever it was cut."""
    data = encoded(quarters(), format_name)
    for keep in (12, len(data) // 3, len(data) * 2 // 3):
        with pytest.raises(ImageRejected):
            decode(data[:keep])


@pytest.mark.parametrize("seed", [11, 12])
def test_a_check_refuses_what_decoding_would(seed: int) -> None:
    """Of a thousand hostile files both refuse the same, in the same words, and so of good ones."""
    files = [hostile_file(seed, number) for number in range(1000)]
    files += [encoded(quarters(size), name) for name in FORMATS for size in (16, 17, 64, 333)]
    limits = PictureLimits(max_bytes=2**20, max_pixels=500_000)
    for data in files:
        assert refusal(check, data, limits) == refusal(decode, data, limits)


def refusal(
    look: Callable[[bytes, PictureLimits], object], data: bytes, limits: PictureLimits
) -> str | None:
    """What a file is refused with; None where it is not."""
    try:
        look(data, limits)
    except ImageRejected as rejected:
        return str(rejected)
    return None


def test_unreadable_files_are_one_sentence(tmp_path: Path) -> None:
    """Missing, folder, empty, text named .jpg, 1x1: a sentence that names the file."""
    (tmp_path / "empty.png").touch()
    (tmp_path / "notes.jpg").write_text("Dear diary, this is no picture.")
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    for name, sentence in (
        ("missing.png", "does not exist"),
        ("", "is a folder"),
        ("empty.png", "is empty"),
        ("notes.jpg", "is not a picture"),
        ("dot.png", "only 1x1 pixels"),
        ("nul\0.png", "cannot be read"),
    ):
        with pytest.raises(ImageRejected, match=sentence) as caught:
            read(tmp_path / name)
        assert str(caught.value).startswith(str(tmp_path / name))
        assert "\n" not in str(caught.value)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs Linux's special files")
def test_endless_and_unreadable_devices() -> None:
    """A device without an end is cut off at the limit; one that cannot be read says so."""
    with pytest.raises(ImageRejected, match="larger than 1 MiB"):
        read(Path("/dev/zero"), PictureLimits(max_bytes=2**20))
    with pytest.raises(ImageRejected, match="cannot be read"):
        read(Path("/proc/self/mem"))


def test_large_pictures_within_the_limits_do_not_warn() -> None:
    """Pillow warns from 89 megapixels on; whoever allows more gets the picture, not the warning."""
    picture = decode(one_color_png(9_500), PictureLimits(max_pixels=100_000_000))
    assert picture.size == (9_500, 9_500)


_ORIGINALS = [
    encoded(picture, format_name)
    for format_name in FORMATS
    for picture in (quarters(), quarters().convert("RGBA" if format_name != "JPEG" else "CMYK"))
]


@settings(max_examples=300, deadline=None, database=None)
@given(
    original=st.sampled_from(_ORIGINALS),
    keep=st.floats(0.02, 1.0) | st.just(1.0),
    edits=st.lists(
        st.tuples(st.floats(0, 1), st.binary(max_size=8), st.integers(0, 8)), max_size=6
    ),
)
def test_mutated_files_are_pictures_or_rejected(
    original: bytes, keep: float, edits: list[tuple[float, bytes, int]]
) -> None:
    """Whatever happens to a file on its way, it is a picture within the limits or ImageRejected."""
    data = original[: int(keep * len(original))]
    for place, written, cut in edits:
        at = int(place**3 * len(data))  # mostly in the headers, where it hurts
        data = data[:at] + written + data[at + cut :]
    limits = PictureLimits(max_pixels=1_000_000)
    try:
        picture = decode(data, limits)
    except ImageRejected:
        return
    assert picture.mode == "RGB"
    assert min(picture.size) >= limits.min_side
    assert picture.width * picture.height <= limits.max_pixels


_MEASURE = """
import random, resource, sys
from engine.errors import ImageRejected
from engine.images import decode
from engine.picture_limits import PictureLimits
from tests.engine.picture_files import FORMATS, encoded, quarters

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

files = [open(name, "rb").read() for name in sys.argv[1:]]
limits = PictureLimits(max_pixels=1_000_000)
originals = [encoded(quarters(), name) for name in FORMATS]
for data in originals:
    decode(data, limits)
before, rejected = peak(), 0
for data in files:
    try:
        decode(data, limits)
    except ImageRejected:
        rejected += 1
dice = random.Random(5)
for _ in range(600):
    data = bytearray(dice.choice(originals))
    for _ in range(dice.choice((1, 2, 4))):
        at = int(dice.random() ** 3 * len(data))
        data[at : at + 4] = dice.choice((b"\\xff" * 4, b"\\x7f\\xff\\xff\\xff", dice.randbytes(4)))
    try:
        decode(bytes(data), limits)
    except ImageRejected:
        pass
print(rejected, (peak() - before) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is kilobytes only on Linux")
def test_bombs_are_rejected_in_bounded_memory(tmp_path: Path) -> None:
    """Bombs, ballast and 600 mutated files raise a process's peak memory by less than 64 MiB.

    Bombs are refused. Of pictures with ballast beside them, the pixels are painted.
    """
    files = []
    for name, data in (bombs() | ballast()).items():
        files.append(tmp_path / name)
        files[-1].write_bytes(data)
    answer = subprocess.run(
        [sys.executable, "-c", _MEASURE, *files], capture_output=True, text=True, check=True
    )
    rejected, grown = map(int, answer.stdout.split())
    assert rejected == len(bombs())
    assert grown < 64  # MiB; one of the 50,000 x 50,000 pixels alone would be 300
