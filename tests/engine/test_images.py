"""What becomes of the files that people send, and how pictures are written."""

import os
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.errors import ImageRejected, OutputRejected
from engine.images import Limits, check_writable, decode, encode_under, read, save
from tests.engine.picture_files import (
    FORMATS,
    bombs,
    encoded,
    linear_profile,
    one_color_png,
    png,
    png_chunk,
    quarters,
)


def differs(one: Image.Image, other: Image.Image) -> float:
    """Return the mean difference per channel, in 1/255."""
    assert one.size == other.size
    apart = np.asarray(one, np.int16) - np.asarray(other, np.int16)
    return float(np.abs(apart).mean())


@pytest.mark.parametrize("format_name", FORMATS)
def test_every_listed_format_decodes(format_name: str) -> None:
    """JPEG, PNG, WebP, AVIF, GIF and HEIC come out as the same RGB picture."""
    picture = decode(encoded(quarters(), format_name))
    assert picture.mode == "RGB"
    assert differs(picture, quarters()) < 4


@pytest.mark.parametrize("format_name", ["BMP", "TIFF", "PPM", "ICO", "JPEG2000", "TGA"])
def test_other_formats_are_rejected(format_name: str) -> None:
    """Formats off the list are not tried, even where Pillow knows them."""
    with pytest.raises(ImageRejected, match="choose a JPEG"):
        decode(encoded(quarters(), format_name))


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_turned(format_name: str, orientation: int) -> None:
    """Whatever way the camera was held, the picture stands upright."""
    stored = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = quarters().crop((0, 0, 64, 48))
    turned = upright.transpose(stored[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[274] = orientation
    assert differs(decode(encoded(turned, format_name, exif=exif)), upright) < 4
    if format_name == "HEIF":
        # Given bytes, pillow-heif also writes the boxes by which HEIC turns; once is enough.
        data = encoded(turned, format_name, exif=exif.tobytes())
        assert (b"irot" in data or b"imir" in data) == (orientation > 1)
        assert differs(decode(data), upright) < 4


@pytest.mark.parametrize("format_name", ["PNG", "WEBP", "AVIF", "HEIF"])
def test_transparency_is_laid_on_white(format_name: str) -> None:
    """Transparent pixels become white, half transparent ones pale; colours beneath don't shine."""
    picture = quarters().convert("RGBA")
    alpha = Image.new("L", (64, 64), 255)
    alpha.paste(0, (0, 0, 32, 32))
    alpha.paste(128, (32, 32, 64, 64))
    picture.putalpha(alpha)
    result = np.asarray(decode(encoded(picture, format_name)), np.int16)
    assert np.abs(result[4:28, 4:28] - 255).max() <= 3
    assert np.abs(result[36:60, 36:60].mean((0, 1)) - (242, 232, 157)).max() < 6
    assert np.abs(result[4:28, 36:60].mean((0, 1)) - (40, 180, 60)).max() < 6


@pytest.mark.parametrize("format_name", ["PNG", "GIF"])
def test_transparent_palette_entry_is_white(format_name: str) -> None:
    """A palette picture keeps its colours, and its transparent entry becomes white."""
    picture = quarters().quantize(8)
    index = picture.getpixel((1, 1))
    result = decode(encoded(picture, format_name, transparency=index))
    assert result.getpixel((1, 1)) == (255, 255, 255)
    assert differs(result.crop((32, 0, 64, 64)), quarters().crop((32, 0, 64, 64))) < 4


def test_palette_with_many_opacities() -> None:
    """Each palette entry of a PNG may have an opacity of its own."""
    picture = Image.new("P", (16, 16), 1)
    picture.putpalette([0, 0, 0, 200, 0, 0])
    result = decode(encoded(picture, "PNG", transparency=bytes([255, 128])))
    assert result.getpixel((8, 8)) == (227, 127, 127)


def test_grey_with_alpha_and_one_bit() -> None:
    """LA and 1 are pictures like others."""
    assert decode(encoded(Image.new("LA", (16, 16), (40, 0)), "PNG")).getpixel((0, 0)) == (255,) * 3
    assert (
        decode(encoded(Image.new("LA", (16, 16), (40, 255)), "PNG")).getpixel((0, 0)) == (40,) * 3
    )
    assert decode(encoded(Image.new("1", (16, 16), 1), "PNG")).getpixel((0, 0)) == (255,) * 3


def test_16_bit_grey_keeps_its_range() -> None:
    """0 to 65535 becomes 0 to 255 evenly, instead of white above 255."""
    ramp = np.linspace(0, 65535, 256 * 16).astype(np.uint16).reshape(16, 256)
    result = np.asarray(decode(encoded(Image.fromarray(ramp), "PNG")), float)
    assert np.abs(result[..., 0] - ramp / 257).max() <= 0.5


def test_16_bit_transparent_values_are_white() -> None:
    """The transparent value of a 16-bit PNG is compared in 16 bits, grey and in colour."""
    grey = np.full((16, 16), 0x1234, np.uint16)
    grey[8:] = 0x1235
    result = decode(encoded(Image.fromarray(grey), "PNG", transparency=0x1234))
    assert (result.getpixel((0, 0)), result.getpixel((0, 15))) == ((255,) * 3, (18,) * 3)
    rows = b"".join(b"\0" + struct.pack(">3H", 0x8000, 0x4000, 0x2000) * 16 for _ in range(16))
    color = png_chunk(b"tRNS", struct.pack(">3H", 0x8000, 0x4000, 0x2000))
    data = png(16, 16, 16, 2, color, png_chunk(b"IDAT", zlib.compress(rows)))
    assert decode(data).getpixel((3, 3)) == (255, 255, 255)


def test_cmyk_jpeg_is_not_a_negative() -> None:
    """Adobe stores CMYK inverted; white paper stays white and cyan ink cyan."""
    ink = Image.new("CMYK", (32, 32), (0, 0, 0, 0))
    ink.paste((255, 0, 0, 0), (0, 0, 16, 32))
    data = encoded(ink, "JPEG", quality=95)
    assert b"Adobe" in data
    result = np.asarray(decode(data), np.int16)
    assert np.abs(result[16, 28] - (255, 255, 255)).max() < 6
    assert np.abs(result[16, 3] - (0, 255, 255)).max() < 6


@pytest.mark.parametrize(
    ("mode", "space"), [("RGB", b"RGB "), ("L", b"GRAY"), ("L", b"RGB "), ("P", b"RGB ")]
)
@pytest.mark.parametrize("format_name", ["PNG", "JPEG"])
def test_profiles_are_converted_to_srgb(mode: str, space: bytes, format_name: str) -> None:
    """A value of 55 that means 21.6 % of the light is 128 in sRGB, in colour and in grey."""
    picture = Image.new("RGB", (16, 16), (55, 55, 55))
    if mode == "L" or (mode, format_name) == ("P", "JPEG"):
        picture = picture.convert("L")
    elif mode == "P":
        picture = picture.quantize(2)
    result = decode(encoded(picture, format_name, icc_profile=linear_profile(space)))
    assert np.abs(np.asarray(result, np.int16) - 128).max() <= 2


@pytest.mark.parametrize(
    "profile", [b"junk", linear_profile(b"CMYK"), linear_profile(b"RGB ")[:200]]
)
def test_useless_profile_is_ignored(profile: bytes) -> None:
    """A picture with a damaged or foreign profile is painted as if it had none."""
    assert decode(encoded(quarters(), "PNG", icc_profile=profile)).getpixel((1, 1)) == (220, 30, 40)


@pytest.mark.parametrize(
    "exif", [b"junk", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*" + bytes(9)]
)
def test_useless_exif_is_ignored(exif: bytes) -> None:
    """Damaged EXIF data neither warns nor costs the picture."""
    assert differs(decode(encoded(quarters(), "JPEG", exif=exif)), quarters()) < 4


def test_first_frame_is_taken() -> None:
    """An animation is painted by its first frame."""
    red, blue = Image.new("RGB", (32, 32), "red"), Image.new("RGB", (32, 32), "blue")
    for format_name in ("GIF", "WEBP", "PNG", "AVIF"):
        data = encoded(red, format_name, save_all=True, append_images=[blue])
        assert differs(decode(data), red) < 4


@pytest.mark.parametrize("format_name", FORMATS)
def test_limits_hold_for_every_format(format_name: str) -> None:
    """Bytes, pixels, the smallest side and the aspect are checked, each with its own sentence."""
    data = encoded(quarters(), format_name)
    for limits, sentence in (
        (Limits(max_bytes=len(data) - 1), "smaller file"),
        (Limits(max_pixels=64 * 64 - 1), "64x64 pixels; choose a picture of at most"),
        (Limits(min_side=65), "at least 65"),
    ):
        with pytest.raises(ImageRejected, match=sentence):
            decode(data, limits, "it")
    decode(data, Limits(len(data), 64 * 64, 64))
    with pytest.raises(ImageRejected, match="crop it"):
        decode(encoded(quarters().resize((64, 4 * 64)), format_name), Limits(max_aspect=3))


@pytest.mark.parametrize("format_name", FORMATS)
def test_truncated_file_is_rejected(format_name: str) -> None:
    """A file that was cut off is no picture, wherever it was cut."""
    data = encoded(quarters(), format_name)
    for keep in (12, len(data) // 3, len(data) * 2 // 3):
        with pytest.raises(ImageRejected):
            decode(data[:keep])


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
        read(Path("/dev/zero"), Limits(max_bytes=2**20))
    with pytest.raises(ImageRejected, match="cannot be read"):
        read(Path("/proc/self/mem"))


def test_large_pictures_within_the_limits_do_not_warn() -> None:
    """Pillow warns from 89 megapixels on; whoever allows more gets the picture, not the warning."""
    picture = decode(one_color_png(9_500), Limits(max_pixels=100_000_000))
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
    limits = Limits(max_pixels=1_000_000)
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
from engine.images import Limits, decode
from tests.engine.picture_files import FORMATS, encoded, quarters

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

files = [open(name, "rb").read() for name in sys.argv[1:]]
limits = Limits(max_pixels=1_000_000)
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
    """Bombs and 600 mutated files raise a process's peak memory by less than 64 MiB."""
    files = []
    for name, data in bombs().items():
        files.append(tmp_path / name)
        files[-1].write_bytes(data)
    answer = subprocess.run(
        [sys.executable, "-c", _MEASURE, *files], capture_output=True, text=True, check=True
    )
    rejected, grown = map(int, answer.stdout.split())
    assert rejected == len(files)
    assert grown < 64  # MiB; one of the 50,000 x 50,000 pixels alone would be 300


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
    ],
)
def test_places_that_cannot_be_written(name: str, sentence: str, tmp_path: Path) -> None:
    """Each is refused before a painting starts, by a sentence, and nothing is left behind."""
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file.txt").touch()
    for attempt in (check_writable, lambda path: save(quarters(), path)):
        with pytest.raises(OutputRejected, match=sentence):
            attempt(tmp_path / name)
    assert {path.name for path in tmp_path.iterdir()} == {"folder.png", "file.txt"}


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder nobody can write to")
def test_unwritable_folder() -> None:
    """A folder that takes no files is found out by trying, whoever runs it."""
    with pytest.raises(OutputRejected, match="cannot be written"):
        check_writable(Path("/proc/self/out.png"))


def test_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    """Where encoding fails the old file stays whole and no half one lies beside it."""
    path = tmp_path / "out.jpg"
    path.write_text("an older picture")
    with pytest.raises(OutputRejected, match="cannot be written"):
        save(quarters().convert("RGBA"), path)
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
