"""How a mural is cut into tiles. Boxes are (left, top, right, bottom) in pixels, as Pillow's."""

from collections.abc import Iterator
from dataclasses import dataclass

Box = tuple[int, int, int, int]

BORDER_SHARE = 4  # of a tile's side: as wide is what it is painted with of its neighbours
SMALLEST_TILE = 64  # pixels
FEWEST, MOST = 2, 12  # columns and rows
MOST_TILES = MOST * MOST
ZOOM_SIDE = 512  # pixels of a tile of the zoomable picture


@dataclass(frozen=True)
class Grid:
    """Tiles of `tile` pixels on a side, numbered from 1, row by row."""

    columns: int
    rows: int
    tile: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the mural in pixels."""
        return self.columns * self.tile, self.rows * self.tile

    @property
    def count(self) -> int:
        """How many tiles there are."""
        return self.columns * self.rows

    @property
    def border(self) -> int:
        """How far a tile is painted into its neighbours, in pixels."""
        return self.tile // BORDER_SHARE

    def place(self, number: int) -> tuple[int, int]:
        """The column and the row of a tile, from 0. Raises ValueError where there is none."""
        if not 1 <= number <= self.count:
            raise ValueError(f"no tile {number}")
        row, column = divmod(number - 1, self.columns)
        return column, row

    def box(self, number: int) -> Box:
        """The tile itself."""
        column, row = self.place(number)
        left, top = column * self.tile, row * self.tile
        return left, top, left + self.tile, top + self.tile

    def region(self, number: int) -> Box:
        """The tile with its border, which ends where the mural does."""
        left, top, right, bottom = self.box(number)
        width, height = self.size
        return (
            max(0, left - self.border),
            max(0, top - self.border),
            min(width, right + self.border),
            min(height, bottom + self.border),
        )

    def neighbours(self, number: int) -> Iterator[int]:
        """The tiles around one, up to eight."""
        column, row = self.place(number)
        for down in (-1, 0, 1):
            for across in (-1, 0, 1):
                inside = 0 <= column + across < self.columns and 0 <= row + down < self.rows
                if inside and (down or across):
                    yield number + down * self.columns + across


def overlap(one: Box, other: Box) -> Box | None:
    """Where two boxes cover each other; None where they do not."""
    left, top = max(one[0], other[0]), max(one[1], other[1])
    right, bottom = min(one[2], other[2]), min(one[3], other[3])
    return (left, top, right, bottom) if left < right and top < bottom else None


def suggested(photo: tuple[int, int], most: int) -> tuple[int, int]:
    """Columns and rows for a photograph's (width, height): about square tiles, `most` a side."""
    long_side = max(photo)
    columns, rows = (max(FEWEST, min(MOST, round(most * side / long_side))) for side in photo)
    return columns, rows


def cropped(photo: tuple[int, int], columns: int, rows: int) -> Box:
    """The middle of a photograph's (width, height), in the shape of a grid."""
    width, height = photo
    unit = min(width / columns, height / rows)
    wide, high = max(1, round(unit * columns)), max(1, round(unit * rows))
    left, top = (width - wide) // 2, (height - high) // 2
    return left, top, left + wide, top + high


def levels(size: tuple[int, int]) -> Iterator[tuple[int, tuple[int, int]]]:
    """The levels of a picture's (width, height): 0 is full size, each next one has half the side.

    The last one is a single tile.
    """
    level, (width, height) = 0, size
    yield level, (width, height)
    while max(width, height) > ZOOM_SIDE:
        level, width, height = level + 1, -(-width // 2), -(-height // 2)
        yield level, (width, height)
