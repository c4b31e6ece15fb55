"""An attempt at a job by workers: what was sent, what was heard of it, and whether it moves."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.executors.contract import OnProgress, PaintOrder
from bot.executors.nats import wire

BURST_SECONDS = 2.0  # whose reports may come at once


class Allowance:
    """Bounds how many messages are read: `rate` per second. `clock` gives seconds."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._most = self._left = rate * BURST_SECONDS
        self._at = clock()

    def take(self) -> bool:
        """Count a message, and say whether it may be read."""
        now = self._clock()
        self._left = min(self._most, self._left + self._rate * (now - self._at))
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclass(eq=False)
class Attempt:
    """An order that was sent, or is being sent, to the workers."""

    order: PaintOrder
    message: wire.Order
    on_progress: OnProgress
    outcome: asyncio.Future[wire.Outcome]  # open until the attempt has ended
    reports: Allowance
    moved_at: float  # on the event loop's clock: its last new step, or when one was not due yet
    stream_number: int | None = None  # its place in the stream of orders; None until it is there
    worker: str = ""  # the name of the worker that reported on it last; empty before a report
    last_step: int = 0  # the newest step that was passed on to `on_progress`
    cancelled: bool = False  # `cancel` was called for it
    objects: list[str] = field(default_factory=list)  # names on the server, removed at the end

    @property
    def has_outcome(self) -> bool:
        """Whether a worker sent an outcome, which it does for failed and cancelled paintings too.

        False before that, and after the bot itself ended the attempt with an error.
        """
        outcome = self.outcome
        return outcome.done() and not outcome.cancelled() and outcome.exception() is None
