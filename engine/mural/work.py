"""Carries out the tasks of a mural, in the process that `__main__` runs."""

from collections.abc import Collection, Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from engine import images, saving
from engine.badge import draw_badge
from engine.mural import tasks, zoom
from engine.mural.film import write_film
from engine.mural.grid import Grid
from engine.mural.layers import Layer, Layers
from engine.mural.tasks import Task
from engine.picture_limits import OWN_LIMITS

PREVIEW_SIDE = 1024  # pixels; Discord shows no more
PREVIEW_QUALITY, FULL_QUALITY = 85, 92  # of JPEG
_DIM = 0.62  # how light free tiles stay, so that painted ones stand out
_BADGE = 0.34  # height of a number, as a share of a tile
_LINE = (255, 255, 255)


def carry_out(task: Task) -> None:
    """Do a task. Raises OSError, and ImageRejected where the photograph cannot be read."""
    enough = 2 * PREVIEW_SIDE**2 if task.kind == "preview" else None
    photo = images.read(Path(task.photo), OWN_LIMITS, enough)
    stored = [Layer(number, Path(path)) for number, path in task.layers]
    layers, folder = Layers(task.grid, photo, stored), Path(task.folder)
    if task.kind == "part":
        content, around = layers.surroundings(task.number, task.seed)
        saving.save(content, folder / tasks.CONTENT)
        saving.save(around.paint, folder / tasks.PAINT)
        saving.save(around.paint_mask, folder / tasks.PAINT_MASK)
        saving.save(around.whole, folder / tasks.WHOLE)
    elif task.kind == "preview":
        layers = Layers(task.grid, photo, _shrunk(layers, stored, task))
        small = as_it_grows(layers, {layer.number for layer in stored})
        preview = numbered(small, task.grid, task.numbered)
        preview.save(folder / tasks.PREVIEW, quality=PREVIEW_QUALITY, progressive=True)
    else:
        _assemble(layers, folder)


def _shrunk(layers: Layers, stored: Sequence[Layer], task: Task) -> list[Layer]:
    """The layers in the size of a preview: as they are kept, else made and written.

    All of a large mural's layers at full size would take many seconds for each preview.
    """
    made = Path(task.folder) / tasks.SMALL
    made.mkdir()
    scale, shrunk = _preview_side(task.grid) / max(task.grid.size), []
    for number, layer in enumerate(stored):
        file = Path(task.small[number]) if task.small else Path()
        if not file.is_file():
            file = made / str(layer.number)
            layers.scaled_layer(layer, scale).save(file, "PNG", compress_level=1)
        shrunk.append(Layer(layer.number, file))
    return shrunk


def as_it_grows(layers: Layers, painted: Collection[int]) -> Image.Image:
    """A small picture of a mural; other tiles show the photograph, without paint from beside."""
    grid, side = layers.grid, _preview_side(layers.grid)
    picture, photo = layers.small(side), layers.whole_photo(side)
    scale = side / max(grid.size)
    for number in range(1, grid.count + 1):
        if number not in painted:
            left, top, right, bottom = (round(place * scale) for place in grid.box(number))
            picture.paste(photo.crop((left, top, right, bottom)), (left, top))
    return picture


def numbered(picture: Image.Image, grid: Grid, free: tuple[int, ...]) -> Image.Image:
    """A small picture of a mural with its free tiles darker, framed and numbered."""
    scale = picture.width / grid.size[0]
    draw = ImageDraw.Draw(picture)
    boxes = {}
    for number in free:
        left, top, right, bottom = (round(side * scale) for side in grid.box(number))
        boxes[number] = left, top, right, bottom
        part = picture.crop(boxes[number]).point([round(_DIM * value) for value in range(256)] * 3)
        picture.paste(part, (left, top))
    for number, (left, top, right, bottom) in boxes.items():
        draw.rectangle((left, top, right - 1, bottom - 1), outline=_LINE)
        high = max(14, round(_BADGE * (bottom - top)))
        draw_badge(draw, left + high // 6, top + high // 6, high, number)
    return picture


def _assemble(layers: Layers, folder: Path) -> None:
    """Write the finished mural in all forms; the whole of it is in memory once."""
    width, height = layers.grid.size
    whole = layers.picture((0, 0, width, height))
    saving.save(whole, folder / tasks.FULL_PNG)
    whole.save(folder / tasks.FULL_JPEG, quality=FULL_QUALITY, subsampling=0)
    zoomed = folder / tasks.ZOOM
    zoomed.mkdir()
    for label, tile in zoom.tiles(whole):
        tile.save(zoomed / label, "JPEG", quality=PREVIEW_QUALITY)
    side = _preview_side(layers.grid)
    whole.thumbnail((side, side), Image.Resampling.LANCZOS)
    whole.save(folder / tasks.PREVIEW, quality=PREVIEW_QUALITY, progressive=True)
    write_film(layers, folder / tasks.FILM)


def _preview_side(grid: Grid) -> int:
    return min(PREVIEW_SIDE, max(grid.size))
