"""A large picture in tiles of several sizes, from which a page shows as much as is looked at."""

from collections.abc import Iterator

from PIL import Image

ZOOM_SIDE = 512  # pixels of a tile


def levels(size: tuple[int, int]) -> Iterator[tuple[int, tuple[int, int]]]:
    """The levels of a picture's (width, height): 0 is full size, each next one has half the side.

    The last one is a single tile.
    """
    level, (width, height) = 0, size
    yield level, (width, height)
    while max(width, height) > ZOOM_SIDE:
        level, width, height = level + 1, -(-width // 2), -(-height // 2)
        yield level, (width, height)


def tiles(picture: Image.Image) -> Iterator[tuple[str, Image.Image]]:
    """All tiles of all levels, each with its label, such as "0-3-1": level, column, row."""
    for level, size in levels(picture.size):
        if level:
            picture = picture.resize(size, Image.Resampling.BOX)
        for row, top in enumerate(range(0, size[1], ZOOM_SIDE)):
            for column, left in enumerate(range(0, size[0], ZOOM_SIDE)):
                right, bottom = min(left + ZOOM_SIDE, size[0]), min(top + ZOOM_SIDE, size[1])
                yield f"{level}-{column}-{row}", picture.crop((left, top, right, bottom))
