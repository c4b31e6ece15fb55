"""Draws a number on a picture, so that people can name it where no file name is shown."""

from PIL import Image, ImageDraw, ImageFont

SMALLEST_SIDE = 320  # pixels of the long side; a smaller picture is enlarged before it is drawn on
_HEIGHT = 0.25  # of the badge, as a fraction of the picture's short side
_DIGITS = 0.8  # their size, as a fraction of the badge's height


def with_number(picture: Image.Image, number: int) -> Image.Image:
    """Draw white digits on a dark badge with a white edge, readable on any picture.

    Chat clients lay pictures side by side and cut them to cells, square or up to twice as wide as
    high. The badge lies in the corner of the part that all of these show.
    """
    long_side = max(picture.size)
    if long_side < SMALLEST_SIDE:
        width, height = (round(side * SMALLEST_SIDE / long_side) for side in picture.size)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    high = round(_HEIGHT * min(picture.size))
    left, top = _corner(picture.width, picture.height)
    margin = high // 8
    draw_badge(ImageDraw.Draw(picture), left + margin, top + margin, high, number)
    return picture


def draw_badge(draw: ImageDraw.ImageDraw, left: int, top: int, high: int, number: int) -> None:
    """Draw a badge of so many pixels in height, with its upper left corner there."""
    font = ImageFont.load_default(size=_DIGITS * high)
    text = str(number)
    wide = max(high, round(draw.textlength(text, font) + 0.4 * high))
    box = (left, top, left + wide, top + high)
    draw.rounded_rectangle(
        box, high // 4, fill="#15161c", outline="white", width=max(2, high // 14)
    )
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    draw.text(middle, text, fill="white", font=font, anchor="mm")


def _corner(width: int, height: int) -> tuple[int, int]:
    """Give the upper left corner of what is seen of a picture in every cell, in pixels."""
    seen_width, seen_height = min(width, height), min(height, width // 2)
    return (width - seen_width) // 2, (height - seen_height) // 2
