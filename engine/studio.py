"""Builds each scale of a painting (canvas, targets, stepper), and makes pictures of canvases."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import TypeVar

import torch
from PIL import Image
from torch import Tensor

from engine.canvases import Canvases, filled_up
from engine.device import give_back_memory
from engine.errors import CheckpointRejected
from engine.memory import Plan, budget_after, does_not_fit, plan_memory, reduced_budget
from engine.optimiser import LBFGS, Adam, Optimiser
from engine.presets import Recipe
from engine.request import StylizeRequest
from engine.scales import Scale, style_sizes
from engine.seams import blended, frozen
from engine.shortage import ShortageCaught
from engine.step import Stepper
from engine.targets import StylesSeen, Targets
from engine.tensors import detail_of, enlarge, resized, to_picture, with_colors_of
from engine.touch import PaintSheet, touch
from engine.vgg19 import Encoder

CPU = torch.device("cpu")
T = TypeVar("T")


class Studio:
    """Sets up each scale of a painting. Canvases are (1, 3, H, W) in the recipe's range."""

    def __init__(
        self,
        request: StylizeRequest,
        recipe: Recipe,
        encoder: Encoder,
        memory_budget: int,
        finest: Scale,
    ) -> None:
        """`finest` is the last scale, `memory_budget` in bytes."""
        self._memory_budget = memory_budget
        self._request = request
        self._recipe = recipe
        self._encoder = encoder
        self._canvases = Canvases(request, recipe, finest, encoder.device.torch_device)

    @property
    def canvases(self) -> Canvases:
        """The request's pictures as tensors."""
        return self._canvases

    def first_canvas(self, scale: Scale) -> Tensor:
        """What the painting starts from, with noise drawn from its seed.

        On the CPU, because there a seed gives the same noise on every machine.
        """
        canvases = self._canvases.on(CPU)
        start = self._start(scale, canvases)
        if self._recipe.noise:
            generator = torch.Generator().manual_seed(self._request.settings.seed)
            noise = torch.randn(start.shape, generator=generator)
            black, white = self._recipe.pixel_range
            start = (start + self._recipe.noise * (white - black) * noise).clamp_(black, white)
        return canvases.with_frozen_paint(start, scale)

    def _start(self, scale: Scale, canvases: Canvases) -> Tensor:
        """What the painting starts from, before noise is added."""
        if self._recipe.start == "noise":
            return torch.full_like(
                canvases.content(scale), sum(self._recipe.pixel_range) / 2
            )  # grey
        if self._recipe.start == "recolored":
            return canvases.recolored(scale)
        return canvases.content(scale)

    def stepper(
        self,
        scale: Scale,
        canvas: Tensor,
        neighbours: Tensor | None = None,
        styles_seen: StylesSeen | None = None,
    ) -> Stepper:
        """The stepper of a scale, with the first plan of memory that fits.

        `canvas` is this scale's, or what `clip_and_crop` gave of the previous scale's; that is
        enlarged. `neighbours` say which cell of the styles each cell of the canvas is like;
        with None they are searched for. `styles_seen` are what another painting computed of the
        styles at this scale; with None it is computed.

        Raises OutOfMemory where no plan fits.
        """
        give_back_memory()  # what torch cached for the sizes of the previous scale
        make = partial(self._stepper, scale, canvas, neighbours, styles_seen)
        return self.within_memory(make, scale)

    def within_memory(self, make: Callable[[Plan], T], scale: Scale) -> T:
        """What `make` makes by the first plan of memory for a scale that fits.

        Raises OutOfMemory where none does.
        """
        budget, device, recipe = self._memory_budget, self._encoder.device, self._recipe
        styles = style_sizes(self._request, scale)
        while True:
            plan = plan_memory(scale.canvas, device, recipe, budget, styles)
            with ShortageCaught():  # where memory runs out, it goes on below
                return make(plan)
            give_back_memory()
            # The next plan needs less; OutOfMemory is raised where there is none.
            budget = budget_after(scale.canvas, device, recipe, plan, styles)

    def resumed(self, scale: Scale, state: Mapping[str, Tensor]) -> Stepper:
        """The stepper of a scale, restored to what `Stepper.state()` of an earlier one gave.

        Raises OutOfMemory, and CheckpointRejected where it is no state of this scale.
        """
        canvas, neighbours = state.get("canvas"), state.get("neighbours")
        if canvas is None or not self._is_state_of(scale, canvas, neighbours):
            raise CheckpointRejected("The checkpoint's canvas is damaged: begin anew.")
        stepper = self.stepper(scale, canvas, neighbours)
        stepper.restore(state)
        return stepper

    def _is_state_of(self, scale: Scale, canvas: Tensor, neighbours: Tensor | None) -> bool:
        """Whether a canvas and the neighbours of its cells can be those of a scale."""
        width, height = scale.canvas
        if canvas.dtype != torch.float32 or canvas.shape != (1, 3, height, width):
            return False
        if not bool(canvas.isfinite().all()):
            return False
        if self._recipe.matching is None or neighbours is None:
            return self._recipe.matching is None and neighbours is None
        area = scale.cell**2
        cells = sum(across * down for across, down in style_sizes(self._request, scale)) // area
        return (
            neighbours.shape == (width * height // area,)
            and neighbours.dtype == torch.int64
            and int(neighbours.min()) >= 0
            and int(neighbours.max()) < cells
        )

    def _stepper(
        self,
        scale: Scale,
        canvas: Tensor,
        neighbours: Tensor | None,
        styles_seen: StylesSeen | None,
        plan: Plan,
    ) -> Stepper:
        """The stepper of a scale by one plan of memory; see `stepper`."""
        device = self._encoder.device.torch_device
        canvas = canvas.to(device, copy=True)
        if neighbours is not None:
            neighbours = neighbours.to(device)
        width, height = scale.canvas
        if canvas.shape[2:] != (height, width):  # it is the previous scale's
            canvas = enlarge(canvas, scale.size).clamp_(*self._recipe.pixel_range)
            canvas = filled_up(canvas, scale.canvas)
            canvas = self._canvases.with_frozen_paint(canvas, scale)
        targets = self.targets(scale, plan)
        objective, neighbours_used = targets.objective(canvas, neighbours, styles_seen)
        # Where features are extreme, targets overflow in FP16: all of them, the styles' too, are
        # computed again in FP32. The stepper deals with overflows of losses and gradients.
        if not objective.is_finite():
            targets = self.targets(scale, plan, self._encoder.in_fp32)
            objective, neighbours_used = targets.objective(canvas, neighbours)
        give_back_memory()  # what making the targets took
        paint_mask = self._canvases.paint_mask(scale)
        return Stepper(
            encoder=self._encoder,
            recipe=self._recipe,
            objective=objective,
            plan=plan,
            canvas=canvas,
            optimiser=self._optimiser(canvas, plan),
            memory_budget=self._memory_budget,
            steps=scale.steps,
            neighbours=neighbours_used,
            frozen=None if paint_mask is None else frozen(paint_mask),
        )

    def _optimiser(self, canvas: Tensor, plan: Plan) -> Optimiser:
        if self._recipe.optimiser == "lbfgs":
            return LBFGS(canvas, history=plan.history)
        return Adam(canvas, self._recipe.learning_rate)

    def targets(self, scale: Scale, plan: Plan, encoder: Encoder | None = None) -> Targets:
        """What a canvas is to match at a scale, by `encoder` or the painting's own."""
        return Targets(
            canvases=self._canvases,
            recipe=self._recipe,
            settings=self._request.settings,
            scale=scale,
            encoder=encoder or self._encoder,
            plan=plan,
        )

    def picture(self, canvas: Tensor, scale: Scale) -> Image.Image:
        """The picture of a canvas, as people see it.

        With `keep_colors` it has the content's colours. Where the mask is black it shows the
        content, and where the surroundings' mask is white their paint.

        Raises OutOfMemory.
        """

        def make(canvases: Canvases, canvas: Tensor) -> Image.Image:
            canvas = self._in_rgb(canvas).clamp(0, 1)
            if self._request.settings.keep_colors:
                canvas = with_colors_of(self._in_rgb(canvases.content(scale)), canvas)
            if canvases.keeps_content:
                content = self._in_rgb(canvases.content(scale))
                canvas = torch.lerp(content, canvas, canvases.mask(scale))
            paint_mask = canvases.paint_mask(scale)
            if paint_mask is not None:
                canvas = blended(canvas, self._in_rgb(canvases.paint(scale)), paint_mask)
            return to_picture(canvas[:, :, : scale.height, : scale.width])

        return self._on_device_or_cpu(make, canvas, scale)

    def _on_device_or_cpu(
        self, make: Callable[[Canvases, Tensor], T], canvas: Tensor, scale: Scale
    ) -> T:
        """What `make` makes of a canvas: on the device or, where memory runs out there, on the CPU.

        Raises OutOfMemory where it runs out on the CPU too.
        """
        for device in (self._encoder.device.torch_device, CPU):
            with ShortageCaught():
                return make(self._canvases.on(device), canvas.to(device))
            give_back_memory()  # memory ran out here
        budget = reduced_budget(self._memory_budget)
        raise does_not_fit(scale.canvas, self._encoder.device, self._recipe, budget)

    def _in_rgb(self, canvas: Tensor) -> Tensor:
        """A canvas with pixels in [0, 1]."""
        return (canvas + 1) / 2 if self._recipe.canvas == "symmetric" else canvas

    def clip_and_crop(self, canvas: Tensor, scale: Scale) -> Tensor:
        """Cut off the margin that gives a canvas whole cells, and clip it to the recipe's range.

        The next scale goes on from that. `canvas` itself is changed, and a view of it returned,
        because a copy would take memory.
        """
        return canvas[:, :, : scale.height, : scale.width].clamp_(*self._recipe.pixel_range)

    def last_touch(self, canvas: Tensor, scale: Scale, neighbours: Tensor | None) -> Tensor:
        """A finished canvas with patches of the style laid over; as it is without matching.

        Raises OutOfMemory.
        """
        matching, seed = self._recipe.matching, self._request.settings.seed
        if matching is None or neighbours is None:
            return canvas
        cell = scale.cell

        def make(canvases: Canvases, canvas: Tensor) -> Tensor:
            sheet = PaintSheet(canvases.styles(scale), cell)
            corners = sheet.corners[neighbours.to(canvas.device)]
            canvas = canvas.clamp(0, 1)
            detail = detail_of(canvases.recolored(scale), cell)
            light = matching.light * resized(detail, canvas)

            def touched_with(style: int | None) -> Tensor:
                return touch(canvas, sheet, corners, cell, light, style=style, seed=seed)

            if canvases.is_divided:  # style 0 where the mask is white, style 1 elsewhere
                touched = torch.lerp(touched_with(1), touched_with(0), canvases.mask(scale))
            else:
                touched = touched_with(None)
            return torch.lerp(canvas, touched, matching.touch)

        return self._on_device_or_cpu(make, canvas, scale)


def with_sorted_styles(request: StylizeRequest) -> StylizeRequest:
    """The request without styles of weight 0, and the others in the order of their hashes.

    So the painting does not depend on the order in which styles were given. With a mask, which
    says where each style paints, the request stays as it is.
    """
    if request.mask is not None:
        return request
    pairs = zip(request.styles, request.settings.style_weights, strict=True)
    used = [(style, weight) for style, weight in pairs if weight]
    if len(used) > 1:
        used.sort(key=lambda pair: (sha256(pair[0].tobytes()).digest(), pair[1]))
    styles, weights = zip(*used, strict=True)
    return replace(
        request, styles=styles, settings=replace(request.settings, style_weights=weights)
    )
