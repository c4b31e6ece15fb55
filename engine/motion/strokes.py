"""Which part of the styles each cell of a moving canvas is painted with, to fractions of a cell.

A stroke moves by fractions of a cell between two frames. Its place in the style is remembered as
pixels, moved along with the motion, and rounded to a cell only where features are looked up.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.motion.flow import Motion

SURE_PART = 0.6  # of a cell's pixels that must be sure for its stroke to stay


@dataclass(frozen=True)
class Painted:
    """A painted frame, all that the next one depends on. Tensors are on the CPU."""

    content: Tensor  # (1, 3, H, W), the canvas's size
    canvas: Tensor  # (1, 3, H, W)
    places: Tensor  # (3, rows, columns), as `StylePlaces.of` gives them


class StylePlaces:
    """Numbers of style cells (`engine.neighbours.StyleCells`) as pixels of the styles and back."""

    def __init__(self, styles: Sequence[Tensor], cell: int) -> None:
        """Take each style, (1, 3, H, W) with sides that are multiples of `cell`."""
        self._cell = cell
        grids = [(style.shape[2] // cell, style.shape[3] // cell) for style in styles]
        self._rows = torch.tensor([rows for rows, _ in grids])
        self._columns = torch.tensor([columns for _, columns in grids])
        counts = self._rows * self._columns
        self._first = counts.cumsum(0) - counts  # number of each style's first cell

    def of(self, numbers: Tensor) -> Tensor:
        """Style, row and column in pixels of cells: (3, ...) float32."""
        style = torch.bucketize(numbers, self._first, right=True) - 1
        inside = numbers - self._first[style]
        columns = self._columns[style]
        return torch.stack(
            (style, inside // columns * self._cell, inside % columns * self._cell)
        ).float()

    def numbers(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """The nearest cell's number for each place, and whether it lies within its style."""
        style = places[0].long()
        row, column = (places[1:] / self._cell).round().long().unbind()
        inside = (
            (row >= 0) & (column >= 0) & (row < self._rows[style]) & (column < self._columns[style])
        )
        row = row.clamp(min=0).minimum(self._rows[style] - 1)
        column = column.clamp(min=0).minimum(self._columns[style] - 1)
        return self._first[style] + row * self._columns[style] + column, inside


def carried(places: Tensor, motion: Motion, cell: int) -> tuple[Tensor, Tensor]:
    """Where the strokes of the frame before went: places, and whether each is sure.

    `places` are (3, rows, columns), as `StylePlaces.of` gives them for each cell of the canvas.
    """
    _, rows, columns = places.shape
    across, down = F.avg_pool2d(motion.back, cell)[0]
    top = torch.arange(rows).mul(cell).float()[:, None] + down
    left = torch.arange(columns).mul(cell).float()[None, :] + across
    # the cell of the frame before in which the middle of this one was
    row = ((top + cell / 2) / cell).floor().long().clamp(0, rows - 1)
    column = ((left + cell / 2) / cell).floor().long().clamp(0, columns - 1)
    there = places[:, row, column].clone()
    there[1] += top - row * cell
    there[2] += left - column * cell
    return there, F.avg_pool2d(motion.sure, cell)[0, 0] > SURE_PART
