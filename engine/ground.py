"""The ground that transparent pictures are laid on: one on which they can be seen."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

# In this order: the first one that is good enough is taken.
_GROUNDS = ("white", "black", "grey")
_VISIBLE = 48  # a channel must differ from the ground by this many of 255
_ENOUGH = 0.9  # of the outline must be visible
_MOST_SIDE = 1024  # pixels; an outline can be seen at this size
STICKER_SIDE = 512  # pixels; Discord's stickers have 320, its emoji 128, other people's 512


def on_ground(colors: Image.Image, alpha: Image.Image) -> Image.Image:
    """Lay RGB colours on white, or on black or grey where their outline would vanish on white."""
    ground = Image.new("RGB", colors.size, _ground(colors, alpha))
    ground.paste(colors, mask=alpha)
    return ground


def split(picture: Image.Image, keep_alpha: bool | None) -> tuple[Image.Image, Image.Image | None]:
    """Split RGBA into its colours, and the opacity (mode L) that a painting of it is to have.

    None keeps it for stickers alone.
    """
    alpha = picture.getchannel("A")
    if keep_alpha is None:
        keep_alpha = is_sticker(alpha)
    is_kept = keep_alpha and alpha.getextrema() != (255, 255)
    return picture.convert("RGB"), alpha if is_kept else None


def is_sticker(alpha: Image.Image) -> bool:
    """Whether a picture of this opacity is like an emoji or a sticker: small, and cut out.

    Cut out means that at least two of its corners are transparent.
    """
    width, height = alpha.size
    corners = [(x, y) for x in (0, width - 1) for y in (0, height - 1)]
    clear = sum(alpha.getpixel(corner) == 0 for corner in corners)
    return max(width, height) <= STICKER_SIDE and clear >= len(corners) // 2


def _ground(colors: Image.Image, alpha: Image.Image) -> str:
    outline = _outline(colors, alpha)
    if not len(outline):
        return _GROUNDS[0]
    visible = {}
    for ground in _GROUNDS:
        level = Image.new("L", (1, 1), ground).getpixel((0, 0))
        apart = np.abs(outline.astype(int) - level).max(1)
        visible[ground] = float((apart >= _VISIBLE).mean())
        if visible[ground] >= _ENOUGH:
            return ground
    return max(visible, key=lambda ground: visible[ground])


def _outline(colors: Image.Image, alpha: Image.Image) -> NDArray[np.uint8]:
    """The colours (N, 3) of the opaque pixels beside transparent ones."""
    if max(alpha.size) > _MOST_SIDE:
        size = [max(1, side * _MOST_SIDE // max(alpha.size)) for side in alpha.size]
        colors, alpha = (
            one.resize((size[0], size[1]), Image.Resampling.NEAREST) for one in (colors, alpha)
        )
    half = max(1, int(np.asarray(alpha).max()) // 2)
    shape = alpha.point([255 if value >= half else 0 for value in range(256)])
    inner = shape.filter(ImageFilter.MinFilter(3))
    outline = np.asarray(ImageChops.difference(shape, inner)) > 0
    return np.asarray(colors)[outline]
