"""One attempt at a job by workers: the order, the last report, and the outcome."""

import asyncio
from dataclasses import dataclass, field

from bot.executors.contract import OnProgress, PaintOrder
from bot.executors.nats import wire
from bot.executors.nats.rate_limit import RateLimit


@dataclass(eq=False)
class Attempt:
    """An order that was sent, or is being sent, to the workers."""

    order: PaintOrder
    message: wire.Order  # the order as it is sent
    on_progress: OnProgress
    outcome: asyncio.Future[wire.Outcome]  # done when the attempt has ended
    report_limit: RateLimit  # for the reports on it
    # On the event loop's clock. Begins anew with each step, and while no worker could make one.
    step_due_since: float
    stream_number: int | None = None  # of the order in its stream; None until it is there
    worker: str = ""  # the id of the worker that reported last; empty before the first report
    last_step: int = 0  # the newest step that `on_progress` was called with
    cancelled: bool = False  # `NatsExecutor.cancel` was called
    objects: list[str] = field(default_factory=list)  # on the server, to be removed at the end

    @property
    def has_outcome(self) -> bool:
        """Whether a worker ended the attempt: it painted, failed, was cancelled or lost the job.

        False while the attempt goes on, and where the bot itself ended it with an error.
        """
        outcome = self.outcome
        return outcome.done() and not outcome.cancelled() and outcome.exception() is None
