"""What a painting should match: features of the content, statistics of the style's features.

A style loss is a function of a few sums over the picture (`engine.statistics`), so its gradient
on the features is linear in them: with features F, one row a pixel, G = FᵀF and m = Σ F,

    dL/dF = F (dL/dG + dL/dGᵀ) + 1 dL/dmᵀ

which is one matrix product in the convolutions' number type. So a step has three parts, and all
but the second can be done block by block: the sums, the losses with their slopes, the gradients.
Source of the Gram loss: Gatys, Ecker and Bethge, arXiv 1508.06576, equations 3 to 6.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from engine.blocks import Block
from engine.presets import Recipe
from engine.statistics import NEED_TOTALS, STATISTICS, Statistics, rows, statistics_of
from engine.vgg19 import Features, TapGradient


@dataclass(frozen=True)
class Sums:
    """What the losses of a picture, or of a part of it, depend on."""

    style: dict[str, Statistics]
    content: dict[str, Tensor]  # of each tap's squared differences, 0-d float32

    def __add__(self, other: "Sums") -> "Sums":
        """Of both parts together."""
        return Sums(
            {tap: own + other.style[tap] for tap, own in self.style.items()},
            {tap: own + other.content[tap] for tap, own in self.content.items()},
        )


@dataclass(frozen=True)
class Slopes:
    """The derivatives of the losses by the sums, in the form that the gradients take."""

    gram: dict[str, Tensor]  # dL/dG + dL/dGᵀ of each style tap
    total: dict[str, Tensor]  # dL/dm of those whose statistic reads it
    content: dict[str, Tensor]  # 0-d float32: by what to multiply a content tap's differences


class Objective:
    """A recipe's loss against fixed targets."""

    def __init__(
        self,
        recipe: Recipe,
        content: Mapping[str, Tensor],
        style: Mapping[str, list[Tensor]],
        strength: float = 1.0,
    ) -> None:
        """Take the whole content's features and the numbers to match, of each tap.

        The square of `strength` multiplies the recipe's style weight: at 2 the style is plainly
        stronger, which at twice the weight it is not.
        """
        self._recipe = recipe
        self._style_weight = recipe.style_weight * strength**2
        self._content = content
        self._content_weights = {
            tap: torch.tensor(recipe.content_weight * weight, device=content[tap].device)
            / (_sum_of_squares(content[tap]) if recipe.relative else content[tap].numel())
            for tap, weight in recipe.content_taps.items()
        }
        self._style = style

    def is_finite(self) -> bool:
        """Whether all targets are; in FP16 loud features overflow."""
        targets = [*self._content.values(), *(one for tap in self._style.values() for one in tap)]
        return all(bool(target.isfinite().all()) for target in targets)

    def look(self, features: Features, block: Block) -> "Look":
        """Compare the features of a block of the canvas."""
        return Look(self._recipe, features, block, self._content)

    def losses(self, sums: Sums, scale: Tensor) -> tuple[Tensor, Tensor, Slopes]:
        """The content loss, the style loss (0-d float32), and the slopes of their sum.

        The losses carry the recipe's weights. The slopes are multiplied by `scale` (0-d
        float32), which keeps small gradients from vanishing in FP16.
        """
        content, style = scale.new_zeros(()), scale.new_zeros(())
        slopes = Slopes({}, {}, {})
        for tap, share in self._recipe.style_taps.items():
            loss, d_gram, d_total = self._style_loss(tap, sums.style[tap])
            weight = share * self._style_weight
            style = style + weight * loss
            slopes.gram[tap] = (d_gram + d_gram.t()) * (scale * weight)
            if d_total is not None:
                slopes.total[tap] = d_total * (scale * weight)
        for tap, factor in self._content_weights.items():
            content = content + factor * sums.content[tap]
            slopes.content[tap] = 2 * scale * factor
        return content, style, slopes

    def _style_loss(self, tap: str, sums: Statistics) -> tuple[Tensor, Tensor, Tensor | None]:
        """The loss of one tap, and its derivatives by the Gram matrix and the total."""
        with torch.enable_grad():
            sums.gram.requires_grad_()
            sums.total.requires_grad_()
            numbers = STATISTICS[self._recipe.statistic](sums)
            loss = _difference(numbers, self._style[tap], self._recipe.relative)
            d_gram, d_total = torch.autograd.grad(loss, (sums.gram, sums.total), allow_unused=True)
        return loss.detach(), d_gram, d_total


