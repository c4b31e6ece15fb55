"""One attempt at a job by workers: the order, the last report, and the outcome."""

import asyncio
from dataclasses import dataclass, field

from bot.errors import PaintingEnded
from bot.executors.contract import OnProgress, PaintOrder
from bot.executors.nats import wire
from bot.executors.nats.rate_limit import RateLimit


@dataclass(eq=False)
class Attempt:
    """An order that was sent, or is being sent, to the workers."""

    order: PaintOrder
    message: wire.Order  # the order as it is sent
    on_progress: OnProgress
    outcome: asyncio.Future[wire.Outcome]  # set when a worker's outcome arrives
    ended: asyncio.Future[None]  # done when the attempt has ended; an error if the bot ended it
    report_limit: RateLimit  # for the reports on it
    # On the event loop's clock. Restarts with each step, and while no worker could make one.
    awaiting_step_since: float
    stream_number: int | None = None  # of the order in its stream; None until it is there
    worker: str = ""  # the id of the worker that reported last; empty before the first report
    takers: set[str] = field(default_factory=set)  # the workers that took it and have not left
    last_step: int = 0  # the newest step that `on_progress` was called with
    cancelled: bool = False  # `NatsExecutor.cancel` was called
    lost: bool = False  # ended by ExecutorLost: the job may get another attempt
    objects: list[str] = field(default_factory=list)  # on the server, to be removed at the end

    @property
    def has_outcome(self) -> bool:
        """Whether a worker has painted, failed, lost or, as it was told, cancelled the order."""
        return self.outcome.done() and not self.outcome.cancelled()

    def end(self, error: PaintingEnded) -> None:
        """Make `NatsExecutor.paint` raise an error, unless it has ended."""
        if not self.ended.done():
            self.ended.set_exception(error)
            self.ended.exception()  # retrieved, so that asyncio does not log it as unhandled
