"""Sums over the features of a tap, and the numbers that a style is compared by.

The sums of parts of a picture add up to those of the whole, which is what lets `engine.blocks`
paint pictures that are larger than the network's memory.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

# On the CPU a BF16 product is rounded to 8 bits when it is stored. Summing about this many rows in
# one product, and the products in FP32, averages the rounding away.
ROWS_PER_PRODUCT = 1024


@dataclass(frozen=True)
class Statistics:
    """Of a tap with C channels over N pixels."""

    gram: Tensor  # (C, C) float32, the sum over pixels of F Fᵀ
    total: Tensor  # (C,) float32, the sum over pixels of F; empty where it was not asked for
    pixels: int  # N

    def __add__(self, other: "Statistics") -> "Statistics":
        """Of both parts together."""
        return Statistics(
            self.gram + other.gram, self.total + other.total, self.pixels + other.pixels
        )


def added(one: Mapping[str, Statistics], other: Mapping[str, Statistics]) -> dict[str, Statistics]:
    """The sums of two parts of a picture together, tap by tap."""
    return {tap: own + other[tap] for tap, own in one.items()}


def rows(features: Tensor) -> Tensor:
    """(1, C, H, W) features as (H*W, C): a view of channels-last memory, a copy of a part of it."""
    return features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])


def statistics_of(features: Tensor, *, with_total: bool = True) -> Statistics:
    """Sum up (1, C, H, W) features, in FP32."""
    table = rows(features)
    pixels = len(table)
    total = torch.empty(0, device=table.device)
    if with_total:
        total = sum_of_products(table.new_ones(pixels, 1), table).view(-1)
    return Statistics(sum_of_products(table, table), total, pixels)


def sum_of_products(one: Tensor, other: Tensor) -> Tensor:
    """(N, A) and (N, B) in any number type -> (A, B) float32, summed over the N rows in FP32."""
    if one.dtype == torch.float32:
        return one.t() @ other
    if one.is_cuda:
        return torch.mm(one.t(), other, out_dtype=torch.float32)
    if one.dtype == torch.float16:  # the sum of 1024 products overflows it
        return one.float().t() @ other.float()
    count = len(one)
    parts = next(n for n in range(max(1, count // ROWS_PER_PRODUCT), 0, -1) if count % n == 0)
    if parts < 4:
        return one.float().t() @ other.float()
    one, other = one.view(parts, count // parts, -1), other.view(parts, count // parts, -1)
    return torch.bmm(one.transpose(1, 2), other).float().sum(0)


def raw_gram(statistics: Statistics) -> list[Tensor]:
    """The Gram matrix, not divided by anything: the original Muralscape's."""
    return [statistics.gram]


def gram(statistics: Statistics) -> list[Tensor]:
    """The Gram matrix per pixel, so that pictures of different sizes compare."""
    return [statistics.gram / statistics.pixels]


def moments(statistics: Statistics) -> list[Tensor]:
    """The Gram matrix per pixel, and each channel's mean and deviation."""
    per_pixel = statistics.gram / statistics.pixels
    mean = statistics.total / statistics.pixels
    deviation = (per_pixel.diagonal() - mean.square()).clamp_min(1e-6).sqrt()
    return [per_pixel, mean, deviation]


STATISTICS: dict[str, Callable[[Statistics], list[Tensor]]] = {
    "raw gram": raw_gram,
    "gram": gram,
    "moments": moments,
}
NEED_TOTALS = frozenset({"moments"})


def blend(
    styles: Sequence[Mapping[str, list[Tensor]]], weights: Sequence[float]
) -> dict[str, list[Tensor]]:
    """The numbers of several styles, averaged by weight."""
    shares = [weight / sum(weights) for weight in weights]
    return {
        tap: [
            torch.stack([share * one for share, one in zip(shares, same, strict=True)]).sum(0)
            for same in zip(*(style[tap] for style in styles), strict=True)
        ]
        for tap in styles[0]
    }
