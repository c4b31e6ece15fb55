"""From which cell of the style each cell of the canvas takes its paint.

Pictures are divided into square cells. A cell is described by VGG-19's features over it, and its
neighbour is the cell of the style with the most similar description. The features of all the
neighbours, laid out as a picture, are what the canvas is asked to have: strokes of the style,
where they fit.

Sources: Kolkin et al., Neural Neighbor Style Transfer, arXiv 2203.13215; Li and Wand, Combining
Markov Random Fields and Convolutional Neural Networks for Image Synthesis, arXiv 1601.04589.
"""

import math
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.blocks import stride_of
from engine.scales import MOST_STYLE_CELLS
from engine.statistics import rows

CELLS_TO_TELL_LIKENESS = 4096  # of the styles' that each cell of the content is compared with
DIMENSIONS = 160  # of a description once projected: a fifth of the time, and the same neighbours
RIDGE = 1e-4  # added to the products' diagonal, relative to its mean, so that eigh stays stable
ROUNDS = 4  # of the search; prices change between them
MOST_TAKEN = 8.0  # a cell counts as taken at most this many times its share
CHANNELS_AT_ONCE = 32  # of features that are averaged over cells in FP32
ROWS_AT_ONCE = 1024  # cells of the canvas compared at once: 128 MiB of similarities at most

TapFeatures = Mapping[str, Tensor]  # tap -> (1, C, H / stride, W / stride)


class StyleCells:
    """The cells of one or several styles, one style's after the other's, row by row."""

    def __init__(
        self,
        styles: Sequence[TapFeatures],
        cell: int,
        compared: Sequence[str],
        fitted: Sequence[str],
        seed: int = 0,
    ) -> None:
        """Take each style's features at the taps `compared` and `fitted`.

        `seed` draws the sample of cells that are compared where there are more than
        MOST_STYLE_CELLS.
        """
        self.cell = cell
        self._compared = compared
        self._tables = {
            tap: torch.cat([cut_into_cells(features[tap], tap, cell) for features in styles])
            for tap in fitted
        }
        counts = [down * across for down, across in (rows_and_columns(f, cell) for f in styles)]
        device = styles[0][compared[0]].device
        samples = [sample.to(device) for sample in _samples(counts, seed)]
        # One style after the other, so that only one's descriptions are there as a whole.
        described = torch.cat(
            [
                _descriptions(features, compared, cell)[sample]
                for features, sample in zip(styles, samples, strict=True)
            ]
        )
        # The numbers of the cells that are compared, one style's after the other's.
        starts = [sum(counts[:number]) for number in range(len(counts))]
        numbers = [start + sample for start, sample in zip(starts, samples, strict=True)]
        self._sample = torch.cat(numbers)
        self._counts = [len(sample) for sample in samples]
        self._axes = principal_axes(described)
        self._known = F.normalize(described @ self._axes, dim=1)

    def find(
        self, canvas: TapFeatures, region: Tensor | None, weights: Sequence[float], crowding: float
    ) -> Tensor:
        """The number of the style's cell that is the neighbour of each cell of a canvas.

        `canvas` are the canvas's features at the compared taps; the numbers are (cells,) int64. A
        style of twice the weight fills twice the area. With `region`, (cells,) bool, the
        first style alone fills the cells where it is true, and the second the others.
        """
        own = self._projected(canvas)
        if region is None:
            return self._neighbours_of(own, weights, crowding)
        chosen = torch.empty(len(own), dtype=torch.int64, device=own.device)
        for cells, only in ((region, (1.0, 0.0)), (~region, (0.0, 1.0))):
            if cells.any():
                chosen[cells] = self._neighbours_of(own[cells], only, crowding)
        return chosen

    def likeness(self, canvas: TapFeatures) -> Tensor:
        """How like anything in the styles each cell is: cosines, (cells,) float32.

        A sample of the styles' cells is enough to tell.
        """
        some = self._known[:: math.ceil(len(self._known) / CELLS_TO_TELL_LIKENESS)]
        parts = torch.split(self._projected(canvas), ROWS_AT_ONCE)
        return torch.cat([(part @ some.t()).amax(1) for part in parts])

    def _projected(self, canvas: TapFeatures) -> Tensor:
        """The descriptions of a canvas's cells along the styles' axes: (cells, DIMENSIONS)."""
        described = _descriptions(canvas, self._compared, self.cell)
        return F.normalize(described @ self._axes, dim=1)

    def _neighbours_of(self, own: Tensor, weights: Sequence[float], crowding: float) -> Tensor:
        """The neighbours among each style's cells, then for each cell the style that it is from."""
        likenesses, neighbours, shares, start = [], [], [], 0
        for count, weight in zip(self._counts, weights, strict=True):
            cells = slice(start, start + count)
            start += count
            if not weight or not count:
                continue
            known = self._known[cells]
            chosen = nearest(own, known, own.new_full((count,), 1 / count), crowding)
            likenesses.append((own * known[chosen]).sum(1))
            neighbours.append(self._sample[cells][chosen])
            shares.append(weight)
        turns = divided(torch.stack(likenesses), shares)
        return torch.stack(neighbours).gather(0, turns[None])[0]

    def targets(
        self, chosen: Tensor, rows_of_cells: int, *, keep: bool = False
    ) -> dict[str, Tensor]:
        """The features of the chosen cells, laid out as those of a canvas, at each fitted tap.

        Without `keep` it may be called once: what was kept of the styles' features is given up tap
        by tap.
        """
        found = {}
        for tap in list(self._tables):
            table = self._tables[tap] if keep else self._tables.pop(tap)
            found[tap] = lay_out(table[chosen], tap, self.cell, rows_of_cells)
        return found


