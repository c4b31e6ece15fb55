"""Any picture that Pillow has loaded -> upright, opaque sRGB."""

import struct
from io import BytesIO

import numpy as np
from PIL import ExifTags, Image, ImageCms

# The largest profiles in use are those of printers, at about 3 MB; more is ballast or worse.
MAX_PROFILE_BYTES = 4 * 2**20

# An ICC profile names the colours it describes in bytes 16 to 20 (ICC.1:2022, 7.2.8).
_PROFILE_SPACES = {"L": b"GRAY", "RGB": b"RGB ", "CMYK": b"CMYK"}

# EXIF 2.32, tag 274: how the stored rows and columns lie, and what puts them upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# What Pillow raises on EXIF data that is not EXIF data.
_EXIF_FAULTS = (
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)


def to_srgb(picture: Image.Image) -> Image.Image:
    """Return a loaded picture of any mode as upright sRGB in mode RGB, transparency on white.

    A profile or an orientation that cannot be understood counts as absent, as in browsers.
    """
    colors, alpha = _split(picture)
    colors = _through_profile(colors, picture.info.get("icc_profile"))
    if alpha is not None:
        white = Image.new("RGB", colors.size, "white")
        white.paste(colors, mask=alpha)
        colors = white
    turn = _UPRIGHT.get(_orientation(picture))
    return colors if turn is None else colors.transpose(turn)


def is_on_its_side(picture: Image.Image) -> bool:
    """Say whether `to_srgb` swaps the picture's width and height."""
    return _orientation(picture) >= 5  # _UPRIGHT's transposes and rotations by 90 degrees


def _split(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Return the colours in mode L, RGB or CMYK, and the opacity in mode L where there is any."""
    if picture.mode.startswith("I;16"):
        return _split_16_bit(picture)
    if picture.mode == "RGB" and "transparency" in picture.info:
        # Pillow keeps 8 of 16 bits per channel, but the transparent colour whole.
        color = picture.info["transparency"]
        if isinstance(color, tuple) and max(color) > 255:
            picture.info["transparency"] = tuple(value >> 8 for value in color)
    if picture.mode == "LA":
        colors, alpha = picture.getchannel("L"), picture.getchannel("A")
    elif picture.has_transparency_data:
        with_alpha = picture.convert("RGBA")
        colors, alpha = with_alpha.convert("RGB"), with_alpha.getchannel("A")
    elif picture.mode in _PROFILE_SPACES:
        return picture, None
    else:
        return picture.convert("L" if picture.mode == "1" else "RGB"), None
    opaque = alpha.getextrema() == (255, 255)
    return colors, None if opaque else alpha


def _split_16_bit(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    values = np.asarray(picture)
    # Pillow's own conversion to L clips at 255; 65535 / 255 = 257.
    to_8_bits = ((np.arange(65536) + 128) // 257).astype(np.uint8)
    grey = Image.fromarray(to_8_bits[values])
    if "transparency" not in picture.info:
        return grey, None
    opaque = values != picture.info["transparency"]
    return grey, Image.fromarray(np.where(opaque, 255, 0).astype(np.uint8))


def _through_profile(colors: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert mode L, RGB or CMYK to sRGB by an ICC profile, or plainly where it does not fit."""
    if not profile or len(profile) > MAX_PROFILE_BYTES:
        return _as_rgb(colors)
    space = profile[16:20]
    if space == b"RGB " and colors.mode == "L":
        colors = colors.convert("RGB")  # grey JPEGs often carry the profile of their RGB original
    if space != _PROFILE_SPACES[colors.mode]:
        return _as_rgb(colors)
    try:
        described = ImageCms.ImageCmsProfile(BytesIO(profile))
        srgb = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(colors, described, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return _as_rgb(colors)
    return _as_rgb(colors) if converted is None else converted


def _as_rgb(colors: Image.Image) -> Image.Image:
    """Convert plainly, and leave the file behind.

    `convert` would copy RGB too, and a copy of 12 megapixels takes 30 ms.
    """
    return colors._new(colors.im) if colors.mode == "RGB" else colors.convert("RGB")


def _orientation(picture: Image.Image) -> int:
    try:
        value = picture.getexif().get(ExifTags.Base.Orientation, 1)
    except _EXIF_FAULTS:
        return 1
    return value if isinstance(value, int) else 1
