"""Repaints a content picture in the style of others.

After Gatys, Ecker and Bethge, arXiv 1508.06576. `engine.presets` says how each preset differs from
the paper.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PIL.Image import Image, Resampling

from engine.checkpoint import CheckpointWriter, Saved, fingerprint_of, read_checkpoint
from engine.errors import Stopped
from engine.logbook import Logbook
from engine.memory import budget_for, plan_memory
from engine.presets import check_mask, settle
from engine.request import Painting, PaintOutcome, Progress, StylizeRequest
from engine.scales import Scale, plan_scales, style_sizes
from engine.step import Stepper
from engine.studio import Studio, with_sorted_styles
from engine.vgg19 import Encoder


def stylize(
    request: StylizeRequest,
    encoder: Encoder,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    checkpoint: Path | None = None,
    resume: Path | None = None,
    memory: int | None = None,
    on_fault: Callable[[str], None] | None = None,
) -> Painting:
    """Paint a picture.

    `on_progress` is called after every step, or every second one on a GPU. `should_stop`
    is asked as often; once it says yes, a last checkpoint is written and Stopped is raised.

    `checkpoint` is the file to write checkpoints to, and `resume` a checkpoint of the same request
    to go on from. Where a checkpoint cannot be written, `on_fault` is told and the painting goes
    on without; if that is None, OutputRejected is raised.

    `memory` is a limit in bytes, of this process or of the GPU; None takes what is free.
    A picture that does not fit as a whole is painted in blocks.

    Raises RequestRejected, OutOfMemory, CheckpointRejected, OutputRejected, Stopped, and
    PaintingFailed where losses stay infinite even in FP32.
    """
    # Settle the recipe, and the scales from coarse to fine, each with its steps.
    check_mask(request)
    request = with_sorted_styles(request)
    recipe, _, steps = settle(request.settings)
    scales = plan_scales(request)

    # Raise OutOfMemory now rather than at the last scale. Each scale makes its own plan later.
    finest, memory_budget = scales[-1], budget_for(encoder.device, memory)
    styles = style_sizes(request, finest)
    plan_memory(finest.canvas, encoder.device, recipe, memory_budget, styles)

    # Begin at the coarsest scale, or go on where a checkpoint ends.
    studio = Studio(request, recipe, encoder, memory_budget, finest)
    fingerprint = fingerprint_of(request, encoder.description)
    saved = read_checkpoint(resume, fingerprint) if resume else None
    log = Logbook(scales, saved.log if saved else None)
    writer = CheckpointWriter(checkpoint, log.step, on_fault=on_fault) if checkpoint else None
    scale = scales[log.scale_number]
    if saved:
        stepper = studio.resumed(scale, saved.stepper)
    else:
        stepper = studio.stepper(scale, studio.first_canvas(scale))
    del saved  # frees its memory

    while not log.is_finished:
        # After the last step of a scale, go on at the next one from the same canvas.
        if log.steps_left == 0:
            canvas = studio.clip_and_crop(stepper.canvas, scale)
            del stepper  # frees its memory, which the next one needs
            log.begin_next_scale()
            scale = scales[log.scale_number]
            stepper = studio.stepper(scale, canvas)

        # Stop where that is asked for; write a checkpoint then, and when one is due.
        stopping = should_stop is not None and should_stop()
        if writer and (stopping or writer.due(log.step, stepper.state())):
            state = Saved(fingerprint, stepper.state(), log.state())
            writer.write(log.step, state, is_last=stopping)
        if stopping:
            raise Stopped(f"Stopped after step {log.step} of {steps}.")

        # Take a step, or two on a GPU.
        for reading in stepper.take(log.steps_left):
            log.add(reading)
        if on_progress and not log.is_finished:  # the last step is reported after the last touch
            on_progress(log.progress(partial(_preview, studio, stepper, scale)))

    # Add the last touch: patches of the style itself.
    canvas, neighbours = stepper.canvas, stepper.neighbours
    del stepper  # frees its memory
    picture = studio.picture(studio.last_touch(canvas, scale, neighbours), scale)
    if on_progress:
        on_progress(log.progress(picture.copy))  # a copy: previews are made smaller in place

    outcome = PaintOutcome(
        width=picture.width,
        height=picture.height,
        preset=request.settings.preset,
        steps=steps,
        losses=log.losses,
        seconds=log.seconds,
        device=encoder.device.name,
        precision=encoder.device.precision,
        weights=encoder.description,
        seed=request.settings.seed,
        repeated_steps=log.repeated_steps,
        curve=log.curve(),
        scale_starts=log.scale_starts,
    )
    return Painting(_with_alpha(picture, request.alpha), outcome)


def _preview(studio: Studio, stepper: Stepper, scale: Scale) -> Image:
    return studio.picture(stepper.canvas, scale)


def _with_alpha(picture: Image, alpha: Image | None) -> Image:
    """The painting as transparent as `alpha`, where that is given."""
    if alpha is None:
        return picture
    transparent = picture.copy()
    transparent.putalpha(alpha.resize(picture.size, Resampling.LANCZOS))
    return transparent
