"""Paints on this machine: one engine process per device, replaced when it dies."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from bot.back_off import BackOff
from bot.errors import CannotPaint, ExecutorLost, PaintingCancelled, PaintingEnded
from bot.executors.contract import OnProgress, PaintOrder, WorkerState
from bot.executors.engine_process import EngineSetup
from bot.executors.process_handle import EngineProcess, Timeouts
from engine.request import PaintOutcome

log = logging.getLogger(__name__)


class LocalExecutor:
    """Implements `contract.Executor` with one process for each of the setups."""

    def __init__(self, setups: Sequence[EngineSetup], timeouts: Timeouts | None = None) -> None:
        self._slots = [_EngineSlot(setup, timeouts or Timeouts()) for setup in setups]
        self._idle: asyncio.Queue[_EngineSlot] = asyncio.Queue()
        self._painting: dict[int, _EngineSlot] = {}  # by job
        self._waiting: dict[int, asyncio.Event] = {}  # set when the waiting order is cancelled

    @property
    def capacity(self) -> int:
        """How many orders it can paint at a time."""
        return len(self._slots)

    @property
    def devices(self) -> tuple[str, ...]:
        """What the processes paint on; empty until they have started."""
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
        """Do nothing: the capacity is constant, because a dead process is replaced."""

    async def start(self) -> None:
        """Start all processes; see `contract.Executor.start`."""
        opening = [slot.open() for slot in self._slots]
        faults = [f for f in await asyncio.gather(*opening, return_exceptions=True) if f]
        if faults:
            await self.close()
            if isinstance(faults[0], ExecutorLost):
                raise CannotPaint(f"The engine could not be started. {faults[0]}")
            raise faults[0]
        for slot in self._slots:
            self._idle.put_nowait(slot)

    async def close(self) -> None:
        """End all processes."""
        await asyncio.gather(*(slot.close() for slot in self._slots))

    async def paint(self, order: PaintOrder, on_progress: OnProgress) -> PaintOutcome:
        """Paint one order; see `contract.Executor.paint`."""
        slot = await self._idle_slot(order.job_id)
        self._painting[order.job_id] = slot
        try:
            return await slot.paint(order, on_progress)
        finally:
            del self._painting[order.job_id]
            self._idle.put_nowait(slot)

    async def cancel(self, job_id: int) -> None:
        """Stop a painting; see `contract.Executor.cancel`."""
        if slot := self._painting.get(job_id):
            slot.cancel(job_id)
        elif cancelled := self._waiting.get(job_id):
            cancelled.set()

    async def _idle_slot(self, job_id: int) -> "_EngineSlot":
        """Wait for an idle slot. Raises PaintingCancelled after `cancel`."""
        cancelled = self._waiting[job_id] = asyncio.Event()
        getting = asyncio.create_task(self._idle.get())
        cancelling = asyncio.create_task(cancelled.wait())
        try:
            await asyncio.wait({getting, cancelling}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        finally:
            del self._waiting[job_id]
            cancelling.cancel()
            # `cancel()` is False when a slot was taken in the same moment: give it back.
            if cancelled.is_set() and not getting.cancel():
                self._idle.put_nowait(getting.result())
        if cancelled.is_set():
            raise PaintingCancelled
        return getting.result()


class _EngineSlot:
    """One engine process at a time, and its replacement when it dies."""

    def __init__(self, setup: EngineSetup, timeouts: Timeouts) -> None:
        self.device = ""
        self._setup = setup
        self._timeouts = timeouts
        self._process: EngineProcess | None = None
        self._ready = asyncio.Event()  # the process can paint
        self._cancelled = asyncio.Event()  # the current order was cancelled
        self._closed = asyncio.Event()
        self._supervising: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        if self._process is None or self._process.dead.is_set():
            return None
        return self._process.pid

    @property
    def fault(self) -> str | None:
        if self._process is None:
            return "the engine was not started"
        if self.pid is None or not self._ready.is_set():
            return self._process.end_reason or "the engine is being started"
        return self._process.silence

    async def open(self) -> None:
        """Start the first process; raises what `EngineProcess.start` raises."""
        process = await self._start()
        self._supervising = asyncio.create_task(self._supervise(process))

    async def close(self) -> None:
        self._closed.set()
        if self._supervising:
            self._supervising.cancel()
            await asyncio.wait({self._supervising})
        if self._process is not None and self.pid is not None:
            await self._process.close()

    async def paint(self, order: PaintOrder, on_progress: OnProgress) -> PaintOutcome:
        self._cancelled.clear()
        events = self._ready, self._cancelled, self._closed
        waits = {asyncio.create_task(event.wait()) for event in events}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if self._cancelled.is_set():
            raise PaintingCancelled
        if self._closed.is_set() or self._process is None:
            raise ExecutorLost("The executor was closed.")
        return await self._process.paint(order, on_progress)

    def cancel(self, job_id: int) -> None:
        self._cancelled.set()
        if self._process and self._ready.is_set():
            self._process.cancel(job_id)

    async def _supervise(self, process: EngineProcess) -> None:
        """Replace the process whenever it dies or freezes."""
        while True:
            await process.watch()
            self._ready.clear()
            log.error("%s It is replaced.", process.end_reason)
            retrying = BackOff().retrying(PaintingEnded, log=log, what="no new engine process")
            process = await retrying(self._start)

    async def _start(self) -> EngineProcess:
        self._process = process = EngineProcess(self._setup, self._timeouts)
        self.device = await process.start()
        self._ready.set()
        log.info("engine process %s paints on %s", process.pid, self.device)
        return process
