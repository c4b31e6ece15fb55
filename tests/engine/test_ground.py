"""Transparent pictures: the ground that shows them, and stickers that stay transparent."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from engine.ground import split
from engine.images import decode
from engine.request import PaintSettings, StylizeRequest
from engine.stylize import stylize
from engine.vgg19 import Encoder
from tests.engine.picture_files import encoded


def logo(*colors: str, side: int = 120, opacity: int = 255) -> Image.Image:
    """A cross on transparent ground, its arms in turn of each colour."""
    picture = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(picture)
    third = side // 3
    boxes = [(third, 0), (0, third), (2 * third, third), (third, 2 * third)]
    for number, (x, y) in enumerate(boxes):
        draw.rectangle((x, y, x + third - 1, y + third - 1), colors[number % len(colors)])
    picture.putalpha(picture.getchannel("A").point([0] * 255 + [opacity]))
    return picture


@pytest.mark.parametrize(
    ("colors", "ground"),
    [
        (("white",), (0, 0, 0)),
        (("#f8f8f8",), (0, 0, 0)),
        (("white", "black"), (128, 128, 128)),
        (("black",), (255, 255, 255)),
        (("red", "blue"), (255, 255, 255)),
        (("gold",), (255, 255, 255)),
    ],
)
@pytest.mark.parametrize("format_name", ["PNG", "WEBP", "GIF"])
def test_the_ground_is_chosen_by_contrast(
    format_name: str, colors: tuple[str, ...], ground: tuple[int, int, int]
) -> None:
    """White, unless a part of the outline would vanish on it."""
    picture = decode(encoded(logo(*colors), format_name, lossless=True))
    assert picture.getpixel((2, 2)) == ground


def test_faint_shapes_count_too() -> None:
    """A white veil of little opacity is seen on black alone."""
    assert decode(encoded(logo("white", opacity=90), "PNG")).getpixel((2, 2)) == (0, 0, 0)


def test_grey_with_alpha() -> None:
    """LA pictures have a ground too."""
    picture = decode(encoded(logo("white").convert("LA"), "PNG"))
    assert picture.getpixel((2, 2)) == (0, 0, 0)
    assert picture.getpixel((60, 10)) == (255, 255, 255)


def test_a_frame_smaller_than_its_screen() -> None:
    """What a GIF's first frame leaves free is transparent, whatever its background colour."""
    frame = Image.new("P", (40, 40), 1)
    frame.putpalette([0, 0, 255, 255, 0, 0])
    data = bytearray(encoded(frame, "GIF"))
    data[6:10] = (100).to_bytes(2, "little") + (80).to_bytes(2, "little")
    picture = decode(bytes(data))
    assert picture.size == (100, 80)
    assert picture.getpixel((20, 20)) == (255, 0, 0)
    assert picture.getpixel((70, 60)) == (255, 255, 255)


def test_stickers_are_small_and_cut_out() -> None:
    """Their opacity is kept unless it is not wanted; of other pictures only where it is."""
    sticker, large = logo("red"), logo("red", side=600)
    framed = Image.new("RGBA", (100, 100), "teal")
    framed.putalpha(Image.new("L", (100, 100), 255))
    for picture, keep, kept in (
        (sticker, None, True),
        (sticker, False, False),
        (large, None, False),
        (large, True, True),
        (framed, None, False),
        (framed, True, False),
    ):
        colors, alpha = split(picture, keep)
        assert colors.mode == "RGB"
        assert (alpha is not None) == kept


def test_a_sticker_stays_transparent(encoder: Encoder, style: Image.Image) -> None:
    """The painting is as transparent as the content, at its own size."""
    content, alpha = split(decode(encoded(logo("red"), "PNG"), with_alpha=True), None)
    request = StylizeRequest(content, (style,), PaintSettings(size=48, steps=2), alpha=alpha)
    seen = []
    painting = stylize(request, encoder, on_progress=lambda now: seen.append(now.preview().mode))
    assert painting.picture.mode == "RGBA"
    assert painting.picture.size == (48, 48)
    opacity = np.asarray(painting.picture.getchannel("A"))
    assert (opacity[0, 0], opacity[24, 8], opacity[24, 24]) == (0, 255, 0)
    assert set(seen) == {"RGB"}  # previews are JPEGs and films
