"""What a painting should match: features of the content, statistics of the style's features.

The statistics of a tap are its Gram matrix and its mean: a few numbers for the whole picture,
kept in FP32. A style loss is a function of these alone, so its gradient on the features is
linear in them: with features F, one row a pixel, and statistics G = FᵀF and m = Σ F,

    dL/dF = F (dL/dG + dL/dGᵀ) + 1 dL/dmᵀ

which is one matrix product in the convolutions' number type. Source of the Gram loss: Gatys,
Ecker and Bethge, arXiv 1508.06576, equations 3 to 6.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.presets import Recipe
from engine.vgg19 import Features, TapGradient

# On the CPU a BF16 product is rounded to 8 bits when it is stored. Summing about this many rows in
# one product, and the products in FP32, averages the rounding away.
ROWS_PER_PRODUCT = 1024


@dataclass(frozen=True)
class Statistics:
    """Of a tap with C channels over N pixels."""

    gram: Tensor  # (C, C) float32, the sum over pixels of F Fᵀ
    total: Tensor  # (C,) float32, the sum over pixels of F; empty where it was not asked for
    pixels: int  # N


def rows(features: Tensor) -> Tensor:
    """View (1, C, H, W) features in channels-last memory as (H*W, C); never copies."""
    return features.permute(0, 2, 3, 1).view(-1, features.shape[1])


def statistics_of(features: Tensor, *, with_total: bool = True) -> Statistics:
    """Sum up (1, C, H, W) features, in FP32."""
    table = rows(features)
    pixels = len(table)
    total = torch.empty(0, device=table.device)
    if with_total:
        total = _sum_of_products(table.new_ones(pixels, 1), table).view(-1)
    return Statistics(_sum_of_products(table, table), total, pixels)


def _sum_of_products(one: Tensor, other: Tensor) -> Tensor:
    """(N, A) and (N, B) in any number type -> (A, B) float32, summed over the N rows in FP32."""
    if one.dtype == torch.float32:
        return one.t() @ other
    if one.is_cuda:
        return torch.mm(one.t(), other, out_dtype=torch.float32)
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


class Objective:
    """A recipe's loss against fixed targets."""

    def __init__(
        self,
        recipe: Recipe,
        content: Features,
        style: Mapping[str, list[Tensor]],
        strength: float = 1.0,
    ) -> None:
        """Take the content's features and, for each style tap, the numbers to match.

        The square of `strength` multiplies the recipe's style weight: at 2 the style is plainly
        stronger, which at twice the weight it is not.
        """
        self._recipe = recipe
        self._style_weight = recipe.style_weight * strength**2
        self._content = {tap: content[tap].clone() for tap in recipe.content_taps}
        self._content_weights = {
            tap: torch.tensor(recipe.content_weight * weight, device=self._content[tap].device)
            / (_mean_square(self._content[tap]) if recipe.relative else 1)
            for tap, weight in recipe.content_taps.items()
        }
        self._style = style

    def is_finite(self) -> bool:
        """Whether all targets are; in FP16 loud features overflow."""
        targets = [*self._content.values(), *(one for tap in self._style.values() for one in tap)]
        return all(bool(target.isfinite().all()) for target in targets)

    def __call__(
        self, features: Features, scale: Tensor
    ) -> tuple[Tensor, Tensor, dict[str, TapGradient]]:
        """The content loss, the style loss (0-d float32), and the gradients of their sum.

        The losses carry the recipe's weights. The gradients are multiplied by `scale` (0-d
        float32), which keeps small ones from vanishing in FP16.
        """
        content = scale.new_zeros(())
        style = scale.new_zeros(())
        gradients: dict[str, TapGradient] = {}
        for tap, share in self._recipe.style_taps.items():
            weight = share * self._style_weight
            loss, gradients[tap] = self._style_loss(tap, features[tap], weight, scale)
            style = style + loss
        for tap, factor in self._content_weights.items():
            loss, gradient = self._content_loss(tap, features[tap], factor, scale)
            gradients[tap] = _chain(gradients.get(tap), gradient)
            content = content + loss
        return content, style, gradients

    def _style_loss(
        self, tap: str, features: Tensor, weight: float, scale: Tensor
    ) -> tuple[Tensor, TapGradient]:
        statistics = _sums(self._recipe, features)
        with torch.enable_grad():
            statistics.gram.requires_grad_()
            statistics.total.requires_grad_()
            loss = weight * _difference(
                _numbers(self._recipe, statistics), self._style[tap], self._recipe.relative
            )
            d_gram, d_total = torch.autograd.grad(
                loss, (statistics.gram, statistics.total), allow_unused=True
            )
        factor = ((d_gram + d_gram.t()) * scale).to(features.dtype)
        offset = None if d_total is None else (d_total * scale).to(features.dtype)

        def add(above: Tensor | None) -> Tensor:
            table = rows(features)
            if above is None:
                own = table @ factor if offset is None else torch.addmm(offset, table, factor)
                return own.view(1, *features.shape[2:], -1).permute(0, 3, 1, 2)
            rows(above).addmm_(table, factor)
            return above if offset is None else above.add_(offset.view(1, -1, 1, 1))

        return loss.detach(), add

    def _content_loss(
        self, tap: str, features: Tensor, weight: Tensor, scale: Tensor
    ) -> tuple[Tensor, TapGradient]:
        difference = features - self._content[tap]
        factor = scale * weight * (2 / features.numel())

        def add(above: Tensor | None) -> Tensor:
            if above is None:
                return difference.mul_(factor)
            return above.addcmul_(difference, factor.to(difference.dtype))

        return weight * _mean_square(difference), add


def style_numbers(recipe: Recipe, style: Features) -> dict[str, list[Tensor]]:
    """What a recipe compares of a style's features, for each of its taps."""
    return {tap: _numbers(recipe, _sums(recipe, style[tap])) for tap in recipe.style_taps}


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


def _sums(recipe: Recipe, features: Tensor) -> Statistics:
    """Of a tap, only the sums that the recipe's statistic reads."""
    return statistics_of(features, with_total=recipe.statistic in NEED_TOTALS)


def _numbers(recipe: Recipe, statistics: Statistics) -> list[Tensor]:
    return STATISTICS[recipe.statistic](statistics)


def _mean_square(features: Tensor) -> Tensor:
    """The mean square of low-precision numbers, summed in FP32 without a copy in FP32."""
    norm: Tensor = torch.linalg.vector_norm(features, dtype=torch.float32)
    return norm.square() / features.numel()


def _difference(found: list[Tensor], wanted: list[Tensor], relative: bool) -> Tensor:
    """Sum over the statistics of their mean squared differences."""
    parts = []
    for one, target in zip(found, wanted, strict=True):
        squares = (one - target).square().mean()
        parts.append(squares / target.square().mean() if relative else squares)
    return torch.stack(parts).sum()


def _chain(first: TapGradient | None, second: TapGradient) -> TapGradient:
    if first is None:
        return second
    before = first
    return lambda above: second(before(above))


def smoothness(canvas: Tensor, weight: float) -> tuple[Tensor, Tensor]:
    """The squared total variation of (1, 3, H, W), and its gradient."""
    across = canvas[..., 1:] - canvas[..., :-1]
    down = canvas[..., 1:, :] - canvas[..., :-1, :]
    factor = weight / canvas.numel()
    gradient = torch.zeros_like(canvas)
    gradient[..., 1:] += across
    gradient[..., :-1] -= across
    gradient[..., 1:, :] += down
    gradient[..., :-1, :] -= down
    loss = factor * (across.square().sum() + down.square().sum())
    return loss, gradient.mul_(2 * factor)
