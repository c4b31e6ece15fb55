"""How pictures of every kind become upright sRGB."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from engine.errors import ImageRejected
from engine.images import decode
from tests.engine.picture_files import (
    FORMATS,
    differs,
    encoded,
    linear_profile,
    png,
    png_chunk,
    quarters,
)


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
