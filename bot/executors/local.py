"""Paints on this machine: one engine process for each painting at a time, replaced when it dies."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.back_off import BackOff
from bot.errors import (
    CannotPaint,
    EngineUnusable,
    ExecutorLost,
    PaintingCancelled,
    PaintingEnded,
)
from bot.executors.contract import OnProgress, PaintOrder, WorkerState
from bot.executors.engine_process import EngineSetup
from bot.executors.process_handle import EngineProcess, Timeouts
from engine.request import PaintOutcome

log = logging.getLogger(__name__)


class LocalExecutor:
    """Implements `contract.Executor` with one process for each of the setups.

    An order is painted by the first of them that is idle.
    """

    def __init__(self, setups: Sequence[EngineSetup], timeouts: Timeouts | None = None) -> None:
        timeouts = timeouts or Timeouts()
        on_each = Counter(setup.device for setup in setups)
        self._slots = [
            _EngineSlot(replace(setup, processes=on_each[setup.device]), timeouts, self._on_change)
            for setup in setups
        ]
        self._painting: dict[int, _EngineSlot] = {}  # by job
        self._waiting: set[int] = set()  # jobs without a slot that are not cancelled
        self._changed = asyncio.Event()  # what those wait for may be there
        self._listeners: list[Callable[[], None]] = []
        self._started = self._closed = False

    @property
    def capacity(self) -> int:
        """How many orders it can paint at a time now."""
        return sum(slot.is_ready for slot in self._slots)

    @property
    def devices(self) -> tuple[str, ...]:
        """What the processes paint on; empty until they have started."""
        if not self._started:
            return ()
        return tuple(slot.device for slot in self._slots if slot.device)

    @property
    def workers(self) -> tuple[WorkerState, ...]:
        """Empty: there are no workers on other machines."""
        return ()

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of the running processes."""
        return tuple(slot.pid for slot in self._slots if slot.pid is not None)

    @property
    def fault(self) -> str | None:
        """Why no process can paint now; None when one can."""
        faults = [slot.fault for slot in self._slots]
        return None if None in faults else faults[0]

    def watch(self, listener: Callable[[], None]) -> None:
        """Call `listener` when a process has died, and when it was replaced."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Start all processes; see `contract.Executor.start`.

        Where some cannot be started for a reason that may pass, such as too little memory, the
        others paint, and those are tried again. Setups that can never work are refused.
        """
        starting = [slot.start() for slot in self._slots]
        ends = await asyncio.gather(*starting, return_exceptions=True)
        faults = [end for end in ends if end]
        final = [fault for fault in faults if not _may_pass(fault)]
        if final or (faults and not self.capacity):
            await self.close()
            first = (final or faults)[0]
            if isinstance(first, ExecutorLost):
                raise CannotPaint(f"The engine could not be started. {first}")
            raise first
        self._started = True
        for slot, fault in zip(self._slots, ends, strict=True):
            if fault:
                log.error("%s is tried again, the others paint: %s", slot.setup.device, fault)
            slot.supervise()

    async def close(self) -> None:
        """End all processes."""
        self._closed = True
        self._changed.set()
        await asyncio.gather(*(slot.close() for slot in self._slots))

    async def paint(self, order: PaintOrder, on_progress: OnProgress) -> PaintOutcome:
        """Paint one order; see `contract.Executor.paint`."""
        slot = await self._idle_slot(order.job_id)
        self._painting[order.job_id] = slot
        try:
            return await slot.paint(order, on_progress)
        finally:
            del self._painting[order.job_id]
            self._changed.set()

    async def cancel(self, job_id: int) -> None:
        """Stop a painting; see `contract.Executor.cancel`."""
        if slot := self._painting.get(job_id):
            slot.cancel(job_id)
        self._waiting.discard(job_id)
        self._changed.set()

    async def _idle_slot(self, job_id: int) -> "_EngineSlot":
        """Wait for an idle slot; raises PaintingCancelled after `cancel`."""
        self._waiting.add(job_id)
        try:
            while True:
                if self._closed:
                    raise ExecutorLost("The executor was closed.")
                if job_id not in self._waiting:
                    raise PaintingCancelled
                busy = self._painting.values()
                for slot in self._slots:
                    if slot.is_ready and slot not in busy:
                        return slot
                self._changed.clear()
                await self._changed.wait()
        finally:
            self._waiting.discard(job_id)

    def _on_change(self) -> None:
        """A slot can paint, or can no longer."""
        self._changed.set()
        for listener in self._listeners:
            try:
                listener()
            except Exception:  # must not end the replacement of processes, which calls this
                log.exception("a listener of the executor failed")


def _may_pass(fault: BaseException) -> bool:
    return isinstance(fault, PaintingEnded) and not isinstance(fault, EngineUnusable)


class _EngineSlot:
    """One engine process at a time, and its replacement when it dies."""

    def __init__(
        self, setup: EngineSetup, timeouts: Timeouts, on_change: Callable[[], None]
    ) -> None:
        self.device = ""
        self.setup = setup
        self._timeouts = timeouts
        self._on_change = on_change
        self._process: EngineProcess | None = None
        self._warm = False  # the process has loaded its weights
        self._supervising: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        if self._process is None or self._process.dead.is_set():
            return None
        return self._process.pid

    @property
    def is_ready(self) -> bool:
        """Whether the process can paint; no longer from the moment that it is killed."""
        return self._warm and self._process is not None and not self._process.end_reason

    @property
    def fault(self) -> str | None:
        if self._process is None:
            return "the engine was not started"
        if not self.is_ready:
            return self._process.end_reason or "the engine is being started"
        return self._process.silence

    async def start(self) -> None:
        """Start a process; raises what `EngineProcess.start` raises."""
        self._process = process = EngineProcess(self.setup, self._timeouts)
        self.device = await process.start()
        self._warm = True
        log.info("engine process %s paints on %s", process.pid, self.device)
        self._on_change()

    def supervise(self) -> None:
        """Replace the process whenever it dies or freezes, and one that could not be started."""
        self._supervising = asyncio.create_task(self._supervise())

    async def close(self) -> None:
        if self._supervising:
            self._supervising.cancel()
            await asyncio.wait({self._supervising})
        if self._process is not None and self.pid is not None:
            await self._process.close()

    async def paint(self, order: PaintOrder, on_progress: OnProgress) -> PaintOutcome:
        """Paint an order; only where the slot is ready."""
        if self._process is None:
            raise ExecutorLost("The engine was not started.")
        return await self._process.paint(order, on_progress)

    def cancel(self, job_id: int) -> None:
        if self._process:
            self._process.cancel(job_id)

    async def _supervise(self) -> None:
        while True:
            if self._process is not None and self._warm:
                await self._process.watch()
                self._warm = False
                self._on_change()
                log.error("%s It is replaced.", self._process.end_reason)
            what = f"no new engine process for {self.setup.device}"
            retrying = BackOff().retrying(PaintingEnded, log=log, what=what)
            await retrying(self.start)
