"""The recipe: a content picture, repainted in the style of others. Reads from top to bottom.

Source: Gatys, Ecker and Bethge, arXiv 1508.06576, for the idea; `engine.presets` for what each
preset makes of it.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PIL.Image import Image, Resampling

from engine.checkpoint import CheckpointWriter, Saved, fingerprint, read_checkpoint
from engine.errors import Stopped
from engine.logbook import Logbook
from engine.memory import plan_memory, room_for
from engine.presets import check_mask, settle
from engine.request import Painting, PaintOutcome, Progress, StylizeRequest
from engine.scales import Scale, plan_scales, style_sizes
from engine.step import Stepper
from engine.studio import Studio, in_order
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

    `on_progress` is called after every step, or every second one on a graphics card;
    `should_stop` is asked as often, and where it says yes the checkpoint is written, if there is
    one, and Stopped is raised. `resume` names a checkpoint of the same request to go on from.
    `on_fault` is told where a checkpoint cannot be written, and the painting goes on without; None
    raises OutputRejected. `memory` is a limit in bytes, of this process or of the graphics card;
    None takes what is free. A picture that does not fit as a whole is painted in blocks.

    Raises RequestRejected, OutOfMemory, CheckpointRejected, OutputRejected, Stopped, and
    PaintingFailed where losses stay infinite even in FP32.
    """
    # What is to be done: a recipe, and the sizes on the way with their steps.
    check_mask(request)
    request = in_order(request)
    recipe, _, steps = settle(request.settings)
    scales = plan_scales(request)
    room = room_for(encoder.device, memory)
    # Raises OutOfMemory now rather than at the last scale; the plan itself is not needed.
    plan_memory(scales[-1].canvas, encoder.device, recipe, room, style_sizes(request, scales[-1]))
    studio = Studio(request, recipe, encoder, room, scales[-1])

    # Where to begin: at the coarsest scale, or where a checkpoint ends.
    mark = fingerprint(request, encoder.description)
    saved = read_checkpoint(resume, mark) if resume else None
    log = Logbook(scales, saved.log if saved else None)
    writer = CheckpointWriter(checkpoint, log.step, on_fault=on_fault) if checkpoint else None
    canvas = saved.stepper["canvas"] if saved else studio.first_canvas(scales[0])
    neighbours = saved.stepper.get("neighbours") if saved else None

    for number in range(log.scale, len(scales)):
        # One scale: its targets are fixed, its canvas is what the one before left. Only the first
        # of this run goes on from the checkpoint.
        scale = scales[number]
        stepper = studio.stepper(scale, canvas, neighbours)
        if saved:
            stepper.restore(saved.stepper)
            saved = None
        log.begin(number)

        # The steps.
        while log.steps_left:
            stopping = should_stop is not None and should_stop()
            if writer and (stopping or writer.due(log.step, stepper.state())):
                saved_now = Saved(mark, stepper.state(), log.state())
                writer.write(log.step, saved_now, is_last=stopping)
            if stopping:
                raise Stopped(f"Stopped after step {log.step} of {steps}.")
            for reading in stepper.take(log.steps_left):
                log.add(reading)
            if on_progress and not log.is_finished:  # the last step is told after the last touch
                on_progress(log.progress(partial(_preview, studio, stepper, scale)))
        finished, last_neighbours = stepper.result(), stepper.neighbours
        canvas, neighbours = studio.clip_and_crop(finished, scale), None
        del stepper  # its memory is the next one's

    # The last touch, which the last step's preview shows too.
    touched = studio.finished(finished, scales[-1], last_neighbours)
    picture = studio.picture(touched, scales[-1])
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
    return studio.picture(stepper.result(), scale)


def _with_alpha(picture: Image, alpha: Image | None) -> Image:
    """The painting as transparent as `alpha`, where that is given."""
    if alpha is None:
        return picture
    kept = picture.copy()
    kept.putalpha(alpha.resize(picture.size, Resampling.LANCZOS))
    return kept
