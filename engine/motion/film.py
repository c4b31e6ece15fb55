"""Paints a clip, frame after frame."""

import time
from collections.abc import Callable
from dataclasses import replace

from PIL.Image import Image

from engine.errors import Stopped
from engine.motion.clip import Clip, FilmProgress
from engine.motion.closing import closed
from engine.motion.painter import FilmPainter, Painted
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
    """A painter of frames like the content of a request, whose first frames `stylize` paints."""

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
) -> Clip:
    """Paint every frame of a clip, the size of the first.

    `should_stop` is asked during each frame; where it says yes after the first, the frames that are
    done are handed over. Raises as `engine.motion.painter.FilmPainter` does.
    """
    like = StylizeRequest(clip.frames[0], styles, settings)
    painter = film_painter(like, encoder, memory=memory, should_stop=should_stop)
    total = len(clip.frames)
    done: list[Painted] = []
    pictures: list[Image] = []
    marks = [time.monotonic()]
    for frame in clip.frames:
        try:
            picture, painted = painter.paint(frame, done[-1] if done else None)
        except Stopped:
            if not done:
                raise
            break
        done.append(painted)
        pictures.append(picture)
        marks.append(time.monotonic())
        if on_progress:
            # The first frame takes several times as long as the later ones.
            each = marks[-1] - marks[-2] if len(done) > 1 else (marks[1] - marks[0]) / 4
            passed = marks[-1] - marks[0]
            on_progress(FilmProgress(len(done), total, passed, each * (total - len(done)), picture))
    if clip.loops and len(done) == total:
        canvases = closed([one.content for one in done], [one.canvas for one in done])
        pictures = [
            painter.picture(frame, canvas)
            for frame, canvas in zip(clip.frames, canvases, strict=True)
        ]
    return replace(clip, frames=pictures, seconds=clip.seconds[: len(pictures)])
