"""The recipe: a content picture, repainted in the style of others. Reads from top to bottom.

Source: Gatys, Ecker and Bethge, arXiv 1508.06576, for the idea; `engine.presets` for what each
preset makes of it.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from engine.checkpoint import CheckpointWriter, Saved, fingerprint, read_checkpoint
from engine.errors import PaintingFailed, Stopped
from engine.losses import Objective, style_targets
from engine.memory import check_memory
from engine.optimiser import LBFGS, Adam, Optimiser
from engine.presets import Recipe, settle
from engine.request import Losses, Painting, Progress, StylizeRequest
from engine.scales import Scale, fit, plan_scales
from engine.step import Reading, Stepper, see
from engine.tensors import enlarge, to_picture, to_tensor, with_colors_of
from engine.vgg19 import Encoder

CURVE_POINTS = 1000  # a loss curve is thinned to at most this many


@dataclass
class _Record:
    """What has happened so far, over all scales."""

    losses: Losses = field(default_factory=lambda: Losses(math.nan, math.nan, math.nan))
    curve: list[tuple[int, float]] = field(default_factory=list)
    repeated_steps: int = 0
    seconds_before: float = 0.0  # of the runs that this one goes on from
    began: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        return self.seconds_before + time.perf_counter() - self.began


def stylize(
    request: StylizeRequest,
    encoder: Encoder,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    checkpoint: Path | None = None,
    resume: Path | None = None,
) -> Painting:
    """Paint a picture.

    `on_progress` is called after every step, or every second one on a graphics card;
    `should_stop` is asked as often, and where it says yes the checkpoint is written, if there is
    one, and Stopped is raised. `resume` names a checkpoint of the same request to go on from.

    Raises RequestRejected, OutOfMemory, CheckpointRejected, OutputRejected, Stopped, and
    PaintingFailed where losses stay infinite even in FP32.
    """
    # What is to be done: a recipe, and the sizes on the way with their steps.
    recipe, _, steps = settle(request)
    scales = plan_scales(request)
    check_memory(scales[-1].size, encoder.device, recipe)
    starts = [sum(scale.steps for scale in scales[:n]) for n in range(len(scales))]
    mark = fingerprint(request, steps, encoder.description)
    saved = read_checkpoint(resume, mark) if resume else None
    writer = CheckpointWriter(checkpoint) if checkpoint else None
    record = _Record()
    if saved:
        record.losses = Losses(*saved.losses)
        record.curve = list(saved.curve)
        record.repeated_steps = saved.repeated_steps
        record.seconds_before = saved.seconds

    canvas = saved.canvas if saved else _first_canvas(request, scales[0], encoder, recipe)
    for number, scale in list(enumerate(scales))[saved.scale if saved else 0 :]:
        # The targets: both pictures seen once at this size.
        content = _canvas_of(request.content, scale.size, encoder, recipe)
        objective = _objective(request, content, scale, encoder, recipe)
        if not objective.is_finite():
            objective = _objective(request, content, scale, encoder.in_fp32, recipe)

        # The canvas: at first a start of its own, later what the coarser scale left.
        canvas = canvas.to(content.device, copy=True)
        if canvas.shape != content.shape:
            canvas = enlarge(canvas, scale.size)
        optimiser = _optimiser(recipe, canvas)
        stepper = Stepper(encoder, recipe, objective, canvas, optimiser)
        done = 0
        if saved:
            optimiser.restore(saved.optimiser)
            stepper.loss_scale.fill_(saved.loss_scale)
            done, saved = saved.step, None

        # The steps. One that was not finite changed nothing, and is done again in FP32.
        while done < scale.steps:
            stopping = should_stop is not None and should_stop()
            if writer and (stopping or writer.due):
                writer.write(_save(mark, number, done, canvas, optimiser, stepper, record))
            if stopping:
                raise Stopped(f"Stopped after step {starts[number] + done} of {steps}.")
            for reading in stepper.take(scale.steps - done):
                finite = reading if reading.finite else _repeat(stepper, record)
                done += 1
                record.losses = finite.losses
                record.curve.append((starts[number] + done, finite.losses.total))
            if on_progress:
                on_progress(
                    _progress(request, recipe, scales, number, done, optimiser, content, record)
                )
        canvas = optimiser.result()

    return Painting(
        picture=_shown(request, recipe, canvas, content),
        preset=request.preset,
        steps=steps,
        losses=record.losses,
        curve=tuple(_thinned(record.curve)),
        scale_starts=tuple(start + 1 for start in starts),
        seconds=record.seconds,
        device=encoder.device.name,
        precision=encoder.device.precision,
        weights=encoder.description,
        repeated_steps=record.repeated_steps,
        seed=request.seed,
    )


def _canvas_of(
    picture: Image.Image, size: tuple[int, int], encoder: Encoder, recipe: Recipe
) -> Tensor:
    """A picture in the recipe's range."""
    pixels = to_tensor(picture, size, encoder.device.torch_device, recipe.resampling)
    return pixels if recipe.canvas == "rgb" else pixels * 2 - 1


