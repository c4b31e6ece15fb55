"""A large picture in tiles of several sizes, from which a page shows as much as is looked at."""

from collections.abc import Iterator

from PIL import Image

from engine.mural.grid import ZOOM_SIDE, levels


def tiles(picture: Image.Image) -> Iterator[tuple[str, Image.Image]]:
    """All tiles of all levels, each with its label, such as "0-3-1": level, column, row."""
    for level, size in levels(picture.size):
        if level:
            picture = picture.resize(size, Image.Resampling.BOX)
        for row, top in enumerate(range(0, size[1], ZOOM_SIDE)):
            for column, left in enumerate(range(0, size[0], ZOOM_SIDE)):
                right, bottom = min(left + ZOOM_SIDE, size[0]), min(top + ZOOM_SIDE, size[1])
                yield f"{level}-{column}-{row}", picture.crop((left, top, right, bottom))
