"""The bot's end of one engine process, from its start to its end."""

import asyncio
import atexit
import contextlib
import logging
import multiprocessing
import pickle
import threading
from dataclasses import dataclass
from typing import TypeVar

from bot.errors import ExecutorLost, PaintingCancelled, PaintingFailed
from bot.executors.contract import OnProgress, PaintOrder, PaintProgress
from bot.executors.engine_process import EngineSetup, serve
from bot.executors.messages import (
    Cancel,
    Crashed,
    Failed,
    Paint,
    Painted,
    Ready,
    Stopped,
    Unusable,
)
from engine.request import PaintOutcome

T = TypeVar("T")
log = logging.getLogger(__name__)

REAP_SECONDS = 5.0  # for a process to end that closed its pipe
WORTH_A_WORD = 0.2  # of the patience with a silent process
LOOKS = 5  # in vain, before an idle process counts as frozen


@dataclass(frozen=True)
class Patience:
    """How many seconds an engine process may take before it is killed."""

    start: float = 300.0  # to load the weights, from a slow disk too
    silence: float = 300.0  # between two signs of life while painting; one step on a slow CPU
    idle: float = 30.0  # between two signs of life while it has nothing to do
    cancel: float = 10.0  # to stop a painting


class EngineProcess:
    """A process that paints one order at a time. Belongs to the event loop it was made on."""

    def __init__(self, setup: EngineSetup, patience: Patience) -> None:
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        context = multiprocessing.get_context("spawn")
        self._ours, self._theirs = context.Pipe()
        self._process = context.Process(
            target=serve, args=(self._theirs, setup), name="muralscape engine", daemon=True
        )
        self._ready = self._future(str)
        self._answer = self._future(PaintOutcome)
        self._on_progress: OnProgress | None = None
        self._heard_at = 0.0
        self._cancelled = False
        self.why = ""  # it ended, in a sentence; empty while it lives
        self.pid: int | None = None
        self.dead = asyncio.Event()

    @property
    def _idle(self) -> bool:
        return self._on_progress is None

    @property
    def silence(self) -> str | None:
        """What to say when it has not been heard of for long; else None."""
        seconds = self._loop.time() - self._heard_at
        patience = self._patience.idle if self._idle else self._patience.silence
        if seconds < WORTH_A_WORD * patience:
            return None
        return f"nothing was heard of engine process {self.pid} for {seconds:.0f} s"

    async def start(self) -> str:
        """Start the process and wait until it is warm; return the device that it paints on.

        Raises `PaintingFailed` where the engine says that it cannot work as it is set up, and
        `ExecutorLost` where the process ended or took too long.
        """
        # In a thread, because starting takes some milliseconds.
        starting = asyncio.ensure_future(asyncio.to_thread(self._start))
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            await starting  # a process that is half started cannot be ended
            raise
        done, _ = await asyncio.wait({self._ready}, timeout=self._patience.start)
        if not done:
            self._kill(f"it was not ready after {self._patience.start:.0f} s")
        return await self._ready

    async def watch(self) -> None:
        """Return when the process is dead; kill it where it falls silent without an order.

        It is looked at several times: a bot that was stopped itself meanwhile must find the signs
        of life that wait in the pipe before it judges.
        """
        in_vain = 0
        while not self.dead.is_set():
            heard_at = self._heard_at
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.dead.wait(), self._patience.idle / LOOKS)
            in_vain = in_vain + 1 if self._idle and heard_at == self._heard_at else 0
            if in_vain == LOOKS:
                self._kill(f"nothing was heard of it for {self._patience.idle:.0f} s while idle")

    async def paint(self, order: PaintOrder, on_progress: OnProgress) -> PaintOutcome:
        """Paint one order, as `contract.Executor.paint` does."""
        if self.dead.is_set():
            raise ExecutorLost(self.why)
        self._answer = answer = self._future(PaintOutcome)
        self._on_progress = on_progress
        self._cancelled = False
        self._heard_at = self._loop.time()
        self._send(Paint(order))
        try:
            while not answer.done():
                patience = self._heard_at + self._patience.silence - self._loop.time()
                if patience <= 0:
                    self._kill(f"nothing was heard of it for {self._patience.silence:.0f} s")
                    patience = REAP_SECONDS
                await asyncio.wait({answer}, timeout=patience)
            return answer.result()
        except ExecutorLost:
            if self._cancelled:
                raise PaintingCancelled from None
            raise
        finally:
            if not answer.done():
                self._kill("its painting was abandoned")
            self._on_progress = None

    def cancel(self, job_id: int) -> None:
        """Stop what is painted before its next step; kill the process if it does not obey."""
        if self._idle:
            return
        self._cancelled = True
        self._send(Cancel(job_id))
        self._loop.call_later(self._patience.cancel, self._insist, self._answer)

    async def close(self) -> None:
        """End the process; it must have been started."""
        self._kill("it was closed")
        await self.dead.wait()

    def _future(self, _: type[T]) -> asyncio.Future[T]:
        future: asyncio.Future[T] = self._loop.create_future()
        # An exception that nobody awaits, because they gave up before, is no fault.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        return future

    def _start(self) -> None:
        self._process.start()
        self.pid = self._process.pid
        # Python would end it at its own exit by SIGTERM, which engines ignore.
        atexit.register(self._process.kill)
        self._theirs.close()  # or we would not hear the end of the process
        threading.Thread(target=self._listen, name="engine pipe", daemon=True).start()

    def _send(self, message: Paint | Cancel) -> None:
        # Far smaller than the pipe's buffer, so this does not block. A process that is gone
        # is noticed by the listening thread.
        with contextlib.suppress(OSError):
            self._ours.send(message)

    def _insist(self, answer: asyncio.Future[PaintOutcome]) -> None:
        if not answer.done():
            self._kill("it did not stop its painting")

    def _kill(self, why: str) -> None:
        self.why = self.why or why
        if not self.dead.is_set():
            self._process.kill()

    def _listen(self) -> None:
        """Read the pipe, in a thread: a process that dies in mid-message must block nobody."""
        with contextlib.suppress(RuntimeError):  # the event loop was closed before the process
            with contextlib.suppress(EOFError, OSError, pickle.UnpicklingError):
                while True:
                    self._loop.call_soon_threadsafe(self._heard, self._ours.recv())
            self._process.join(REAP_SECONDS)
            self._process.kill()
            self._process.join()
            self._loop.call_soon_threadsafe(self._died)

    def _heard(self, message: object) -> None:
        self._heard_at = self._loop.time()
        match message:
            case PaintProgress():
                if self._on_progress:
                    self._on_progress(message)
            case Ready(device):
                self._ready.set_result(device)
            case Unusable(sentence):
                self._ready.set_exception(PaintingFailed(sentence))
            case Painted(outcome):
                self._answer.set_result(outcome)
            case Failed(sentence):
                self._answer.set_exception(PaintingFailed(sentence))
            case Stopped():
                self._answer.set_exception(PaintingCancelled())
            case Crashed(text):
                log.error("engine process %s crashed:\n%s", self.pid, text)
                self.why = self.why or "it crashed: " + text.strip().splitlines()[-1]

    def _died(self) -> None:
        why = self.why or f"it ended with exit code {self._process.exitcode}"
        self.why = f"Engine process {self.pid}: {why}."
        atexit.unregister(self._process.kill)
        self._process.close()
        self._ours.close()
        self.dead.set()
        for future in (self._ready, self._answer):
            if not future.done():
                future.set_exception(ExecutorLost(self.why))