def _objective(
    request: StylizeRequest, content: Tensor, scale: Scale, encoder: Encoder, recipe: Recipe
) -> Objective:
    """What to match: the content's features, and the styles' seen at the size of the painting."""
    seen = []
    for picture in request.styles:
        size = scale.size if not recipe.keeps_aspect else fit(picture.size, scale.long_side)
        seen.append(see(encoder, recipe, _canvas_of(picture, size, encoder, recipe)))
    style = style_targets(recipe, seen, request.style_weights)
    return Objective(recipe, see(encoder, recipe, content), style, request.strength)


def _first_canvas(
    request: StylizeRequest, scale: Scale, encoder: Encoder, recipe: Recipe
) -> Tensor:
    content = _canvas_of(request.content, scale.size, encoder, recipe)
    if recipe.start == "content":
        return content
    # Drawn on the CPU, so that a seed means the same noise on every device.
    noise = torch.randn(content.shape, generator=torch.Generator().manual_seed(request.seed))
    return (0.5 + 0.1 * noise).clamp_(0, 1).to(content.device)


def _optimiser(recipe: Recipe, canvas: Tensor) -> Optimiser:
    if recipe.optimiser == "lbfgs":
        return LBFGS(canvas)
    return Adam(canvas, recipe.learning_rate, averaging=recipe.averaging)


def _repeat(stepper: Stepper, record: _Record) -> Reading:
    record.repeated_steps += 1
    reading = stepper.take_in_fp32()
    if not reading.finite:
        raise PaintingFailed(
            "The painting's loss is not finite, even in FP32: the weights are off."
        )
    return reading


def _shown(request: StylizeRequest, recipe: Recipe, canvas: Tensor, content: Tensor) -> Image.Image:
    """The picture that people see of a canvas."""
    if recipe.canvas == "symmetric":
        canvas, content = (canvas + 1) / 2, (content + 1) / 2
    if request.keep_colors:
        canvas = with_colors_of(content, canvas.clamp(0, 1))
    return to_picture(canvas)


def _progress(
    request: StylizeRequest,
    recipe: Recipe,
    scales: list[Scale],
    number: int,
    done: int,
    optimiser: Optimiser,
    content: Tensor,
    record: _Record,
) -> Progress:
    # Work is counted in pixels: a step's cost is that of its convolutions.
    work = [scale.width * scale.height * scale.steps for scale in scales]
    finished = sum(work[:number]) + work[number] * done / scales[number].steps
    return Progress(
        step=sum(scale.steps for scale in scales[:number]) + done,
        total_steps=sum(scale.steps for scale in scales),
        losses=record.losses,
        seconds=record.seconds,
        seconds_left=record.seconds * (sum(work) / finished - 1),
        preview=lambda: _shown(request, recipe, optimiser.result(), content),
    )


def _save(
    mark: str,
    number: int,
    done: int,
    canvas: Tensor,
    optimiser: Optimiser,
    stepper: Stepper,
    record: _Record,
) -> Saved:
    losses = record.losses
    return Saved(
        fingerprint=mark,
        scale=number,
        step=done,
        canvas=canvas,
        optimiser=optimiser.state(),
        loss_scale=float(stepper.loss_scale),
        losses=(losses.total, losses.content, losses.style),
        curve=record.curve,
        repeated_steps=record.repeated_steps,
        seconds=record.seconds,
    )


def _thinned(curve: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """At most CURVE_POINTS of a curve, the first and the last among them."""
    if len(curve) <= CURVE_POINTS:
        return curve
    stride = (len(curve) - 1) / (CURVE_POINTS - 1)
    return [curve[round(n * stride)] for n in range(CURVE_POINTS)]
