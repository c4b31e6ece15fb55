"""Draws the clips that films are measured with: a pan, a walking figure, a turning object, a cut.

Frames are 256x192 pixels, twelve a second.
"""

import math
from collections.abc import Callable, Iterator

from PIL import Image, ImageDraw, ImageFilter

from engine.samples import CONTENTS

SIZE = (256, 192)
FINE = 4  # drawn so many times larger, and shrunk
Point = tuple[float, float]


def _photograph(name: str, size: tuple[int, int]) -> Image.Image:
    (path,) = (sample.path for sample in CONTENTS if sample.name == name)
    with Image.open(path) as photo:
        return photo.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def pan(count: int) -> Iterator[Image.Image]:
    """A camera that moves over mountains, by fractions of a pixel."""
    photo = _photograph("mountains", (332, 250))
    for number in range(count):
        corner = (1, 0, 4 + 2.3 * number, 0, 1, 6 + 0.7 * number)
        yield photo.transform(
            SIZE, Image.Transform.AFFINE, corner, resample=Image.Resampling.BICUBIC
        )


def walk(count: int) -> Iterator[Image.Image]:
    """A figure that walks in front of a still pagoda."""
    behind = _photograph("pagoda", SIZE).filter(ImageFilter.GaussianBlur(1))
    large = behind.resize((SIZE[0] * FINE, SIZE[1] * FINE))
    for number in range(count):
        scene = large.copy()
        _figure(ImageDraw.Draw(scene), (60 + 5 * number, 128), 0.6 * math.sin(0.9 * number))
        yield scene.resize(SIZE, Image.Resampling.LANCZOS)


def _figure(draw: ImageDraw.ImageDraw, at: Point, swing: float) -> None:
    def line(start: Point, angle: float, length: float, width: int, colour: str) -> None:
        end = start[0] + math.sin(angle) * length, start[1] + math.cos(angle) * length
        points = [(x * FINE, y * FINE) for x, y in (start, end)]
        draw.line(points, fill=colour, width=width * FINE)

    def around(x: float, y: float, width: float, height: float) -> list[float]:
        left, top = at[0] + x, at[1] + y
        return [FINE * value for value in (left, top, left + width, top + height)]

    x, y = at
    line((x, y + 18), swing, 34, 8, "#1e285a")
    line((x, y + 18), -swing, 34, 8, "#28326e")
    draw.rounded_rectangle(around(-10, -14, 20, 36), 7 * FINE, fill="#be2828")
    line((x, y - 8), -swing, 26, 6, "#d23c3c")
    line((x, y - 8), swing, 26, 6, "#aa1e1e")
    draw.ellipse(around(-9, -36, 18, 21), fill="#e6be96")
    draw.pieslice(around(-10, -38, 20, 21), 180, 360, fill="#3c2814")


def turn(count: int) -> Iterator[Image.Image]:
    """A striped drum that turns before a plain evening."""
    width, height = SIZE[0] * FINE, SIZE[1] * FINE
    for number in range(count):
        scene = Image.new("RGB", (width, height))
        draw = ImageDraw.Draw(scene)
        for row in range(height):
            draw.line(
                (0, row, width, row), fill=(110 + row // 12, 150 + row // 20, 190 - row // 16)
            )
        draw.ellipse((250, 610, 780, 700), fill="#5a5046")
        for stripe in range(16):
            start = 0.12 * number + stripe * math.pi / 8
            middle = math.cos(start + math.pi / 16)
            if middle > 0:
                left, right = (512 + 250 * math.sin(start + part) for part in (0, math.pi / 8))
                colour = ((200, 60, 50), (240, 220, 190))[stripe % 2]
                shaded = tuple(int(value * (0.5 + 0.5 * middle)) for value in colour)
                draw.polygon([(left, 160), (right, 160), (right, 640), (left, 640)], fill=shaded)
        yield scene.resize(SIZE, Image.Resampling.LANCZOS)


def cut(count: int) -> Iterator[Image.Image]:
    """Half a pan, then half a walk."""
    yield from pan(count // 2)
    yield from walk(count - count // 2)


CLIPS: dict[str, Callable[[int], Iterator[Image.Image]]] = {
    "pan": pan,
    "walk": walk,
    "turn": turn,
    "cut": cut,
}
