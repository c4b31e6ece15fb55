"""Paints orders with the engine. Imported in engine processes only, for it imports torch."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from PIL import Image

from bot.executors.contract import PaintOrder, PaintOutcome
from bot.executors.engine_process import EngineSetup
from engine import images
from engine.errors import CheckpointRejected
from engine.request import PaintOutcome as EngineOutcome
from engine.request import PaintSettings, Progress, StylizeRequest
from engine.stylize import stylize
from engine.timelapse import film
from engine.vgg19 import Encoder, load_encoder

# The intake has checked what comes here against the host's own limits.
CHECKED_BEFORE = images.Limits(max_bytes=2**31, max_pixels=2**30)
WARM_UP_SIDE = 64  # pixels
WARM_UP_STEPS = 4


def load_painter(setup: EngineSetup) -> "EnginePainter":
    """Load the weights and paint something small, so that the first order is not the slow one."""
    painter = EnginePainter(load_encoder(setup.weights, setup.device, setup.precision))
    painter.warm_up()
    return painter


class EnginePainter:
    """A VGG-19 on one device."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    @property
    def device(self) -> str:
        """What it paints on, such as "cuda:0 (NVIDIA H100)"."""
        return self._encoder.device.name

    def warm_up(self) -> None:
        """Have libraries loaded, kernels chosen and memory pools filled."""
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
        styles = tuple(_read(style, "The style picture") for style in order.styles)
        request = StylizeRequest(
            content=_read(order.content, "The content picture"),
            styles=styles,
            settings=PaintSettings(
                preset=order.preset,
                size=order.size,
                steps=order.steps,
                strength=order.strength,
                keep_colors=order.keep_colors,
                seed=order.seed,
                style_weights=(1.0,) * len(styles),
            ),
        )
        with ExitStack() as stack:
            watchers = [on_progress]
            if order.timelapse:
                watchers.append(stack.enter_context(film(order.timelapse, request)))

            def watch(progress: Progress) -> None:
                for watcher in watchers:
                    watcher(progress)

            go_on = partial(
                stylize,
                request,
                self._encoder,
                on_progress=watch,
                should_stop=should_stop,
                checkpoint=order.checkpoint,
            )
            try:
                resume = order.resume if order.resume and order.resume.exists() else None
                painting = go_on(resume=resume)
            except CheckpointRejected:  # made with other weights: from the beginning, then
                painting = go_on()
        images.save(painting.picture, order.result)
        return _outcome(painting.outcome)


def _read(path: Path, name: str) -> Image.Image:
    # By its bytes, because the engine's sentence should name the picture, not the host's folders.
    return images.decode(path.read_bytes(), CHECKED_BEFORE, name)


def _outcome(painting: EngineOutcome) -> PaintOutcome:
    return PaintOutcome(
        width=painting.width,
        height=painting.height,
        loss=painting.losses.total,
        content_loss=painting.losses.content,
        style_loss=painting.losses.style,
        steps=painting.steps,
        seconds=painting.seconds,
        weights=painting.weights,
        device=painting.device,
        precision=painting.precision,
        curve=painting.curve,
        scale_starts=painting.scale_starts,
    )
