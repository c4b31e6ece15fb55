"""Paints a clip, frame after frame."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PIL.Image import Image

from engine.checkpoint import CheckpointWriter, read_checkpoint
from engine.errors import Stopped
from engine.motion.clip import Clip, FilmProgress
from engine.motion.closing import closed
from engine.motion.painter import FilmPainter
from engine.motion.reel import Reel, fingerprint_of_film
from engine.mp4 import SOUND_RATE
from engine.request import PaintSettings, StylizeRequest
from engine.stylize import stylize
from engine.vgg19 import Encoder


def film_painter(
    like: StylizeRequest,
    encoder: Encoder,
    *,
    memory: int | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> FilmPainter:
    """A painter of frames like the content of a request; `stylize` paints first frames."""

    def paint_first(request: StylizeRequest) -> Image:
        return stylize(request, encoder, should_stop=should_stop, memory=memory).picture

    return FilmPainter(like, encoder, paint_first, memory=memory, should_stop=should_stop)


def paint_film(
    clip: Clip,
    styles: tuple[Image, ...],
    settings: PaintSettings,
    encoder: Encoder,
    *,
    on_progress: Callable[[FilmProgress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    memory: int | None = None,
    checkpoint: Path | None = None,
    resume: Path | None = None,
    on_fault: Callable[[str], None] | None = None,
) -> Clip:
    """Paint every frame of a clip, the size of the first.

    `should_stop` is asked during each frame; where it says yes after the first, the frames that are
    done are handed over, and kept in the checkpoint if there is one. `checkpoint`, `resume` and
    `on_fault` are as of `engine.stylize`; a film goes on at the frame. Raises as
    `engine.motion.painter.FilmPainter` does, and CheckpointRejected.
    """
    like = StylizeRequest(clip.frames[0], styles, settings)
    painter = film_painter(like, encoder, memory=memory, should_stop=should_stop)
    total = len(clip.frames)
    fingerprint = ""
    if checkpoint or resume:
        fingerprint = fingerprint_of_film(clip, like, encoder.description)
    reel = Reel(total, clip.loops)
    if resume:
        reel.restore(read_checkpoint(resume, fingerprint), painter.size, painter.can_have_painted)
    done = len(reel.pictures)
    writer = None
    if checkpoint:
        writer = CheckpointWriter(checkpoint, done, on_fault=on_fault, steps_per_write=1)

    before, began = reel.seconds, time.monotonic()  # of the runs that this one goes on from
    for number in range(done, total):
        started = time.monotonic()
        try:
            picture, painted = painter.paint(clip.frames[number], reel.last)
        except Stopped:
            if writer and reel.last:
                # not as the last: a full disk is reported, and the frames are handed over
                writer.write(number, reel.saved(fingerprint))
            if not reel.last:
                raise
            break
        now = time.monotonic()
        reel.add(picture, painted, before + now - began)
        if writer and writer.due(number + 1, vars(painted)):
            writer.write(number + 1, reel.saved(fingerprint))
        if on_progress:
            # The first frame takes several times as long as the later ones.
            each = now - started if number else (now - started) / 4
            left = each * (total - number - 1)
            on_progress(FilmProgress(number + 1, total, reel.seconds, left, picture))
    return _developed(clip, reel, painter)


def _developed(clip: Clip, reel: Reel, painter: FilmPainter) -> Clip:
    """The painted clip; a loop that is whole is closed."""
    pictures = list(reel.pictures)
    if clip.loops and len(pictures) == len(clip.frames) and reel.tail and reel.first:
        first, tail = reel.first, list(reel.tail.values())
        canvases = closed(
            (first.content, first.canvas),
            [one.content for one in tail],
            [one.canvas for one in tail],
        )
        for number, canvas in zip(reel.tail, canvases, strict=True):
            pictures[number] = painter.picture(clip.frames[number], canvas)
    seconds = clip.seconds[: len(pictures)]
    sound = clip.sound[: 4 * round(sum(seconds) * SOUND_RATE)]
    return replace(clip, frames=pictures, seconds=seconds, sound=sound)