class Look:
    """A block's features against the targets."""

    def __init__(
        self, recipe: Recipe, features: Features, block: Block, content: Mapping[str, Tensor]
    ) -> None:
        self._recipe = recipe
        self._features = features
        self._block = block
        self._content = content

    def sums(self) -> Sums:
        """Over the block's core."""
        return Sums(
            style_sums(self._recipe, self._features, self._block),
            {tap: _sum_of_squares(one) for tap, one in self._differences.items()},
        )

    def backward(self, slopes: Slopes) -> Tensor:
        """The gradient, with respect to all that the block sees, of the losses on its core.

        (1, 3, H, W) float32. May be called once.
        """
        return self._features.backward(self.gradients(slopes))

    def gradients(self, slopes: Slopes) -> dict[str, TapGradient]:
        """The gradients of the losses on the core with respect to the taps."""
        gradients: dict[str, TapGradient] = {}
        for tap, slope in slopes.gram.items():
            core = core_of(self._features, tap, self._block)
            own = _style_gradient(core, slope, slopes.total.get(tap))
            gradients[tap] = self._on_core(tap, own)
        for tap, factor in slopes.content.items():
            own = _content_gradient(self._differences[tap], factor)
            gradients[tap] = _chain(gradients.get(tap), self._on_core(tap, own))
        return gradients

    @cached_property
    def _differences(self) -> dict[str, Tensor]:
        return {
            tap: core_of(self._features, tap, self._block) - whole[self._block.core_in_picture(tap)]
            for tap, whole in self._content.items()
        }

    def _on_core(self, tap: str, gradient: TapGradient) -> TapGradient:
        """The same, with nothing to add outside of the core."""
        if self._block.is_whole:
            return gradient
        features, core = self._features[tap], self._block.core_in_block(tap)

        def add(above: Tensor | None) -> Tensor:
            above = torch.zeros_like(features) if above is None else above
            above[core] += gradient(None)
            return above

        return add


def core_of(features: Features, tap: str, block: Block) -> Tensor:
    """Of the features of a block, those that it answers for."""
    seen = features[tap]
    return seen if block.is_whole else seen[block.core_in_block(tap)]


def style_sums(recipe: Recipe, features: Features, block: Block) -> dict[str, Statistics]:
    """Of each style tap, the sums over a block's core that the recipe's statistic reads."""
    with_total = recipe.statistic in NEED_TOTALS
    return {
        tap: statistics_of(core_of(features, tap, block), with_total=with_total)
        for tap in recipe.style_taps
    }


def style_numbers(recipe: Recipe, sums: Mapping[str, Statistics]) -> dict[str, list[Tensor]]:
    """What a recipe compares of a style, for each of its taps."""
    return {tap: STATISTICS[recipe.statistic](one) for tap, one in sums.items()}


def _style_gradient(features: Tensor, slope: Tensor, offset: Tensor | None) -> TapGradient:
    slope = slope.to(features.dtype)
    offset = None if offset is None else offset.to(features.dtype)

    def add(above: Tensor | None) -> Tensor:
        table = rows(features)
        if above is None:
            own = table @ slope if offset is None else torch.addmm(offset, table, slope)
            return own.view(1, *features.shape[2:], -1).permute(0, 3, 1, 2)
        rows(above).addmm_(table, slope)
        return above if offset is None else above.add_(offset.view(1, -1, 1, 1))

    return add


def _content_gradient(difference: Tensor, factor: Tensor) -> TapGradient:
    def add(above: Tensor | None) -> Tensor:
        if above is None:
            return difference.mul_(factor)
        return above.addcmul_(difference, factor.to(difference.dtype))

    return add


def _chain(first: TapGradient | None, second: TapGradient) -> TapGradient:
    if first is None:
        return second
    before = first
    return lambda above: second(before(above))


def _sum_of_squares(features: Tensor) -> Tensor:
    """Of low-precision numbers, in FP32 without a copy in FP32; 0-d."""
    norm: Tensor = torch.linalg.vector_norm(features, dtype=torch.float32)
    return norm.square()


def _difference(found: list[Tensor], wanted: list[Tensor], relative: bool) -> Tensor:
    """Sum over the statistics of their mean squared differences."""
    parts = []
    for one, target in zip(found, wanted, strict=True):
        squares = (one - target).square().mean()
        parts.append(squares / target.square().mean() if relative else squares)
    return torch.stack(parts).sum()


def smoothness(canvas: Tensor, weight: float) -> tuple[Tensor, Tensor]:
    """The squared total variation of (1, 3, H, W), and its gradient."""
    factor = weight / canvas.numel()
    gradient = torch.zeros_like(canvas)
    across = canvas[..., 1:] - canvas[..., :-1]
    gradient[..., 1:] += across
    gradient[..., :-1] -= across
    loss = torch.linalg.vector_norm(across).square()
    del across  # large pictures need its memory
    down = canvas[..., 1:, :] - canvas[..., :-1, :]
    gradient[..., 1:, :] += down
    gradient[..., :-1, :] -= down
    loss = loss + torch.linalg.vector_norm(down).square()
    return factor * loss, gradient.mul_(2 * factor)
