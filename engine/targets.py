"""What a canvas is to match at a scale: features seen by an encoder, within the memory planned."""

from collections.abc import Collection
from functools import reduce

import torch
from torch import Tensor

from engine.blocks import Block, cut, stride_of
from engine.canvases import Canvases
from engine.content import Content, ContentSeenAgain, KeptContent
from engine.losses import Objective, core_of, style_numbers, style_sums
from engine.memory import Plan
from engine.neighbours import StyleCells
from engine.presets import Matching, Recipe
from engine.request import PaintSettings
from engine.scales import Scale
from engine.statistics import Statistics, added, blend
from engine.step import see
from engine.tensors import detail_of, resized
from engine.vgg19 import Encoder

# Likeness (`engine.neighbours`) under which more of the content stays, and under which no more. A
# face is like something in most paintings, black text on white like nothing.
LIKE, UNLIKE = 0.5, 0.35


class Targets:
    """The targets of one scale."""

    def __init__(
        self,
        canvases: Canvases,
        recipe: Recipe,
        settings: PaintSettings,
        scale: Scale,
        encoder: Encoder,
        plan: Plan,
    ) -> None:
        self._canvases = canvases
        self._recipe = recipe
        self._settings = settings
        self._scale = scale
        self._encoder = encoder
        self._plan = plan

    def objective(
        self, canvas: Tensor, neighbours: Tensor | None
    ) -> tuple[Objective, Tensor | None]:
        """What to match, and the neighbours that it is made of, where the recipe has them.

        `neighbours` are those that a checkpoint kept; with None they are looked for, from the
        canvas (1, 3, H, W).
        """
        recipe, shares = self._recipe, self._canvases.style_shares(self._scale)
        sums = [self._style_sums(style) for style in self._canvases.styles(self._scale)]
        numbers = blend([style_numbers(recipe, one) for one in sums], shares)
        if recipe.matching is None:
            return Objective(recipe, self._content(), numbers), None
        cells = self.style_cells(recipe.matching)
        if neighbours is None:
            neighbours = self.search(recipe.matching, cells, canvas)
        targets = cells.targets(neighbours, canvas.shape[2] // self._scale.cell)
        self._mix_in_content(recipe.matching, cells, targets)
        return Objective(recipe, KeptContent(targets), numbers), neighbours

    def style_cells(self, matching: Matching) -> StyleCells:
        """The cells of the styles at this scale."""
        fitted = tuple(self._recipe.content_taps)
        taps = {*fitted, *matching.compared}
        styles = [self._features(style, taps) for style in self._canvases.styles(self._scale)]
        cell, seed = self._scale.cell, self._settings.seed
        return StyleCells(styles, cell, matching.compared, fitted, seed)

    def search(self, matching: Matching, cells: StyleCells, canvas: Tensor) -> Tensor:
        """Find the neighbours of a mix of content and canvas: (cells,) int64.

        The more of the canvas, the more of what was painted at the scales before goes on.
        """
        content = self._canvases.recolored(self._scale)
        mixed = torch.lerp(canvas, content, between(matching.fidelity, self._scale.place))
        region = self._canvases.cells_of_first(self._scale, self._scale.cell)
        features = self._features(mixed, matching.compared)
        return cells.find(features, region, self._settings.style_weights, matching.crowding)

    def _mix_in_content(
        self, matching: Matching, cells: StyleCells, targets: dict[str, Tensor]
    ) -> None:
        """Bring the content's own features in, where it has detail and where nothing is like it."""
        content = self._canvases.recolored(self._scale)
        features = self._features(content, {*matching.compared, *matching.content_taps})
        detail = detail_of(content, self._scale.cell).clamp(min=matching.flat_share)
        unlike = ((LIKE - cells.likeness(features)) / (LIKE - UNLIKE)).clamp(0, 1)
        share = torch.maximum(
            between(matching.content_share, self._scale.place) * detail,
            matching.unlike_share * unlike.view_as(detail),
        )
        for tap in matching.content_taps:
            own = features[tap]
            targets[tap].lerp_(own, resized(share, own).to(own.dtype))

    def _style_sums(self, style: Tensor) -> dict[str, Statistics]:
        recipe, (_, _, height, width) = self._recipe, style.shape
        parts = (
            style_sums(
                recipe, see(self._encoder, recipe, block.of(style), recipe.style_taps), block
            )
            for block in cut(height, width, self._plan.block_side)
        )
        return reduce(added, parts)

    def _content(self) -> Content:
        """The content's features, kept or to be seen again, as the memory allows."""
        recipe, canvas = self._recipe, self._canvases.content(self._scale)
        taps = tuple(recipe.content_taps)
        if self._plan.keeps_content:
            return KeptContent(self._features(canvas, taps))

        def cores(block: Block) -> dict[str, Tensor]:
            features = see(self._encoder, recipe, block.of(canvas), taps)
            return {tap: core_of(features, tap, block) for tap in taps}

        _, _, height, width = canvas.shape
        return ContentSeenAgain(cores, cut(height, width, self._plan.block_side))

    def _features(self, picture: Tensor, taps: Collection[str]) -> dict[str, Tensor]:
        """The features of a whole picture at some taps, seen block by block."""
        _, _, height, width = picture.shape
        whole: dict[str, Tensor] = {}
        for block in cut(height, width, self._plan.block_side):
            features = see(self._encoder, self._recipe, block.of(picture), taps)
            for tap in taps:
                core = core_of(features, tap, block)
                if block.is_whole:
                    whole[tap] = core
                    continue
                if tap not in whole:
                    shape = (1, core.shape[1], height // stride_of(tap), width // stride_of(tap))
                    whole[tap] = core.new_empty(shape).contiguous(memory_format=torch.channels_last)
                whole[tap][block.core_in_picture(tap)] = core
        return whole


def between(ends: tuple[float, float], place: float) -> float:
    """The number at a place between two, 0 the first and 1 the second."""
    return ends[0] + (ends[1] - ends[0]) * place
