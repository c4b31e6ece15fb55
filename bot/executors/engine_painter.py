"""Paints orders with the engine. Imported in engine processes only, because it imports torch."""

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from PIL import Image

from bot.executors.contract import PaintOrder
from bot.executors.engine_process import EngineSetup
from engine import saving
from engine.decoding.pictures import PictureReader
from engine.device import share_cores
from engine.errors import CheckpointRejected, PaintingFailed, RequestRejected, Sentence
from engine.ground import split
from engine.motion.clip import LARGEST_SIDE as LARGEST_FRAME
from engine.motion.clip import FilmProgress
from engine.motion.film import paint_film
from engine.motion.writing import write_film
from engine.picture_limits import OWN_LIMITS
from engine.presets import settle
from engine.request import (
    Losses,
    PaintOutcome,
    PaintSettings,
    Progress,
    StylizeRequest,
    Surroundings,
)
from engine.scales import pixels_wanted
from engine.stylize import stylize
from engine.timelapse import film
from engine.vgg19 import Encoder, load_encoder

log = logging.getLogger(__name__)

WARM_UP_SIDE = 64  # pixels
WARM_UP_STEPS = 4
NO_LOSSES = Losses(0.0, 0.0, 0.0)  # of a film: each of its frames has its own

T = TypeVar("T")


def load_painter(setup: EngineSetup) -> "EnginePainter":
    """Load the weights and paint something small, so that the first order is as fast as others."""
    encoder = load_encoder(setup.weights, setup.device, setup.precision)
    share_cores(encoder.device, setup.processes)
    painter = EnginePainter(encoder)
    painter.warm_up()
    return painter


class EnginePainter:
    """A VGG-19 on one device."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._reader = PictureReader()

    @property
    def device(self) -> str:
        """What it paints on, such as "cuda:0 (NVIDIA H100)"."""
        return self._encoder.device.name

    def warm_up(self) -> None:
        """Load libraries, choose kernels and fill memory pools."""
        picture = Image.linear_gradient("L").convert("RGB").resize((WARM_UP_SIDE, WARM_UP_SIDE))
        stylize(
            StylizeRequest(
                picture, (picture,), PaintSettings(size=WARM_UP_SIDE, steps=WARM_UP_STEPS)
            ),
            self._encoder,
        )

    def paint(
        self,
        order: PaintOrder,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> PaintOutcome:
        """Paint an order and write its files. Raises `engine.errors.EngineError`."""
        if order.film:
            return self._paint_film(order, on_progress, should_stop)
        notes: list[Sentence] = []
        read = partial(self._read, order.settings, notes, should_stop)
        content, alpha = split(
            read(order.content, "The content picture", with_alpha=True), order.settings.keep_alpha
        )
        request = StylizeRequest(
            content=content,
            styles=tuple(read(style, "The style picture") for style in order.styles),
            settings=order.settings,
            mask=read(order.mask, "The mask") if order.mask else None,
            alpha=alpha,
            surroundings=_surroundings(order, read),
        )
        with ExitStack() as stack:
            watchers = [on_progress]
            if order.timelapse:
                watchers.append(stack.enter_context(film(order.timelapse, request)))

            def watch(progress: Progress) -> None:
                for watcher in watchers:
                    watcher(progress)

            paint = partial(
                stylize,
                request,
                self._encoder,
                on_progress=watch,
                should_stop=should_stop,
                checkpoint=order.checkpoint,
                on_fault=log.warning,
            )
            painting = _paint_from_checkpoint(paint, order)
        saving.save(painting.picture, order.result)
        return replace(
            painting.outcome, notes=tuple(notes), wordings=tuple(note.wording for note in notes)
        )

    def _read(
        self,
        settings: PaintSettings,
        notes: list[Sentence],
        should_stop: Callable[[], bool],
        path: Path,
        name: str,
        *,
        with_alpha: bool = False,
    ) -> Image.Image:
        # Bytes, not the path: the engine's error must not show the host's folders to a member.
        # The intake has checked these pictures against the host's own limits.
        return self._reader.decode(
            path.read_bytes(),
            OWN_LIMITS,
            name,
            should_stop,
            pixels_wanted(settings),
            with_alpha=with_alpha,
            tell=notes.append,
        )

    def _paint_film(
        self,
        order: PaintOrder,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> PaintOutcome:
        notes: list[Sentence] = []
        settings, film_settings = order.settings, order.settings.film
        if order.film is None or film_settings is None:
            raise RequestRejected("This order has no film.")
        _, size, steps = settle(settings)
        clip = self._reader.decode_film(
            order.content.read_bytes(),
            min(size, LARGEST_FRAME),
            OWN_LIMITS,
            "The content picture",
            should_stop,
            seconds=film_settings.seconds,
            most=film_settings.frames,
            tell=notes.append,
        )
        read = partial(self._read, settings, notes, should_stop)
        styles = tuple(read(style, "The style picture") for style in order.styles)

        def report(progress: FilmProgress) -> None:
            on_progress(
                Progress(
                    progress.frame,
                    progress.total_frames,
                    NO_LOSSES,
                    progress.seconds,
                    progress.seconds_left,
                    progress.picture.copy,
                )
            )

        began = time.monotonic()
        painted = _paint_from_checkpoint(
            partial(
                paint_film,
                clip,
                styles,
                settings,
                self._encoder,
                on_progress=report,
                should_stop=should_stop,
                checkpoint=order.checkpoint,
                on_fault=log.warning,
            ),
            order,
        )
        seconds = time.monotonic() - began
        saving.save(painted.frames[0], order.result)
        write_film(painted, order.film)
        is_complete = len(painted.frames) == len(clip.frames)
        if order.animation and is_complete:
            write_film(painted, order.animation)
        elif order.animation:
            order.animation.touch()
        width, height = painted.frames[0].size
        return PaintOutcome(
            width=width,
            height=height,
            preset=settings.preset,
            steps=steps,
            losses=NO_LOSSES,
            seconds=seconds,
            device=self._encoder.device.name,
            precision=self._encoder.device.precision,
            weights=self._encoder.description,
            seed=settings.seed,
            notes=tuple(notes),
            wordings=tuple(note.wording for note in notes),
            frames=len(painted.frames),
            frames_asked=len(clip.frames),
        )


def _paint_from_checkpoint(paint: Callable[..., T], order: PaintOrder) -> T:
    """Resume from the order's checkpoint.

    Paint anew without one, where it does not fit, and where no step can be taken from it: a damaged
    disk, or a worker, may have put any numbers into it.
    """
    resume = order.resume if order.resume and order.resume.exists() else None
    if resume is not None:
        try:
            return paint(resume=resume)
        except (CheckpointRejected, PaintingFailed) as error:
            log.warning("the painting begins anew: %s", error)
    # Outside of the exception handler: the error keeps alive what the first try has made.
    return paint()


def _surroundings(
    order: PaintOrder, read: Callable[[Path, str], Image.Image]
) -> Surroundings | None:
    if order.surroundings is None:
        return None
    paint, paint_mask, whole = (
        read(path, Sentence("A picture of the mural")) for path in order.surroundings
    )
    return Surroundings(paint, paint_mask.convert("L"), whole)
