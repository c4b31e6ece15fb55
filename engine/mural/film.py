"""The film of a mural: each tile appears in its turn, then the camera draws back."""

from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from engine.mp4 import MAX_SIDE, open_mp4
from engine.mural.grid import Grid
from engine.mural.layers import Layers

FPS = 24.0
# Together 16 seconds, which at the encoder's 4 Mbit/s are 8 MB: less than Discord takes anywhere.
GROWING, DRAWING_BACK, HOLDING = 11.5, 2.5, 2.0  # seconds, at most
LONGEST_TURN = 0.8  # seconds for one tile
TILES_SEEN = 2.5  # along the long side, while the mural grows
FOLLOWING = 0.12  # of the way to the tile, in a frame
CANVAS_SIDE = 1800  # pixels: the mural as the camera sees it

View = tuple[float, float, float]  # the middle and the zoom; 1 shows the whole mural


def write_film(layers: Layers, path: Path) -> None:
    """Write the film as MP4."""
    grid = layers.grid
    scale = min(1.0, CANVAS_SIDE / max(grid.size))
    canvas = layers.whole_photo(round(max(grid.size) * scale))
    factor = min(1.0, MAX_SIDE / max(canvas.size))
    width, height = (max(2, round(side * factor)) for side in canvas.size)
    with open_mp4(path, width, height, FPS) as film:
        for number, frame in enumerate(_frames(layers, canvas, scale, film.size)):
            film.add(frame, number / FPS, 1 / FPS)
        film.finish()


def _frames(
    layers: Layers, canvas: Image.Image, scale: float, size: tuple[int, int]
) -> Iterator[Image.Image]:
    grid = layers.grid
    closest = max(1.0, max(grid.columns, grid.rows) / TILES_SEEN)
    count = max(1, layers.count)
    turn = max(1, round(FPS * min(LONGEST_TURN, GROWING / count)))
    view: View = (canvas.width / 2, canvas.height / 2, closest)
    for number, part, place in layers.scaled(scale):
        target = _middle(grid, number, scale)
        before = canvas.crop((*place, place[0] + part.width, place[1] + part.height))
        for step in range(1, turn + 1):
            canvas.paste(Image.blend(before, part, step / turn), place)
            view = _nearer(view, target)
            yield _seen(canvas, view, size)
    frames = round(FPS * DRAWING_BACK)
    for step in range(1, frames + 1):
        done = step / frames
        done = done * done * (3 - 2 * done)
        zoom = 1 / (1 / view[2] + (1 - 1 / view[2]) * done)
        yield _seen(canvas, (*_between(view[:2], canvas, done), zoom), size)
    last = canvas.resize(size, Image.Resampling.LANCZOS)
    for _ in range(round(FPS * HOLDING)):
        yield last


def _middle(grid: Grid, number: int, scale: float) -> tuple[float, float]:
    left, top, right, bottom = grid.box(number)
    return (left + right) / 2 * scale, (top + bottom) / 2 * scale


def _nearer(view: View, target: tuple[float, float]) -> View:
    x, y, zoom = view
    return x + FOLLOWING * (target[0] - x), y + FOLLOWING * (target[1] - y), zoom


def _between(place: tuple[float, ...], canvas: Image.Image, done: float) -> tuple[float, float]:
    x, y = place
    return x + (canvas.width / 2 - x) * done, y + (canvas.height / 2 - y) * done


def _seen(canvas: Image.Image, view: View, size: tuple[int, int]) -> Image.Image:
    """What the camera sees; it never looks beyond the mural."""
    width, height = canvas.width / view[2], canvas.height / view[2]
    left = min(max(0.0, view[0] - width / 2), canvas.width - width)
    top = min(max(0.0, view[1] - height / 2), canvas.height - height)
    box = (left, top, min(left + width, canvas.width), min(top + height, canvas.height))
    return canvas.resize(size, Image.Resampling.BILINEAR, box=box)
