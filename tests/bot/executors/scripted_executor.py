"""An executor that paints nothing: a test says what it can do and when a painting has ended."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from bot.errors import CannotPaint, ExecutorLost, PaintingCancelled
from bot.executors.contract import OnProgress, PaintOrder, WorkerState
from engine.request import PaintOutcome
from tests.bot.outcomes import OUTCOME


class ScriptedExecutor:
    """Implements `composite.RemoteExecutor`; predicts the seconds that the test sets."""

    def __init__(self, device: str, capacity: int = 1, seconds: float = float("inf")) -> None:
        self.devices: tuple[str, ...] = (device,)
        self.capacity = capacity
        self.fault: str | None = None
        self.workers: tuple[WorkerState, ...] = ()
        self.each = seconds  # that an order is said to take
        self.may_start = asyncio.Event()
        self.may_start.set()
        self.refusal = ""  # why it cannot be started
        self.closed = False
        self._orders: dict[int, asyncio.Future[PaintOutcome]] = {}
        self._listeners: list[Callable[[], None]] = []

    @property
    def painting(self) -> set[int]:
        """The jobs that it was given and that have not ended."""
        return set(self._orders)

    def seconds(self, order: PaintOrder) -> float:
        """Say what the test has said."""
        return self.each

    def change(self, capacity: int) -> None:
        """Have devices come or go."""
        self.capacity = capacity
        for listener in self._listeners:
            listener()

    def finish(self, job_id: int, seconds: float = 1.0) -> None:
        """End a painting well."""
        self._orders[job_id].set_result(replace(OUTCOME, seconds=seconds, device=self.devices[0]))

    def lose(self, job_id: int) -> None:
        """End a painting as a process that dies does."""
        self._orders[job_id].set_exception(ExecutorLost("It died."))

    def watch(self, listener: Callable[[], None]) -> None:
        """Keep a listener for `change`."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Start when it may; or fail, where there is a refusal."""
        await self.may_start.wait()
        if self.refusal:
            raise CannotPaint(self.refusal)

    async def close(self) -> None:
        """Note it."""
        self.closed = True

    async def paint(self, order: PaintOrder, on_progress: OnProgress) -> PaintOutcome:
        """Wait for the test to end it."""
        painting: asyncio.Future[PaintOutcome] = asyncio.get_running_loop().create_future()
        self._orders[order.job_id] = painting
        try:
            return await painting
        finally:
            del self._orders[order.job_id]

    async def cancel(self, job_id: int) -> None:
        """End a painting as cancelled."""
        if painting := self._orders.get(job_id):
            painting.set_exception(PaintingCancelled())
