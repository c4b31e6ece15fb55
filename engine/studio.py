"""A request on a device: its pictures as canvases, its targets, and the picture that people see."""

from collections.abc import Collection
from dataclasses import replace
from functools import reduce

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from engine.blocks import Block, cut, stride_of
from engine.canvases import Canvases
from engine.content import Content, ContentSeenAgain, KeptContent
from engine.device import give_back_memory
from engine.losses import Objective, core_of, style_numbers, style_sums
from engine.memory import Plan, plan_memory, room_after
from engine.neighbours import StyleCells
from engine.optimiser import LBFGS, Adam, Optimiser
from engine.presets import Matching, Recipe
from engine.request import StylizeRequest
from engine.scales import Scale, style_sizes
from engine.statistics import Statistics, added, blend
from engine.step import Stepper, see
from engine.tensors import (
    detail_of,
    enlarge,
    to_picture,
    with_colors_of,
)
from engine.touch import PaintSheet, touch
from engine.vgg19 import Encoder

# The likeness (`engine.neighbours`) from which, and up to which, more and more of the content stays:
# a face is like something in most paintings, black text on white like nothing.
UNLIKE = (0.5, 0.35)


class Studio:
    """Sets a painting up at each of its scales. Canvases are (1, 3, H, W) in the recipe's range."""

    def __init__(
        self,
        request: StylizeRequest,
        recipe: Recipe,
        encoder: Encoder,
        memory: int,
        finest: Scale,
    ) -> None:
        """Take the bytes of memory to stay within, and the last of the scales."""
        request = without_unused_styles(request)
        self._memory = memory
        self._request = request
        self._recipe = recipe
        self._encoder = encoder
        self._canvases = Canvases(request, recipe, finest, encoder.device.torch_device)

    def first_canvas(self, scale: Scale) -> Tensor:
        """What the painting starts from, with the seed's noise."""
        start = self._start(scale)
        if not self._recipe.noise:
            return start
        # Drawn on the CPU, so that a seed means the same noise on every device.
        generator = torch.Generator().manual_seed(self._request.settings.seed)
        noise = torch.randn(start.shape, generator=generator).to(start.device)
        return (start + self._recipe.noise * noise).clamp_(0, 1)

    def stepper(self, scale: Scale, canvas: Tensor, neighbours: Tensor | None = None) -> Stepper:
        """What takes the steps of a scale, from a canvas that another size or device left.

        `neighbours` are those that a checkpoint kept; None looks for them. Raises OutOfMemory where
        nothing fits.
        """
        room, device, recipe = self._memory, self._encoder.device, self._recipe
        styles = style_sizes(self._request, scale)
        while True:
            give_back_memory()  # of the scale before: blocks of its sizes are of no use to this one
            plan = plan_memory(scale.canvas, device, recipe, room, styles)
            try:
                return self._stepper(scale, canvas, plan, neighbours)
            except torch.OutOfMemoryError:
                pass  # but not here, where the error holds what was made
            room = room_after(scale.canvas, device, recipe, plan, styles)

    def _stepper(
        self, scale: Scale, canvas: Tensor, plan: Plan, neighbours: Tensor | None
    ) -> Stepper:
        canvas = canvas.to(self._encoder.device.torch_device, copy=True)
        if canvas.shape[2:] != scale.canvas[::-1]:
            canvas = enlarge(canvas, scale.canvas)
        elif self._recipe.matching:
            canvas.clamp_(0, 1)
        encoder = self._encoder
        objective, found = self._objective(scale, encoder, plan, canvas, neighbours)
        if not objective.is_finite():
            encoder = encoder.in_fp32
            objective, found = self._objective(scale, encoder, plan, canvas, neighbours)
        give_back_memory()  # that the targets took on the way
        if self._recipe.optimiser == "lbfgs":
            optimiser: Optimiser = LBFGS(canvas, history=plan.history)
        else:
            rate, averaging = self._recipe.learning_rate, self._recipe.averaging
            optimiser = Adam(canvas, rate, averaging=averaging)
        return Stepper(
            self._encoder, self._recipe, objective, plan, canvas, optimiser, self._memory, found
        )

    def picture(self, canvas: Tensor, scale: Scale) -> Image.Image:
        """The picture of a canvas, in the content's colours where they are to be kept."""
        if self._recipe.canvas == "symmetric":
            canvas = (canvas + 1) / 2
        canvas = canvas.clamp(0, 1)
        if self._request.settings.keep_colors:
            canvas = with_colors_of(self._photograph(scale), canvas)
        if self._canvases.keeps_content:
            canvas = torch.lerp(self._photograph(scale), canvas, self._canvases.mask(scale))
        return to_picture(canvas[:, :, : scale.height, : scale.width])

    def _photograph(self, scale: Scale) -> Tensor:
        content = self._canvases.content(scale)
        return (content + 1) / 2 if self._recipe.canvas == "symmetric" else content

    def finished(self, canvas: Tensor, scale: Scale, neighbours: Tensor | None) -> Tensor:
        """The last scale's canvas after the last touch, where the recipe has one."""
        matching, seed = self._recipe.matching, self._request.settings.seed
        if matching is None or neighbours is None:
            return canvas
        cell = scale.cell
        sheet = PaintSheet(self._canvases.styles(scale), cell)
        starts, canvas = sheet.corners[neighbours], canvas.clamp(0, 1)
        detail = detail_of(self._canvases.recolored(scale), cell)
        light = matching.light * resized(detail, canvas)

        def in_paint_of(style: int | None) -> Tensor:
            return touch(canvas, sheet, starts, cell, light, style=style, seed=seed)

        if not self._canvases.is_divided:
            return torch.lerp(canvas, in_paint_of(None), matching.touch)
        touched = torch.lerp(in_paint_of(1), in_paint_of(0), self._canvases.mask(scale))
        return torch.lerp(canvas, touched, matching.touch)

    def _start(self, scale: Scale) -> Tensor:
        """What a painting would start from, without noise."""
        if self._recipe.start == "noise":
            return torch.full_like(self._canvases.content(scale), 0.5)
        if self._recipe.start == "recolored":
            return self._canvases.recolored(scale)
        return self._canvases.content(scale)

    def _objective(
        self,
        scale: Scale,
        encoder: Encoder,
        plan: Plan,
        canvas: Tensor,
        neighbours: Tensor | None,
    ) -> tuple[Objective, Tensor | None]:
        """What to match at a scale, and the neighbours that it is made of, if any."""
        recipe = self._recipe
        styles = self._canvases.styles(scale)
        sums = [self._style_sums(encoder, style, plan.block_side) for style in styles]
        shares = self._canvases.style_shares(scale)
        numbers = blend([style_numbers(recipe, one) for one in sums], shares)
        if recipe.matching is None:
            content = self._content(encoder, self._canvases.content(scale), plan)
            return Objective(recipe, content, numbers), None
        targets, found = self._matched(recipe.matching, scale, encoder, plan, canvas, neighbours)
        return Objective(recipe, KeptContent(targets), numbers), found

    def _matched(
        self,
        matching: Matching,
        scale: Scale,
        encoder: Encoder,
        plan: Plan,
        canvas: Tensor,
        neighbours: Tensor | None,
    ) -> tuple[dict[str, Tensor], Tensor]:
        """The features of the canvas's neighbours in the styles, and which cells they are."""

        def features(picture: Tensor, taps: Collection[str]) -> dict[str, Tensor]:
            return self._features(encoder, picture, taps, plan.block_side)

        cell, fitted = scale.cell, tuple(self._recipe.content_taps)
        taps = {*fitted, *matching.compared}
        styles = [features(style, taps) for style in self._canvases.styles(scale)]
        cells = StyleCells(styles, cell, matching.compared, fitted, self._request.settings.seed)
        del styles  # their features are in the cells now
        content = self._canvases.recolored(scale)
        if neighbours is None:
            mixed = torch.lerp(canvas, content, between(matching.fidelity, scale.place))
            region = self._canvases.cells_of_first(scale, cell)
            weights = self._request.settings.style_weights
            compared = features(mixed, matching.compared)
            neighbours = cells.find(compared, region, weights, matching.crowding)
        targets = cells.targets(neighbours, canvas.shape[2] // cell)
        seen = features(content, {*matching.compared, *matching.content_taps})
        share = between(matching.content_share, scale.place)
        share = share * detail_of(content, cell).clamp(min=matching.flat_share)
        unlike = (UNLIKE[0] - cells.likeness(seen)) / (UNLIKE[0] - UNLIKE[1])
        unlike = matching.unlike_share * unlike.clamp(0, 1).view_as(share)
        share = torch.maximum(share, unlike)
        for tap in matching.content_taps:
            targets[tap].lerp_(seen[tap], resized(share, seen[tap]).to(seen[tap].dtype))
        return targets, neighbours

    def _style_sums(
        self, encoder: Encoder, canvas: Tensor, block_side: int
    ) -> dict[str, Statistics]:
        recipe, (_, _, height, width) = self._recipe, canvas.shape
        parts = (
            style_sums(recipe, see(encoder, recipe, block.of(canvas), recipe.style_taps), block)
            for block in cut(height, width, block_side)
        )
        return reduce(added, parts)

    def _content(self, encoder: Encoder, canvas: Tensor, plan: Plan) -> Content:
        """The content's features, kept or to be seen again, as the memory allows."""
        recipe, (_, _, height, width) = self._recipe, canvas.shape
        taps = tuple(recipe.content_taps)
        if plan.keeps_content:
            return KeptContent(self._features(encoder, canvas, taps, plan.block_side))

        def cores(block: Block) -> dict[str, Tensor]:
            features = see(encoder, recipe, block.of(canvas), taps)
            return {tap: core_of(features, tap, block) for tap in taps}

        return ContentSeenAgain(cores, cut(height, width, plan.block_side))

    def _features(
        self, encoder: Encoder, canvas: Tensor, taps: Collection[str], block_side: int
    ) -> dict[str, Tensor]:
        """The features of a whole picture at some taps, seen block by block."""
        _, _, height, width = canvas.shape
        whole: dict[str, Tensor] = {}
        for block in cut(height, width, block_side):
            features = see(encoder, self._recipe, block.of(canvas), taps)
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


def resized(values: Tensor, like: Tensor) -> Tensor:
    """(1, 1, h, w) at the height and width of another."""
    return F.interpolate(values, like.shape[2:], mode="bilinear", align_corners=False)


def without_unused_styles(request: StylizeRequest) -> StylizeRequest:
    """The request without styles of no weight; with a mask, every style has its place."""
    pairs = zip(request.styles, request.settings.style_weights, strict=True)
    used = [(style, weight) for style, weight in pairs if weight or request.mask is not None]
    styles, weights = zip(*used, strict=True)
    return replace(
        request, styles=styles, settings=replace(request.settings, style_weights=weights)
    )
