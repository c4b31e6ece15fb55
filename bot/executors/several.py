"""Paints on this machine and elsewhere at once: each order where it is finished soonest."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from bot.errors import PaintingFailed
from bot.executors.contract import Executor, OnProgress, PaintOrder, WorkerState
from bot.executors.rates import guess
from bot.executors.speed import Speed, work_of
from engine.request import PaintOutcome

log = logging.getLogger(__name__)


class Elsewhere(Executor, Protocol):
    """An executor whose painters say themselves how fast they are."""

    def seconds(self, order: PaintOrder) -> float:
        """Guess how long an order takes; infinite while nobody can paint it."""


class HereAndElsewhere:
    """Implements `contract.Executor` with two others."""

    def __init__(self, here: Executor, elsewhere: Elsewhere) -> None:
        self._here = here
        self._elsewhere = elsewhere
        self._started: set[Executor] = set()  # those that can be given orders
        self._at_work: dict[int, Executor] = {}
        self._speed = Speed()
        self._listeners: list[Callable[[], None]] = []
        self._starting: asyncio.Task[None] | None = None
        self._fault_here: str | None = None

    @property
    def capacity(self) -> int:
        """How many orders both can paint at a time."""
        return sum(executor.capacity for executor in self._started)

    @property
    def devices(self) -> tuple[str, ...]:
        """What both paint on, this machine's first."""
        return (*self._here.devices, *self._elsewhere.devices)

    @property
    def workers(self) -> tuple[WorkerState, ...]:
        """Who paints elsewhere."""
        return self._elsewhere.workers

    @property
    def fault(self) -> str | None:
        """Why nothing can be painted: None when one of the two can."""
        here = self._fault_here or self._here.fault
        elsewhere = self._elsewhere.fault
        return f"{here}; {elsewhere}" if here and elsewhere else None

    def watch(self, listener: Callable[[], None]) -> None:
        """Call `listener` when capacity or devices have changed."""
        self._listeners.append(listener)
        self._here.watch(listener)
        self._elsewhere.watch(listener)

    async def start(self) -> None:
        """Start both; workers elsewhere need not wait for this machine's engine."""
        await self._elsewhere.start()
        self._started.add(self._elsewhere)
        self._starting = asyncio.create_task(self._start_here())

    async def close(self) -> None:
        """Close both."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait({self._starting})
        await asyncio.gather(self._here.close(), self._elsewhere.close())

    async def paint(self, order: PaintOrder, on_progress: OnProgress) -> PaintOutcome:
        """Paint one order; see `contract.Executor.paint`."""
        chosen = self._choose(order)
        self._at_work[order.job_id] = chosen
        try:
            outcome = await chosen.paint(order, on_progress)
        finally:
            del self._at_work[order.job_id]
        if chosen is self._here:
            self._speed.learn(order.settings, outcome)
        return outcome

    async def cancel(self, job_id: int) -> None:
        """Stop a painting; see `contract.Executor.cancel`."""
        if executor := self._at_work.get(job_id):
            await executor.cancel(job_id)

    def _choose(self, order: PaintOrder) -> Executor:
        """Where is it done first? Who is busy finishes what is there before."""
        if self._here not in self._started:
            return self._elsewhere
        here = self._speed.rate
        if here is None:
            here = guess(self._here.devices[0] if self._here.devices else "")
        seconds = {
            # an engine that has died is replaced, but nobody knows when
            self._here: float("inf") if self._here.fault else here * work_of(order.settings),
            self._elsewhere: self._elsewhere.seconds(order),
        }
        return min(seconds, key=lambda one: seconds[one] * self._rounds(one))

    def _rounds(self, executor: Executor) -> float:
        """Count the paintings that a newcomer has to see ended, its own with them."""
        at_work = sum(one is executor for one in self._at_work.values())
        return float("inf") if not executor.capacity else 1 + at_work // executor.capacity

    async def _start_here(self) -> None:
        try:
            await self._here.start()
        except PaintingFailed as failure:
            log.error("this machine does not paint: %s", failure)
            self._fault_here = failure.sentence
            return
        self._started.add(self._here)
        for listener in self._listeners:
            listener()
