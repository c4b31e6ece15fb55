"""A mural as layers: the photograph, and the painted tiles with their borders in turn.

Each layer begins at its edges with the very pixels that it covers (`engine.request.Surroundings`),
so that layers are laid over each other without a seam.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.mural.grid import Box, Grid, cropped, overlap
from engine.request import Surroundings

Values = NDArray[np.float32]

# In parts of the border: over how much two tiles pass into each other, how far the way between them
# wanders from a straight line, and how long the waves are that it wanders in, with the share of
# each. Half the one and the other add up to less than 1, so that a tile ends in what was there.
BLEND, WANDER = 0.9, 0.5
WAVES = ((0.6, 1.3), (0.45, 0.7))
FRAYING, FRAYS = 0.4, ((0.6, 0.35), (0.4, 0.15))  # how much finer waves move shares; those waves
WHOLE_SIDE = 512  # pixels on the long side: enough of the photograph for its colours


@dataclass(frozen=True)
class Layer:
    """A painted tile: its number, and the file of its region."""

    number: int
    path: Path


class Layers:
    """The photograph and the layers on it, the first one lowest; files are read when needed."""

    def __init__(self, grid: Grid, photo: Image.Image, layers: Sequence[Layer]) -> None:
        """Take the photograph in any size; its middle is used where its shape is another."""
        self.grid = grid
        self._photo = photo
        self._crop = cropped(photo.size, grid.columns, grid.rows)
        self._layers = layers

    @property
    def count(self) -> int:
        """How many layers there are."""
        return len(self._layers)

    def photo(self, box: Box) -> Image.Image:
        """The photograph in a box of the mural."""
        left, top, right, bottom = self._crop
        width, height = self.grid.size
        across, down = (right - left) / width, (bottom - top) / height
        part = (
            left + box[0] * across,
            top + box[1] * down,
            left + box[2] * across,
            top + box[3] * down,
        )
        size = box[2] - box[0], box[3] - box[1]
        return self._photo.resize(size, Image.Resampling.LANCZOS, box=part)

    def whole_photo(self, side: int) -> Image.Image:
        """The part of the photograph that is painted, `side` pixels on the long side."""
        width, height = self.grid.size
        factor = side / max(width, height)
        size = max(1, round(width * factor)), max(1, round(height * factor))
        return self._photo.resize(size, Image.Resampling.LANCZOS, box=self._crop)

    def picture(self, box: Box) -> Image.Image:
        """What is seen in a box of the mural, in mode RGB."""
        seen = self.photo(box)
        for layer in self._layers:
            self._lay(layer, seen, box)
        return seen

    def scaled(self, scale: float) -> Iterator[tuple[int, Image.Image, tuple[int, int]]]:
        """The layers of a smaller mural in turn: the tile, its picture, and where that lies."""
        for layer in self._layers:
            left, top, _, _ = self.grid.region(layer.number)
            place = round(left * scale), round(top * scale)
            yield layer.number, self.scaled_layer(layer, scale), place

    def scaled_layer(self, layer: Layer, scale: float) -> Image.Image:
        """A layer of a smaller mural, in mode RGB; its file may have that size already."""
        left, top, right, bottom = (round(side * scale) for side in self.grid.region(layer.number))
        size = max(1, right - left), max(1, bottom - top)
        with Image.open(layer.path) as stored:
            return stored.convert("RGB").resize(size, Image.Resampling.LANCZOS)

    def small(self, side: int) -> Image.Image:
        """The whole mural, `side` pixels on the long side."""
        picture = self.whole_photo(side)
        for _, part, place in self.scaled(side / max(self.grid.size)):
            picture.paste(part, place)
        return picture

    def surroundings(self, number: int, seed: int) -> tuple[Image.Image, Surroundings]:
        """What a tile is painted from: the content of its region, and what lies around it.

        The tile's own layer is left out. The seed is the mural's.
        """
        region = self.grid.region(number)
        content = self.photo(region)
        paint, done = content.copy(), set()
        for layer in self._layers:
            if layer.number != number and self._lay(layer, paint, region):
                done.add(layer.number)
        shares = paint_mask(self.grid, number, done, seed)
        mask = Image.fromarray(np.round(shares * 255).astype(np.uint8))
        return content, Surroundings(paint, mask, self.whole_photo(WHOLE_SIDE))

    def _lay(self, layer: Layer, picture: Image.Image, box: Box) -> bool:
        """Lay a layer over a picture of a box, where it covers that; say whether it does."""
        region = self.grid.region(layer.number)
        both = overlap(region, box)
        if both is None:
            return False
        with Image.open(layer.path) as stored:
            part = stored.convert("RGB").crop(_within(both, region))
        picture.paste(part, _within(both, box)[:2])
        return True


def _within(box: Box, outer: Box) -> Box:
    left, top = outer[:2]
    return box[0] - left, box[1] - top, box[2] - left, box[3] - top


def paint_mask(grid: Grid, number: int, done: Collection[int], seed: int) -> Values:
    """How much of the finished tiles' paint stays in a tile's region: (H, W) in [0, 1].

    Each pixel belongs to the tiles in shares that add up to one, and a tile has of it what its
    share is among those that are there. Where two have shares, waves move them.
    """
    region, draw = grid.region(number), np.random.default_rng(seed)
    left, top, right, bottom = region
    far = WANDER * grid.border
    x = np.arange(left, right, dtype=np.float32) + 0.5 + far * _waves(grid, region, draw, WAVES)
    y = np.arange(top, bottom, dtype=np.float32)[:, None] + 0.5
    y = y + far * _waves(grid, region, draw, WAVES)

    def share(tile: int) -> Values:
        column, row = grid.place(tile)
        return _share(x, column, grid.columns, grid) * _share(y, row, grid.rows, grid)

    own = share(number)
    others = sum((share(near) for near in grid.neighbours(number) if near in done), own * 0)
    mask = others / np.maximum(own + others, np.finfo(np.float32).tiny)
    frayed: Values = mask + FRAYING * _waves(grid, region, draw, FRAYS) * 4 * mask * (1 - mask)
    return frayed.clip(0, 1, out=frayed)


def _share(places: Values, index: int, count: int, grid: Grid) -> Values:
    """The share of a column or row in each pixel; the first and the last one have no end."""
    blend = BLEND * grid.border
    begun = np.ones_like(places)
    if index:
        begun = ((places - index * grid.tile) / blend + 0.5).clip(0, 1)
    if index + 1 < count:
        begun -= ((places - (index + 1) * grid.tile) / blend + 0.5).clip(0, 1)
    return begun


def _waves(
    grid: Grid, region: Box, draw: np.random.Generator, waves: Sequence[tuple[float, float]]
) -> Values:
    """Smooth noise over the whole mural, in a region of it: (H, W) in [-1, 1].

    Waves are (share, length in parts of the border).
    """
    size = region[2] - region[0], region[3] - region[1]
    total = np.zeros(size[::-1], np.float32)
    for share, length in waves:
        step = length * grid.border
        width, height = (math.ceil(side / step) + 1 for side in grid.size)
        coarse = draw.choice((-1.0, 1.0), (height, width)).astype(np.float32)
        box = (region[0] / step, region[1] / step, region[2] / step, region[3] / step)
        noise = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC, box=box)
        total += share * np.asarray(noise)
    return total.clip(-1, 1, out=total)
