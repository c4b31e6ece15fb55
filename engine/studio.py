"""A request on a device: its pictures as canvases, its targets, and the picture that people see."""

from collections.abc import Collection
from functools import reduce

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from engine.blocks import Block, cut, stride_of
from engine.content import Content, ContentSeenAgain, KeptContent
from engine.device import give_back_memory
from engine.losses import Objective, core_of, style_numbers, style_sums
from engine.memory import Plan, plan_memory, room_after
from engine.neighbours import StyleCells, cell_side
from engine.optimiser import LBFGS, Adam, Optimiser
from engine.presets import Matching, Recipe
from engine.request import StylizeRequest
from engine.scales import Scale, style_sizes
from engine.statistics import Statistics, added, blend
from engine.step import Stepper, see
from engine.tensors import detail_of, enlarge, recolored, to_mask, to_picture, to_tensor, with_colors_of
from engine.touch import PaintSheet, touch
from engine.vgg19 import Encoder


class Studio:
    """Sets a painting up at each of its scales. Canvases are (1, 3, H, W) in the recipe's range."""

    def __init__(
        self, request: StylizeRequest, recipe: Recipe, encoder: Encoder, memory: int
    ) -> None:
        """Take the bytes of memory to stay within."""
        self._memory = memory
        self._request = request
        self._recipe = recipe
        self._encoder = encoder
        # Two styles with a mask share the canvas out between them, cell by cell.
        self._divided = request.mask is not None and len(request.styles) > 1

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
        canvas = canvas[:, :, : scale.height, : scale.width].clamp(0, 1)
        keeps_photograph = self._request.mask is not None and not self._divided
        if self._request.settings.keep_colors or keeps_photograph:
            content = to_tensor(self._request.content, scale.size, canvas.device)
            if self._request.settings.keep_colors:
                canvas = with_colors_of(content, canvas)
            if keeps_photograph:
                canvas = torch.lerp(
                    content, canvas, self._mask(scale)[:, :, : scale.height, : scale.width]
                )
        return to_picture(canvas)

    def touched(self, canvas: Tensor, scale: Scale, neighbours: Tensor) -> Tensor:
        """The finished canvas in the styles' own paint."""
        matching, seed = self._matching, self._request.settings.seed
        cell = cell_side(scale.canvas)
        sheet = PaintSheet(self._style_canvases(scale), cell)
        canvas = canvas.clamp(0, 1)
        detail = detail_of(self._recolored(self._content_canvas(scale), scale), cell)
        light = F.interpolate(detail, canvas.shape[2:], mode="bilinear", align_corners=False)

        def in_paint_of(style: int | None) -> Tensor:
            return touch(
                canvas, sheet, neighbours, cell, style=style, light=matching.light * light, seed=seed
            )

        if not self._divided:
            return in_paint_of(None)
        return torch.lerp(in_paint_of(1), in_paint_of(0), self._mask(scale))

    @property
    def _matching(self) -> Matching:
        assert self._recipe.matching is not None
        return self._recipe.matching

    def _start(self, scale: Scale) -> Tensor:
        """What a scale would start from, without noise."""
        content = self._content_canvas(scale)
        if self._recipe.start == "noise":
            return torch.full_like(content, 0.5)
        if self._recipe.start == "recolored":
            return self._recolored(content, scale)
        return content

    def _recolored(self, content: Tensor, scale: Scale) -> Tensor:
        """The content in the styles' colours."""
        styles = self._style_canvases(scale)
        if self._divided:
            first, second = (recolored(content, style) for style in styles)
            return torch.lerp(second, first, self._mask(scale))
        shares = self._style_weights(scale)
        parts = [share * recolored(content, one) for share, one in zip(shares, styles, strict=True)]
        return torch.stack(parts).sum(0)

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
        styles = self._style_canvases(scale)
        sums = [self._style_sums(encoder, style, plan.block_side) for style in styles]
        numbers = blend([style_numbers(recipe, one) for one in sums], self._style_weights(scale))
        if recipe.matching is None:
            content = self._content(encoder, self._content_canvas(scale), plan)
            return Objective(recipe, content, numbers), None
        targets, found = self._matched(scale, encoder, plan, canvas, styles, neighbours)
        return Objective(recipe, KeptContent(targets), numbers), found

    def _matched(
        self,
        scale: Scale,
        encoder: Encoder,
        plan: Plan,
        canvas: Tensor,
        styles: list[Tensor],
        neighbours: Tensor | None,
    ) -> tuple[dict[str, Tensor], Tensor]:
        """The features of the canvas's neighbours in the styles, and which cells they are."""
        matching, recipe = self._matching, self._recipe
        cell, fitted = cell_side(scale.canvas), tuple(recipe.content_taps)
        taps = {*fitted, *matching.compared}

        def features(picture: Tensor, taps: Collection[str]) -> dict[str, Tensor]:
            return self._features(encoder, picture, taps, plan.block_side)

        cells = StyleCells(
            [features(style, taps) for style in styles],
            cell,
            matching.compared,
            fitted,
            self._request.settings.seed,
        )
        content = self._recolored(self._content_canvas(scale), scale)
        if neighbours is None:
            mixed = torch.lerp(canvas, content, between(matching.fidelity, scale.place))
            region = self._cells_of_first(scale, cell) if self._divided else None
            weights = self._request.settings.style_weights
            compared = features(mixed, matching.compared)
            neighbours = cells.find(compared, region, weights, matching.crowding)
        targets = cells.targets(neighbours, canvas.shape[2] // cell)
        share = between(matching.content_share, scale.place)
        if share:
            detail = share * detail_of(content, cell)
            for tap, own in features(content, matching.content_taps).items():
                weight = F.interpolate(detail, own.shape[2:], mode="bilinear", align_corners=False)
                targets[tap].lerp_(own, weight.to(own.dtype))
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

    def _content_canvas(self, scale: Scale) -> Tensor:
        """The content at a scale; what the canvas has more is filled with its reflection."""
        pixels = self._tensor_of(self._request.content, scale.size)
        return filled_up(pixels, scale.canvas)

    def _style_canvases(self, scale: Scale) -> list[Tensor]:
        """The styles at the scale of their strokes."""
        sizes = style_sizes(self._request, scale)
        return [
            self._tensor_of(style, size)
            for style, size in zip(self._request.styles, sizes, strict=True)
        ]

    def _style_weights(self, scale: Scale) -> list[float]:
        """The share of the canvas that each style is to have; they add up to one."""
        if self._divided:
            first = float(self._mask(scale).mean())
            return [first, 1 - first]
        weights = self._request.settings.style_weights
        return [weight / sum(weights) for weight in weights]

    def _mask(self, scale: Scale) -> Tensor:
        """The mask at a scale, (1, 1, H, W) in [0, 1]."""
        assert self._request.mask is not None
        mask = to_mask(self._request.mask, scale.size, self._encoder.device.torch_device)
        return filled_up(mask, scale.canvas)

    def _cells_of_first(self, scale: Scale, cell: int) -> Tensor:
        """Which cells of the canvas the first style paints, (cells,) bool."""
        return (F.avg_pool2d(self._mask(scale), cell) >= 0.5).flatten()

    def _tensor_of(self, picture: Image.Image, size: tuple[int, int]) -> Tensor:
        device = self._encoder.device.torch_device
        pixels = to_tensor(picture, size, device, self._recipe.resampling)
        return pixels if self._recipe.canvas == "rgb" else pixels * 2 - 1


def between(ends: tuple[float, float], place: float) -> float:
    """The number at a place between two, 0 the first and 1 the second."""
    return ends[0] + (ends[1] - ends[0]) * place


def filled_up(picture: Tensor, size: tuple[int, int]) -> Tensor:
    """(1, C, H, W) filled up to (width, height) with its reflection."""
    _, _, height, width = picture.shape
    missing = (0, size[0] - width, 0, size[1] - height)
    return F.pad(picture, missing, mode="reflect") if any(missing) else picture
