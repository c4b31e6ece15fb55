"""Paints on this machine: one engine process per device, replaced when it dies."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from bot.errors import ExecutorLost, PaintingCancelled, PaintingEnded, PaintingFailed
from bot.executors.contract import OnProgress, PaintOrder, WorkerState
from bot.executors.engine_process import EngineSetup
from bot.executors.process_handle import EngineProcess, Patience
from engine.request import PaintOutcome

log = logging.getLogger(__name__)

LONGEST_PAUSE = 60.0  # seconds between two tries to start a process


class LocalExecutor:
    """Implements `contract.Executor` with one process for each of the setups."""

    def __init__(self, setups: Sequence[EngineSetup], patience: Patience | None = None) -> None:
        self._benches = [_Bench(setup, patience or Patience()) for setup in setups]
        self._idle: asyncio.Queue[_Bench] = asyncio.Queue()
        self._at_work: dict[int, _Bench] = {}
        self._waiting: dict[int, asyncio.Event] = {}  # set when the order is cancelled

    @property
    def capacity(self) -> int:
        """How many orders it can paint at a time."""
        return len(self._benches)

    @property
    def devices(self) -> tuple[str, ...]:
        """What the processes paint on; empty until they have started."""
        return tuple(bench.device for bench in self._benches if bench.device)

    @property
    def workers(self) -> tuple[WorkerState, ...]:
        """Nobody: all is painted here."""
        return ()

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of the processes that run now."""
        return tuple(bench.pid for bench in self._benches if bench.pid is not None)

    @property
    def fault(self) -> str | None:
        """Why none of the processes can paint just now; None when one can."""
        faults = [bench.fault for bench in self._benches]
        return None if None in faults else faults[0]

    def watch(self, listener: Callable[[], None]) -> None:
        """Do nothing: a process that died is replaced, and its place counted all the while."""

    async def start(self) -> None:
        """Start all processes; see `contract.Executor.start`."""
        opening = [bench.open() for bench in self._benches]
        faults = [f for f in await asyncio.gather(*opening, return_exceptions=True) if f]
        if faults:
            await self.close()
            if isinstance(faults[0], ExecutorLost):
                raise PaintingFailed(f"The engine could not be started. {faults[0]}")
            raise faults[0]
        for bench in self._benches:
            self._idle.put_nowait(bench)

    async def close(self) -> None:
        """End all processes."""
        await asyncio.gather(*(bench.close() for bench in self._benches))

    async def paint(self, order: PaintOrder, on_progress: OnProgress) -> PaintOutcome:
        """Paint one order; see `contract.Executor.paint`."""
        bench = await self._free_bench(order.job_id)
        self._at_work[order.job_id] = bench
        try:
            return await bench.paint(order, on_progress)
        finally:
            del self._at_work[order.job_id]
            self._idle.put_nowait(bench)

    async def cancel(self, job_id: int) -> None:
        """Stop a painting; see `contract.Executor.cancel`."""
        if bench := self._at_work.get(job_id):
            bench.cancel(job_id)
        elif unwanted := self._waiting.get(job_id):
            unwanted.set()

    async def _free_bench(self, job_id: int) -> "_Bench":
        """Wait for a place to paint at. Raises PaintingCancelled after `cancel`."""
        unwanted = self._waiting[job_id] = asyncio.Event()
        getting = asyncio.create_task(self._idle.get())
        asking = asyncio.create_task(unwanted.wait())
        try:
            await asyncio.wait({getting, asking}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            unwanted.set()
            raise
        finally:
            del self._waiting[job_id]
            asking.cancel()
            if unwanted.is_set() and not getting.cancel():  # it came at the same moment
                self._idle.put_nowait(getting.result())
        if unwanted.is_set():
            raise PaintingCancelled
        return getting.result()


class _Bench:
    """One place to paint at: a process, and the next one when that is dead."""

    def __init__(self, setup: EngineSetup, patience: Patience) -> None:
        self.device = ""
        self._setup = setup
        self._patience = patience
        self._process: EngineProcess | None = None
        self._up = asyncio.Event()  # the process can paint
        self._cancelled = asyncio.Event()  # the order at hand was cancelled
        self._upkeep: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        if self._process is None or self._process.dead.is_set():
            return None
        return self._process.pid

    @property
    def fault(self) -> str | None:
        if self._process is None:
            return "the engine was not started"
        if self.pid is None or not self._up.is_set():
            return self._process.why or "the engine is being started"
        return self._process.silence

    async def open(self) -> None:
        """Start the first process; raises what `EngineProcess.start` raises."""
        process = await self._start()
        self._upkeep = asyncio.create_task(self._keep_up(process))

    async def close(self) -> None:
        if self._upkeep:
            self._upkeep.cancel()
            await asyncio.wait({self._upkeep})
        if self._process is not None and self.pid is not None:
            await self._process.close()

    async def paint(self, order: PaintOrder, on_progress: OnProgress) -> PaintOutcome:
        self._cancelled.clear()
        ways_on = {asyncio.create_task(e.wait()) for e in (self._up, self._cancelled)}
        try:
            await asyncio.wait(ways_on, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways_on:
                way.cancel()
        if self._cancelled.is_set():
            raise PaintingCancelled
        if self._process is None:
            raise ExecutorLost("The executor was not started.")
        return await self._process.paint(order, on_progress)

    def cancel(self, job_id: int) -> None:
        self._cancelled.set()
        if self._process and self._up.is_set():
            self._process.cancel(job_id)

    async def _keep_up(self, process: EngineProcess) -> None:
        """Replace the process whenever it dies or freezes."""
        while True:
            await process.watch()
            self._up.clear()
            log.error("%s It is replaced.", process.why)
            pause = 1.0
            while True:
                try:
                    process = await self._start()
                    break
                except PaintingEnded as fault:
                    log.error("no new engine process, next try in %.0f s: %s", pause, fault)
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)

    async def _start(self) -> EngineProcess:
        self._process = process = EngineProcess(self._setup, self._patience)
        self.device = await process.start()
        self._up.set()
        log.info("engine process %s paints on %s", process.pid, self.device)
        return process
