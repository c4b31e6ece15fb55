"""The real engine, held after a step until a file appears, so that tests need not time it."""

import time
from collections.abc import Callable

from bot.executors.contract import PaintOrder
from bot.executors.engine_painter import EnginePainter, load_painter
from bot.executors.engine_process import EngineSetup
from engine.request import PaintOutcome, Progress

HELD_AFTER = 2  # steps
GO_ON = "go on"  # in the folder of the result


def load(setup: EngineSetup) -> "HeldPainter":
    """Make the engine's own painter, and hold it."""
    return HeldPainter(load_painter(setup))


class HeldPainter:
    """Paints with the engine."""

    def __init__(self, painter: EnginePainter) -> None:
        self._painter = painter

    @property
    def device(self) -> str:
        """What it paints on."""
        return self._painter.device

    def paint(
        self,
        order: PaintOrder,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> PaintOutcome:
        """Paint an order; after its second step it waits to go on, or to be stopped."""
        go_on = order.result.with_name(GO_ON)

        def report(progress: Progress) -> None:
            on_progress(progress)
            while progress.step == HELD_AFTER and not go_on.exists() and not should_stop():
                time.sleep(0.01)

        return self._painter.paint(order, report, should_stop)