def _samples(counts: Sequence[int], seed: int) -> list[Tensor]:
    """Which of each style's cells are compared: as many of all, and MOST_STYLE_CELLS together."""
    total = max(sum(counts), MOST_STYLE_CELLS)
    # Drawn on the CPU, so that a seed means the same sample on every device.
    generator = torch.Generator().manual_seed(seed)
    orders = [torch.randperm(count, generator=generator) for count in counts]
    return [order[: len(order) * MOST_STYLE_CELLS // total].sort().values for order in orders]


def _descriptions(features: TapFeatures, taps: Sequence[str], cell: int) -> Tensor:
    """What `describe` says of the features at some taps, each row of length one."""
    return F.normalize(describe({tap: features[tap] for tap in taps}, cell), dim=1)


def rows_and_columns(features: TapFeatures, cell: int) -> tuple[int, int]:
    """How many cells a picture has, down and across, by its features at any tap."""
    tap, first = next(iter(features.items()))
    height, width = (side * stride_of(tap) // cell for side in first.shape[2:])
    return height, width


def describe(features: TapFeatures, cell: int) -> Tensor:
    """Describe each cell by its features at every tap: (cells, C) float32, row by row.

    Every tap has the same weight, and each column's mean is taken out.
    """
    columns, grid = [], rows_and_columns(features, cell)
    for tap, one in features.items():
        stride = stride_of(tap)
        if stride < cell:  # by parts: large pictures need the memory of a whole one in FP32
            parts = torch.split(one, CHANNELS_AT_ONCE, 1)
            seen = torch.cat([F.avg_pool2d(part.float(), cell // stride) for part in parts], 1)
        elif stride == cell:
            seen = one.float()
        else:
            seen = F.interpolate(one.float(), grid, mode="bilinear", align_corners=False)
        columns.append(rows(seen / seen.square().sum(1).mean().sqrt().clamp_min(1e-6)))
    table = torch.cat(columns, 1)
    return table.sub_(table.mean(0))


def principal_axes(table: Tensor) -> Tensor:
    """The DIMENSIONS directions in which the rows differ most, (C, D).

    If rows overflowed, the result is arbitrary: the targets are not finite either then, and are
    made again in FP32.
    """
    products = (table.t() @ table).nan_to_num(0.0, 0.0, 0.0)
    # Few or equal rows make many eigenvalues zero, of which LAPACK was seen to return NaN. Raising
    # all of them alike leaves the directions as they are.
    products.diagonal().add_(RIDGE * products.diagonal().mean())
    _, vectors = torch.linalg.eigh(products)
    axes: Tensor = vectors[:, -DIMENSIONS:]
    return axes.contiguous()


def nearest(own: Tensor, known: Tensor, shares: Tensor, crowding: float) -> Tensor:
    """The most similar of the M rows `known` for each row of `own`, by the cosine: (N,) int64.

    All rows have length one. `shares` (M,) are the parts of the canvas that the rows should
    fill, and sum up to one. A row that is taken more often gets a price of `crowding` for every
    time its share, one taken less often becomes cheaper: without it a flat sky is made of a
    single patch.
    """
    prices, once = torch.zeros_like(shares), shares.new_ones(len(own))

    def cheapest() -> Tensor:
        parts = torch.split(own, ROWS_AT_ONCE)
        return torch.cat([(part @ known.t()).sub_(prices).argmax(1) for part in parts])

    chosen = cheapest()
    for turn in range(ROUNDS - 1 if crowding else 0):
        times = torch.zeros_like(shares).index_add_(0, chosen, once)
        taken = times / (shares * len(own))
        prices += crowding * 0.5**turn * (taken.clamp(max=MOST_TAKEN) - 1)
        chosen = cheapest()
    return chosen


def divided(likenesses: Tensor, shares: Sequence[float]) -> Tensor:
    """Which of K styles each of N cells is painted in, (N,) int64, so that all have their share.

    `likenesses` (K, N) say how like each style's neighbour is. One style after the other takes, of
    the cells that are left, those that it suits better than any later one.
    """
    count = likenesses.shape[1]
    styles = torch.full((count,), len(shares) - 1, device=likenesses.device)
    left = torch.arange(count, device=likenesses.device)
    for style in range(len(shares) - 1):
        lead = likenesses[style, left] - likenesses[style + 1 :, left].amax(0)
        most = round(len(left) * shares[style] / sum(shares[style:]))
        order = lead.argsort(descending=True, stable=True)
        styles[left[order[:most]]] = style
        left = left[order[most:]]
    return styles


def cut_into_cells(features: Tensor, tap: str, cell: int) -> Tensor:
    """A tap's features (1, C, H, W) under each cell: (cells, values)."""
    stride = stride_of(tap)
    if stride > cell:
        enlarged = F.interpolate(
            features, scale_factor=stride // cell, mode="bilinear", align_corners=False
        )
        return rows(enlarged)
    side, (_, channels, height, width) = cell // stride, features.shape
    grid = features.permute(0, 2, 3, 1)
    grid = grid.reshape(height // side, side, width // side, side, channels)
    return grid.permute(0, 2, 1, 3, 4).reshape(-1, side * side * channels)


def lay_out(cells: Tensor, tap: str, cell: int, rows_of_cells: int) -> Tensor:
    """A tap's features (1, C, H, W), channels last, put together from cells in so many rows.

    The inverse of `cut_into_cells`, up to smoothing where a feature covers several cells.
    """
    stride = stride_of(tap)
    if stride > cell:
        grid = cells.view(1, rows_of_cells, -1, cells.shape[1]).permute(0, 3, 1, 2)
        return F.avg_pool2d(grid, stride // cell)
    side = cell // stride
    grid = cells.view(rows_of_cells, -1, side, side, cells.shape[1] // side**2)
    grid = grid.permute(0, 2, 1, 3, 4)
    return grid.reshape(1, rows_of_cells * side, -1, grid.shape[4]).permute(0, 3, 1, 2)
