"""A request on a device: its pictures as canvases, its targets, and the picture that people see."""

from functools import reduce

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from engine.blocks import Block, cut, stride_of
from engine.content import Content, ContentSeenAgain, KeptContent
from engine.device import give_back_memory
from engine.losses import Objective, core_of, style_numbers, style_sums
from engine.memory import Plan, estimate_bytes, plan_memory
from engine.optimiser import LBFGS, Adam, Optimiser
from engine.presets import Recipe
from engine.request import StylizeRequest
from engine.scales import Scale, fit, fit_to_grid, plan_scales
from engine.statistics import Statistics, added, blend
from engine.step import Stepper, see
from engine.tensors import enlarge, recolored, to_picture, to_tensor, with_colors_of
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
        self._sizes = {scale.canvas_size: scale.size for scale in plan_scales(request)}

    def first_canvas(self, scale: Scale) -> Tensor:
        """What the painting starts from, with the seed's noise."""
        start = _padded(self._start(scale.size), scale)
        if not self._recipe.noise:
            return start
        # Drawn on the CPU, so that a seed means the same noise on every device.
        generator = torch.Generator().manual_seed(self._request.settings.seed)
        noise = torch.randn(start.shape, generator=generator).to(start.device)
        return (start + self._recipe.noise * noise).clamp_(0, 1)

    def stepper(self, scale: Scale, canvas: Tensor) -> Stepper:
        """What takes the steps of a scale, from a canvas that another size or device left.

        Raises OutOfMemory where nothing fits.
        """
        room, device, recipe = self._memory, self._encoder.device, self._recipe
        styles = [style.size for style in self._request.styles]
        while True:
            give_back_memory()  # of the scale before: blocks of its sizes are of no use to this one
            plan = plan_memory(scale.canvas_size, device, recipe, room, styles)
            try:
                return self._stepper(scale, canvas, plan)
            except torch.OutOfMemoryError:
                pass  # but not here, where the error holds what was made
            room = estimate_bytes(scale.canvas_size, device, recipe, plan, styles) * 3 // 4

    def _stepper(self, scale: Scale, canvas: Tensor, plan: Plan) -> Stepper:
        objective = self._objective(scale, self._encoder, plan)
        if not objective.is_finite():
            objective = self._objective(scale, self._encoder.in_fp32, plan)
        give_back_memory()  # that the targets took on the way
        canvas = canvas.to(self._encoder.device.torch_device, copy=True)
        if (canvas.shape[3], canvas.shape[2]) != scale.canvas_size:
            canvas = self._enlarged(canvas, scale)
        if self._recipe.optimiser == "lbfgs":
            optimiser: Optimiser = LBFGS(canvas, history=plan.history)
        else:
            rate, averaging = self._recipe.learning_rate, self._recipe.averaging
            optimiser = Adam(canvas, rate, averaging=averaging)
        return Stepper(
            self._encoder, self._recipe, objective, plan, canvas, optimiser, self._memory
        )

    def picture(self, canvas: Tensor) -> Image.Image:
        """The picture of a canvas, in the content's colours where they are to be kept."""
        canvas = self._cropped(canvas)
        if self._recipe.canvas == "symmetric":
            canvas = (canvas + 1) / 2
        if self._request.settings.keep_colors:
            _, _, height, width = canvas.shape
            content = to_tensor(self._request.content, (width, height), canvas.device)
            canvas = with_colors_of(content, canvas.clamp(0, 1))
        return to_picture(canvas)

    def _start(self, size: tuple[int, int]) -> Tensor:
        """What a (width, height) would start from, without noise."""
        start = self._canvas_of(self._request.content, size)
        if self._recipe.start == "noise":
            return torch.full_like(start, 0.5)
        if self._recipe.start == "recolored":
            style = self._request.styles[0]
            return recolored(start, self._canvas_of(style, fit(style.size, max(size))))
        return start

    def _enlarged(self, canvas: Tensor, scale: Scale) -> Tensor:
        """A coarser scale's canvas, with the detail that it had no room for.

        Enlarged alone it would be blurred, and the first steps would go into sharp edges.
        """
        canvas = self._cropped(canvas)
        _, _, height, width = canvas.shape
        coarse = enlarge(self._start((width, height)), scale.size)
        detail = self._start(scale.size).sub_(coarse)
        return _padded(enlarge(canvas, scale.size).add_(detail), scale)

    def _cropped(self, canvas: Tensor) -> Tensor:
        """The part of a canvas that is the picture."""
        size = (canvas.shape[3], canvas.shape[2])
        width, height = self._sizes.get(size, size)
        return canvas[:, :, :height, :width]

    def _objective(self, scale: Scale, encoder: Encoder, plan: Plan) -> Objective:
        """What to match: both pictures seen once, the styles at the size of the painting."""
        recipe, request = self._recipe, self._request
        styles = []
        for picture in request.styles:
            keeps, side = recipe.keeps_aspect, scale.long_side
            size = fit_to_grid(picture.size, side) if keeps else scale.size
            sums = self._style_sums(encoder, self._canvas_of(picture, size), plan.block_side)
            styles.append(style_numbers(recipe, sums))
        targets = blend(styles, request.settings.style_weights)
        canvas = _padded(self._canvas_of(request.content, scale.size), scale)
        content = self._content(encoder, canvas, plan)
        return Objective(recipe, content, targets, request.settings.strength)

    def _style_sums(
        self, encoder: Encoder, canvas: Tensor, block_side: int
    ) -> dict[str, Statistics]:
        recipe, (_, _, height, width) = self._recipe, canvas.shape
        parts = (
            style_sums(recipe, see(encoder, recipe, block.of(canvas)), block)
            for block in cut(height, width, block_side)
        )
        return reduce(added, parts)

    def _content(self, encoder: Encoder, canvas: Tensor, plan: Plan) -> Content:
        """The content's features, kept or to be seen again, as the memory allows."""
        recipe, (_, _, height, width) = self._recipe, canvas.shape

        def cores(block: Block) -> dict[str, Tensor]:
            features = see(encoder, recipe, block.of(canvas), recipe.content_taps)
            return {tap: core_of(features, tap, block) for tap in recipe.content_taps}

        blocks = cut(height, width, plan.block_side)
        if not plan.keeps_content:
            return ContentSeenAgain(cores, blocks)
        whole: dict[str, Tensor] = {}
        for block in blocks:
            for tap, core in cores(block).items():
                if tap not in whole:
                    shape = (1, core.shape[1], height // stride_of(tap), width // stride_of(tap))
                    whole[tap] = core.new_empty(shape).contiguous(memory_format=torch.channels_last)
                whole[tap][block.core_in_picture(tap)] = core
        return KeptContent(whole)

    def _canvas_of(self, picture: Image.Image, size: tuple[int, int]) -> Tensor:
        device = self._encoder.device.torch_device
        pixels = to_tensor(picture, size, device, self._recipe.resampling)
        return pixels if self._recipe.canvas == "rgb" else pixels * 2 - 1


def _padded(pixels: Tensor, scale: Scale) -> Tensor:
    """A picture as the canvas of a scale: its right and lower edges repeated up to the grid."""
    width, height = scale.canvas_size
    right, below = width - pixels.shape[3], height - pixels.shape[2]
    if not (right or below):
        return pixels
    return F.pad(pixels, (0, right, 0, below), mode="replicate")
