"""What a canvas is to match at a scale, seen block by block where the plan of memory says so."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor

from engine.blocks import Block, cut, stride_of
from engine.canvases import Canvases
from engine.content import Content, ContentSeenAgain, KeptContent
from engine.features import see
from engine.losses import Objective, core_of, style_grams, style_sums
from engine.memory import Plan
from engine.neighbours import StyleCells, TapFeatures
from engine.presets import Matching, Recipe
from engine.request import PaintSettings
from engine.scales import Scale
from engine.statistics import Statistics, added, blend
from engine.tensors import detail_of, resized
from engine.vgg19 import Encoder, Features

# Below a likeness (`engine.neighbours`) of LIKE, the content is mixed in; at UNLIKE and below, as
# much as ever. A face is like something in most paintings, black text on white like nothing.
LIKE, UNLIKE = 0.5, 0.35


@dataclass(frozen=True)
class StylesSeen:
    """The styles at a scale, as VGG-19 sees them."""

    grams: dict[str, Tensor]  # at each style tap, blended over all styles
    cells: StyleCells | None  # where the recipe takes strokes from them


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
        self, canvas: Tensor, neighbours: Tensor | None, styles: StylesSeen | None = None
    ) -> tuple[Objective, Tensor | None]:
        """What to match, and the neighbours that it is made of, where the recipe has them.

        `neighbours` are those that a checkpoint kept; with None they are looked for, from the
        canvas (1, 3, H, W). `styles` are those seen before at this scale, if they were; they stay
        as they are.
        """
        recipe, matching, scale = self._recipe, self._recipe.matching, self._scale
        seen = styles or self.see_styles()
        if matching is None or seen.cells is None:
            return Objective(recipe, self._content_features(), seen.grams), None
        content = self._canvases.recolored(scale)
        if neighbours is None:
            neighbours = self.search(matching, seen.cells, canvas, content)
        content_features, share = self._content_share(matching, seen.cells, content)
        rows_of_cells = canvas.shape[2] // scale.cell
        targets = seen.cells.targets(neighbours, rows_of_cells, keep=styles is not None)
        for tap, features in content_features.items():
            targets[tap].lerp_(features, resized(share, features).to(features.dtype))
        return Objective(recipe, KeptContent(targets), seen.grams), neighbours

    def see_styles(self) -> StylesSeen:
        """See the styles, as large as their strokes should be at this scale."""
        recipe, matching, scale = self._recipe, self._recipe.matching, self._scale
        taps = {*recipe.content_taps, *matching.compared} if matching else set()
        seen = [self.see_style(style, taps) for style in self._canvases.styles(scale)]
        grams = [style_grams(recipe, sums) for _, sums in seen]
        blended = blend(grams, self._canvases.style_shares(scale))
        if matching is None:
            return StylesSeen(blended, None)
        return StylesSeen(blended, self.style_cells(matching, [features for features, _ in seen]))

    def see_style(
        self, style: Tensor, taps: Collection[str]
    ) -> tuple[dict[str, Tensor], dict[str, Statistics]]:
        """A style's features at `taps`, and the sums over it that the recipe reads."""
        recipe, (_, _, height, width) = self._recipe, style.shape
        whole: dict[str, Tensor] = {}
        sums = []
        for block in cut(height, width, self._plan.block_side):
            seen = see(self._encoder, recipe, block.of(style), {*taps, *recipe.style_taps})
            sums.append(style_sums(recipe, seen, block))
            _keep(whole, seen, taps, block, (height, width))
        return whole, reduce(added, sums)

    def style_cells(self, matching: Matching, styles: Sequence[TapFeatures]) -> StyleCells:
        """The cells of the styles: their features at the compared taps, and at the content taps."""
        fitted, cell = tuple(self._recipe.content_taps), self._scale.cell
        return StyleCells(styles, cell, matching.compared, fitted, self._settings.seed)

    def search(
        self, matching: Matching, cells: StyleCells, canvas: Tensor, content: Tensor
    ) -> Tensor:
        """Find the neighbours of a mix of canvas and recoloured content: (cells,) int64.

        The more of the canvas is in the mix, the more of the earlier scales' painting stays.
        """
        mixed = torch.lerp(canvas, content, between(matching.fidelity, self._scale.place))
        region = self._canvases.cells_of_first(self._scale, self._scale.cell)
        features = self._whole_features(mixed, matching.compared)
        return cells.find(features, region, self._settings.style_weights, matching.crowding)

    def _content_share(
        self, matching: Matching, cells: StyleCells, content: Tensor
    ) -> tuple[dict[str, Tensor], Tensor]:
        """The content's own features to bring in, and their share: (1, 1, H, W) of cells, 0 to 1.

        The more, the more detail the content has there, or the less in the styles is like it.
        """
        features = self._whole_features(content, {*matching.compared, *matching.content_taps})
        # Flat parts count as having a little detail, as much as the strength gives them.
        detail = detail_of(content, self._scale.cell).clamp(min=matching.flat_share)
        unlike = ((LIKE - cells.likeness(features)) / (LIKE - UNLIKE)).clamp(0, 1)
        share = torch.maximum(
            between(matching.content_share, self._scale.place) * detail,
            matching.unlike_share * unlike.view_as(detail),
        )
        return {tap: features[tap] for tap in matching.content_taps}, share

    def _content_features(self) -> Content:
        """The content's features, kept or to be seen again, as the memory allows."""
        recipe, content = self._recipe, self._canvases.content(self._scale)
        taps = tuple(recipe.content_taps)
        if self._plan.keeps_content:
            return KeptContent(self._whole_features(content, taps))

        def cores(block: Block) -> dict[str, Tensor]:
            features = see(self._encoder, recipe, block.of(content), taps)
            return {tap: core_of(features, tap, block) for tap in taps}

        _, _, height, width = content.shape
        return ContentSeenAgain(cores, cut(height, width, self._plan.block_side))

    def _whole_features(self, picture: Tensor, taps: Collection[str]) -> dict[str, Tensor]:
        """The features of a whole picture at some taps, seen block by block."""
        _, _, height, width = picture.shape
        whole: dict[str, Tensor] = {}
        for block in cut(height, width, self._plan.block_side):
            seen = see(self._encoder, self._recipe, block.of(picture), taps)
            _keep(whole, seen, taps, block, (height, width))
        return whole


def _keep(
    whole: dict[str, Tensor],
    seen: Features,
    taps: Collection[str],
    block: Block,
    size: tuple[int, int],
) -> None:
    """Put a block's own features at some taps among those of the whole (height, width)."""
    for tap in taps:
        core = core_of(seen, tap, block)
        if block.is_whole:
            whole[tap] = core
            continue
        if tap not in whole:
            shape = (1, core.shape[1], *(side // stride_of(tap) for side in size))
            whole[tap] = core.new_empty(shape).contiguous(memory_format=torch.channels_last)
        whole[tap][block.core_in_picture(tap)] = core


def between(ends: tuple[float, float], place: float) -> float:
    """The number at a place between two, 0 the first and 1 the second."""
    return ends[0] + (ends[1] - ends[0]) * place
