"""Any picture that Pillow has loaded -> sRGB and its opacity, upright."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from engine.color_space import ColorSpace
from engine.described import Description

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

Deep = NDArray[np.uint16]


def to_srgb(
    picture: Image.Image,
    described: Description,
    deep: Callable[[], Deep | None] = lambda: None,
) -> tuple[Image.Image, Image.Image | None]:
    """Return a loaded picture of any mode as upright sRGB, and its opacity in mode L if it has any.

    `deep` gives the colours in 16 bits, (H, W, 3), where they are to be had. A profile or an
    orientation that cannot be understood counts as absent, as in browsers.
    """
    colors, alpha = _split(picture)
    if described.color is not None and not described.color.is_srgb:
        colors = _from_space(picture, colors, described.color, deep)
    else:
        colors = _through_profile(_in_8_bits(colors), described.icc_profile)
    turn = _UPRIGHT.get(described.orientation)
    if turn is None:
        return colors, alpha
    return colors.transpose(turn), alpha and alpha.transpose(turn)


def _split(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Return the colours in mode L, I;16, RGB or CMYK, and the opacity in mode L or None."""
    if picture.mode.startswith("I;16"):
        return picture, _opaque_16_bit(picture)
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


def _opaque_16_bit(picture: Image.Image) -> Image.Image | None:
    if "transparency" not in picture.info:
        return None
    opaque = np.asarray(picture) != picture.info["transparency"]
    return Image.fromarray(np.where(opaque, 255, 0).astype(np.uint8))


def _in_8_bits(colors: Image.Image) -> Image.Image:
    if not colors.mode.startswith("I;16"):
        return colors
    # Pillow's own conversion to L clips at 255; 65535 / 255 = 257.
    to_8_bits = ((np.arange(65536) + 128) // 257).astype(np.uint8)
    return Image.fromarray(to_8_bits[np.asarray(colors)])


def _from_space(
    picture: Image.Image,
    colors: Image.Image,
    space: ColorSpace,
    deep: Callable[[], Deep | None],
) -> Image.Image:
    """Convert colours of a space that the file names."""
    if colors.mode.startswith("I;16"):
        grey = np.asarray(colors)
        return Image.fromarray(space.to_srgb(np.stack([grey] * 3, axis=2)))
    if colors.mode == "CMYK":
        return _as_rgb(colors)
    pixels: NDArray[np.uint8] | Deep | None = deep() if space.needs_depth else None
    if pixels is None or pixels.shape[:2] != (picture.height, picture.width):
        pixels = np.asarray(colors.convert("RGB"))
    return Image.fromarray(space.to_srgb(pixels))


def _through_profile(colors: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert mode L, RGB or CMYK to sRGB by an ICC profile, or plainly where it does not fit."""
    if not profile:
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
