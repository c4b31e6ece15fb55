"""Paints the frames of a film one after the other, each from the one before.

Where the motion is sure (`engine.motion.flow`) the paint moves along and the strokes stay what they
were; elsewhere strokes are found anew. Only the finest scale is painted after the first frame of a
shot. After Ruder, Dosovitskiy and Brox, arXiv 1604.08610, with strokes (`engine.neighbours`) in
place of their temporal loss.
"""

from collections.abc import Callable
from dataclasses import replace

import torch
import torch.nn.functional as F
from PIL.Image import Image
from torch import Tensor

from engine.canvases import filled_up
from engine.errors import RequestRejected, Stopped
from engine.memory import Plan, budget_for
from engine.motion.flow import Motion, motion_between
from engine.motion.strokes import Painted, StylePlaces, carried
from engine.presets import Matching, settle, with_matching
from engine.request import StylizeRequest
from engine.scales import Scale, plan_scales
from engine.studio import Studio, with_sorted_styles
from engine.targets import StylesSeen
from engine.tensors import to_tensor
from engine.vgg19 import Encoder

CPU = torch.device("cpu")
STEPS = 5  # of each frame after the first of its shot
HOLD = 0.75  # of the paint of the frame before, where that is sure: more is calmer, and softer


class FilmPainter:
    """Paints frames of one size in the same styles. Raises as `paint_first` does."""

    def __init__(
        self,
        like: StylizeRequest,
        encoder: Encoder,
        paint_first: Callable[[StylizeRequest], Image],
        *,
        memory: int | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> None:
        """Take the styles and settings of a request; its content is the first frame.

        `paint_first` paints the first frame of a shot as a picture of its own.

        Raises RequestRejected for a mask and for presets without strokes.
        """
        recipe, _, _ = settle(like.settings)
        if recipe.matching is None:
            raise RequestRejected(
                "The preset {preset} paints single pictures: choose one of {presets} for a film.",
                preset=like.settings.preset,
                presets=with_matching(),
            )
        if like.mask is not None:
            raise RequestRejected("A mask goes with a single picture, not with a film.")
        like = with_sorted_styles(like)
        self._like = like
        self._recipe = recipe
        self._matching: Matching = recipe.matching
        self._encoder = encoder
        self._memory_budget = budget_for(encoder.device, memory)
        self._paint_first = paint_first
        self._should_stop = should_stop
        self._scale: Scale = replace(plan_scales(like)[-1], steps=STEPS)
        self._styles: StylesSeen | None = None

    def paint(self, frame: Image, before: Painted | None) -> tuple[Image, Painted]:
        """Paint the next frame. Without one before, or after a cut, it begins a shot.

        Returns the picture, and what the frame after it needs.
        """
        studio = self._studio(frame)
        content = studio.canvases.content(self._scale).to(CPU)
        motion = motion_between(before.content, content) if before is not None else None
        if before is None or motion is None or motion.is_cut:
            painted = self._first(frame, studio, content)
        else:
            painted = self._next(studio, content, before, motion)
        return studio.picture(painted.canvas, self._scale), painted

    def picture(self, frame: Image, canvas: Tensor) -> Image:
        """The picture of a painted canvas of a frame, in its colours where they are kept."""
        return self._studio(frame).picture(canvas, self._scale)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of each picture."""
        return self._scale.size

    def can_have_painted(self, painted: Painted) -> bool:
        """Whether a frame that was read from a file can be one of this painter's."""
        width, height = self._scale.canvas
        content, canvas, places = painted.content, painted.canvas, painted.places
        return (
            content.shape == canvas.shape == (1, 3, height, width)
            and places.shape == (3, *self._rows_and_columns)
            and all(one.dtype == torch.float32 for one in (content, canvas, places))
            and all(bool(one.isfinite().all()) for one in (content, canvas, places))
            and 0 <= int(places[0].min()) <= int(places[0].max()) < len(self._like.styles)
        )

    def _studio(self, frame: Image) -> Studio:
        request = replace(self._like, content=frame)
        return Studio(request, self._recipe, self._encoder, self._memory_budget, self._scale)

    def _first(self, frame: Image, studio: Studio, content: Tensor) -> Painted:
        """Paint a frame as a picture of its own, coarse to fine."""
        # the colours are given back, if they are to be kept, once the canvas is a picture
        settings = replace(self._like.settings, keep_colors=False)
        request = replace(self._like, content=frame, settings=settings)
        picture = self._paint_first(request)
        canvas = filled_up(to_tensor(picture, self._scale.size, CPU), self._scale.canvas)
        numbers = self._search(studio, canvas)
        places = self._style_places(studio).of(numbers).view(3, *self._rows_and_columns)
        return Painted(content, canvas, places)

    def _next(self, studio: Studio, content: Tensor, before: Painted, motion: Motion) -> Painted:
        """Paint a frame from the one before, along the motion between them."""
        scale, style_places = self._scale, self._style_places(studio)
        sure = _softened(motion.sure)
        moved = motion.carry(before.canvas).clamp(0, 1)

        # The strokes: those of before where their motion is sure and ends inside the style, else
        # found anew.
        found = self._search(
            studio, torch.lerp(studio.canvases.recolored(scale).to(CPU), moved, sure)
        ).view(self._rows_and_columns)
        moved_places, is_sure = carried(before.places, motion, scale.cell)
        moved_numbers, is_inside = style_places.numbers(moved_places)
        stays = is_sure & is_inside
        numbers = torch.where(stays, moved_numbers, found)
        places = torch.where(stays, moved_places, style_places.of(found))

        # The canvas: the paint of before moved along; elsewhere the last touch, as a first coat.
        device = self._encoder.device.torch_device
        coat = studio.last_touch(
            studio.canvases.recolored(scale), scale, found.flatten().to(device)
        )
        start = torch.lerp(coat.to(CPU), moved, sure)
        stepper = studio.stepper(
            scale, start, numbers.flatten().to(device), self._styles_seen(studio)
        )
        steps_left = scale.steps
        while steps_left:
            if self._should_stop and self._should_stop():
                raise Stopped("The film was stopped.")
            steps_left -= len(stepper.take(steps_left))
        canvas = studio.last_touch(stepper.canvas, scale, stepper.neighbours).to(CPU)
        return Painted(content, torch.lerp(canvas, moved, HOLD * sure), places)

    def _search(self, studio: Studio, canvas: Tensor) -> Tensor:
        """The neighbours of a canvas's cells, (cells,) int64 on the CPU."""
        device = self._encoder.device.torch_device
        cells = self._styles_seen(studio).cells
        assert cells is not None  # noqa: S101 - a recipe with matching has them

        def search(plan: Plan) -> Tensor:
            content = studio.canvases.recolored(self._scale)
            targets = studio.targets(self._scale, plan)
            return targets.search(self._matching, cells, canvas.to(device), content).to(CPU)

        return studio.within_memory(search, self._scale)

    def _styles_seen(self, studio: Studio) -> StylesSeen:
        """The styles' features, seen once for all frames."""

        def see(plan: Plan) -> StylesSeen:
            return studio.targets(self._scale, plan).see_styles()

        if self._styles is None:
            self._styles = studio.within_memory(see, self._scale)
        return self._styles

    def _style_places(self, studio: Studio) -> StylePlaces:
        return StylePlaces(studio.canvases.styles(self._scale), self._scale.cell)

    @property
    def _rows_and_columns(self) -> tuple[int, int]:
        width, height = self._scale.canvas
        return height // self._scale.cell, width // self._scale.cell


def _softened(sure: Tensor) -> Tensor:
    """A little less than what is sure, with soft edges."""
    eroded = -F.max_pool2d(-sure, 3, 1, 1)
    return F.avg_pool2d(eroded, 3, 1, 1, count_include_pad=False)
