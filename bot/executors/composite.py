"""Paints on this machine and on workers: each order where it is expected to finish first."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from bot.errors import CannotPaint
from bot.executors.contract import Executor, OnProgress, PaintOrder, WorkerState
from bot.executors.rates import start_rate
from bot.executors.speed import SpeedMeter
from engine.request import PaintOutcome
from engine.work import work_of

log = logging.getLogger(__name__)


class RemoteExecutor(Executor, Protocol):
    """An executor with workers that report their own speed."""

    def seconds(self, order: PaintOrder) -> float:
        """Predict how long an order takes; infinite while no worker can paint it."""


class CompositeExecutor:
    """Implements `contract.Executor` with a local and a remote one."""

    def __init__(self, local: Executor, remote: RemoteExecutor) -> None:
        self._local = local
        self._remote = remote
        self._started: set[Executor] = set()  # those that accept orders
        self._painting: dict[int, Executor] = {}  # by job
        self._speed = SpeedMeter()  # of the local one
        self._listeners: list[Callable[[], None]] = []
        self._starting: asyncio.Task[None] | None = None
        self._start_fault: str | None = None  # why the local one could not be started

    @property
    def capacity(self) -> int:
        """How many orders both can paint at a time."""
        return sum(executor.capacity for executor in self._started)

    @property
    def devices(self) -> tuple[str, ...]:
        """What both paint on, this machine's devices first."""
        return (*self._local.devices, *self._remote.devices)

    @property
    def workers(self) -> tuple[WorkerState, ...]:
        """The connected workers."""
        return self._remote.workers

    @property
    def fault(self) -> str | None:
        """Why neither can paint; None when one of the two can."""
        local = self._start_fault or self._local.fault
        remote = self._remote.fault
        return f"{local}; {remote}" if local and remote else None

    def watch(self, listener: Callable[[], None]) -> None:
        """Call `listener` when capacity or devices have changed."""
        self._listeners.append(listener)
        self._local.watch(listener)
        self._remote.watch(listener)

    async def start(self) -> None:
        """Start both. Returns before the local engine is ready: workers can paint until then."""
        await self._remote.start()
        self._started.add(self._remote)
        self._starting = asyncio.create_task(self._start_local())

    async def close(self) -> None:
        """Close both."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait({self._starting})
        await asyncio.gather(self._local.close(), self._remote.close())

    async def paint(self, order: PaintOrder, on_progress: OnProgress) -> PaintOutcome:
        """Paint one order; see `contract.Executor.paint`."""
        chosen = self._choose(order)
        self._painting[order.job_id] = chosen
        try:
            outcome = await chosen.paint(order, on_progress)
        finally:
            del self._painting[order.job_id]
        if chosen is self._local:
            self._speed.learn(order.settings, outcome)
        return outcome

    async def cancel(self, job_id: int) -> None:
        """Stop a painting; see `contract.Executor.cancel`."""
        if executor := self._painting.get(job_id):
            await executor.cancel(job_id)

    def _choose(self, order: PaintOrder) -> Executor:
        """Pick the executor with the earliest estimated finish, its present paintings included."""
        if self._local not in self._started:
            return self._remote
        rate = self._speed.rate
        if rate is None:
            rate = start_rate(self._local.devices[0] if self._local.devices else "")
        seconds = {
            # A dead engine process is being replaced, but the time that takes is unknown.
            self._local: float("inf")
            if self._local.fault
            else rate * work_of(order.settings, order.content_size),
            self._remote: self._remote.seconds(order),
        }
        return min(seconds, key=lambda one: seconds[one] * self._rounds(one))

    def _rounds(self, executor: Executor) -> float:
        """Count the paintings that a slot does until a new order is done, that one included."""
        painting = sum(one is executor for one in self._painting.values())
        return float("inf") if not executor.capacity else 1 + painting // executor.capacity

    async def _start_local(self) -> None:
        try:
            await self._local.start()
        except CannotPaint as failure:
            log.error("this machine does not paint: %s", failure)
            self._start_fault = str(failure)
            return
        self._started.add(self._local)
        for listener in self._listeners:
            listener()
