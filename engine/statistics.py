"""Gram matrices: sums over the features of a tap, by which styles are compared.

The sums of parts of a picture add up to those of the whole, which is what lets `engine.blocks`
paint pictures that are larger than the network's memory.
"""

from collections.abc import Mapping, Sequence
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
    pixels: int  # N

    def __add__(self, other: "Statistics") -> "Statistics":
        """Of both parts together."""
        return Statistics(self.gram + other.gram, self.pixels + other.pixels)


def added(one: Mapping[str, Statistics], other: Mapping[str, Statistics]) -> dict[str, Statistics]:
    """The sums of two parts of a picture together, tap by tap."""
    return {tap: own + other[tap] for tap, own in one.items()}


def rows(features: Tensor) -> Tensor:
    """(1, C, H, W) features as (H*W, C): a view of channels-last memory, a copy of a part of it."""
    return features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])


def statistics_of(features: Tensor) -> Statistics:
    """Sum up (1, C, H, W) features, in FP32."""
    table = rows(features)
    return Statistics(sum_of_products(table, table), len(table))


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


def blend(styles: Sequence[Mapping[str, Tensor]], weights: Sequence[float]) -> dict[str, Tensor]:
    """The Gram matrices of several styles at each tap, averaged by weight."""
    shares = [weight / sum(weights) for weight in weights]
    return {
        tap: torch.stack(
            [share * style[tap] for share, style in zip(shares, styles, strict=True)]
        ).sum(0)
        for tap in styles[0]
    }
