"""What a painting should match: features of the content, Gram matrices of the style's features.

A style loss is a function of a few sums over the picture (`engine.statistics`), so its gradient
on the features is linear in them: with features F, one row a pixel, and G = FᵀF,

    dL/dF = F (dL/dG + dL/dGᵀ)

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
from engine.content import Content, sum_of_squares
from engine.presets import Recipe
from engine.statistics import Statistics, rows, statistics_of
from engine.vgg19 import Features, TapGradient


@dataclass(frozen=True)
class Slopes:
    """The derivatives of the losses by the sums, in the form that the gradients take."""

    gram: dict[str, Tensor]  # dL/dG + dL/dGᵀ of each style tap, in the convolutions' number type
    content: dict[str, Tensor]  # 0-d float32: by what to multiply a content tap's differences


class Objective:
    """A recipe's loss against fixed targets."""

    def __init__(self, recipe: Recipe, content: Content, style: Mapping[str, Tensor]) -> None:
        """Take the features to match at the content taps, and the Gram matrices at the style's."""
        self._recipe = recipe
        self._content = content
        self._style = style
        self._constants: dict[tuple[int, ...], tuple[Tensor, Tensor]] = {}
        self._content_factors = self._factors_of_content()

    def _factors_of_content(self) -> Tensor:
        """By what each content tap's sum of squared differences counts: (taps,) float32."""
        recipe, factors = self._recipe, []
        for tap, weight in recipe.content_taps.items():
            energy = self._content.energies[tap]
            count = torch.full_like(energy, self._content.counts[tap])
            factors.append(recipe.content_weight * weight / (energy if recipe.relative else count))
        return torch.stack(factors)

    def is_finite(self) -> bool:
        """Whether all targets are; in FP16 loud features overflow. The host waits once."""
        targets = [*self._content.energies.values(), *self._style.values()]
        return bool(torch.stack([target.isfinite().all() for target in targets]).all())

    def look(self, features: Features, block: Block) -> "Look":
        """Compare the features of a block of the canvas."""
        return Look(self._recipe, features, block, self._content)

    def content_loss(self, sums: Mapping[str, Tensor]) -> Tensor:
        """With the recipe's weight, 0-d float32; parts of a picture add up to the whole's."""
        return self._content_factors.dot(torch.stack([sums[tap] for tap in self._taps]))

    @property
    def _taps(self) -> list[str]:
        return list(self._recipe.content_taps)

    def style_loss(
        self, sums: Mapping[str, Statistics], scale: Tensor, dtype: torch.dtype = torch.float32
    ) -> tuple[Tensor, Slopes]:
        """With the recipe's weight, 0-d float32; and the slopes of both losses.

        The slopes are multiplied by `scale` (0-d float32), which keeps small gradients from
        vanishing in FP16, and are rounded to `dtype`. All taps are dealt with at once, as one
        vector: with its difference D from the targets and its factors f the loss is Σ f D², and
        the slope 4 f D, because D is a row of symmetric matrices.
        """
        taps = list(self._recipe.style_taps)
        pixels = tuple(sums[tap].pixels for tap in taps)
        if pixels not in self._constants:  # at the first step, before any graph
            self._constants[pixels] = self._constants_for(pixels)
        wanted, factors = self._constants[pixels]
        difference = torch.cat([sums[tap].gram.view(-1) for tap in taps]) - wanted
        weighted = difference * factors
        slopes = (weighted * (4 * scale)).to(dtype)
        grams = torch.split(slopes, [self._style[tap].numel() for tap in taps])
        per_tap = zip(taps, grams, strict=True)
        content = (self._content_factors * (2 * scale)).unbind()
        return difference.dot(weighted), Slopes(
            {tap: slope.view_as(self._style[tap]) for tap, slope in per_tap},
            dict(zip(self._taps, content, strict=True)),
        )

    def _constants_for(self, pixels: tuple[int, ...]) -> tuple[Tensor, Tensor]:
        """The style taps' targets, as sums over `pixels` each, and their factors: (n,) float32."""
        wanted, factors = [], []
        recipe = self._recipe
        for (tap, share), count in zip(recipe.style_taps.items(), pixels, strict=True):
            target = self._style[tap].view(-1)
            times = count if recipe.statistic == "gram" else 1
            energy = target.square().mean() if recipe.relative else target.new_ones(())
            weight = share * recipe.style_weight / (target.numel() * times**2)
            wanted.append(target * times)
            factors.append((weight / energy).expand_as(target))
        return torch.cat(wanted), torch.cat(factors)


class Look:
    """A block's features against the targets."""

    def __init__(self, recipe: Recipe, features: Features, block: Block, content: Content) -> None:
        self._recipe = recipe
        self._features = features
        self._block = block
        self._content = content

    def style_sums(self) -> dict[str, Statistics]:
        """Of each style tap, over the block's core."""
        return style_sums(self._recipe, self._features, self._block)

    def content_sums(self) -> dict[str, Tensor]:
        """Of each content tap's squared differences over the core, 0-d float32."""
        return {tap: sum_of_squares(one) for tap, one in self._differences.items()}

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
            own = _style_gradient(core, slope)
            gradients[tap] = self._on_core(tap, own)
        for tap, factor in slopes.content.items():
            own = _content_gradient(self._differences[tap], factor)
            gradients[tap] = _chain(gradients.get(tap), self._on_core(tap, own))
        return gradients

    @cached_property
    def _differences(self) -> dict[str, Tensor]:
        return {
            tap: core_of(self._features, tap, self._block) - wanted
            for tap, wanted in self._content.of(self._block).items()
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
    """Of each style tap, the sums over a block's core."""
    return {tap: statistics_of(core_of(features, tap, block)) for tap in recipe.style_taps}


def style_grams(recipe: Recipe, sums: Mapping[str, Statistics]) -> dict[str, Tensor]:
    """A style's Gram matrix at each tap of a recipe, as it is or per pixel."""
    if recipe.statistic == "raw gram":
        return {tap: one.gram for tap, one in sums.items()}
    return {tap: one.gram / one.pixels for tap, one in sums.items()}


def _style_gradient(features: Tensor, slope: Tensor) -> TapGradient:
    slope = slope.to(features.dtype)

    def add(above: Tensor | None) -> Tensor:
        table = rows(features)
        if above is None:
            own = table @ slope
            return own.view(1, *features.shape[2:], -1).permute(0, 3, 1, 2)
        rows(above).addmm_(table, slope)
        return above

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


def add_smoothness(canvas: Tensor, weight: float, gradient: Tensor) -> Tensor:
    """The squared total variation of (1, 3, H, W), 0-d; its gradient is added to `gradient`."""
    factor = weight / canvas.numel()
    loss = canvas.new_zeros(())
    for along in (3, 2):
        length = canvas.shape[along] - 1
        difference = canvas.narrow(along, 1, length) - canvas.narrow(along, 0, length)
        gradient.narrow(along, 1, length).add_(difference, alpha=2 * factor)
        gradient.narrow(along, 0, length).sub_(difference, alpha=2 * factor)
        loss = loss + torch.linalg.vector_norm(difference).square()
        del difference  # large pictures need its memory
    return factor * loss
