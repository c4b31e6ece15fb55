"""Starts one engine process, sends it orders, and ends it."""

import asyncio
import atexit
import contextlib
import logging
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TypeVar

from bot.errors import CannotPaint, EngineUnusable, ExecutorLost, PaintingCancelled
from bot.executors.contract import OnProgress, PaintOrder, PaintProgress
from bot.executors.engine_process import EngineSetup
from bot.executors.pipe import (
    TO_BOT,
    Cancel,
    Cancelled,
    Crashed,
    Failed,
    Paint,
    Painted,
    Ready,
    Unusable,
    decode,
    encode,
)
from engine.environment import KEEP_MEMORY, for_children
from engine.errors import Sentence
from engine.request import PaintOutcome

T = TypeVar("T")
log = logging.getLogger(__name__)

EXIT_SECONDS = 5.0  # for a process to end after it closed its pipe
SILENCE_SHOWN = 0.2  # of the timeout; a shorter silence is not reported as a fault
IDLE_CHECKS = 5  # without a heartbeat, before an idle process counts as frozen


@dataclass(frozen=True)
class Timeouts:
    """After how many seconds an engine process is killed."""

    start: float = 300.0  # to load the weights, from a slow disk too
    silence: float = 300.0  # without a heartbeat while painting; one step on a slow CPU takes long
    idle: float = 30.0  # without a heartbeat between two orders
    cancel: float = 10.0  # to stop a painting


class EngineProcess:
    """A process that paints one order at a time. Belongs to the event loop it was made on."""

    def __init__(self, setup: EngineSetup, timeouts: Timeouts) -> None:
        self._timeouts = timeouts
        self._loop = asyncio.get_running_loop()
        self._setup = setup
        self._process: subprocess.Popen[bytes]
        self._ready = self._future(str)  # the device, once the process is warm
        self._answer = self._future(PaintOutcome)  # to the last order
        self._on_progress: OnProgress | None = None
        self._heard_at = 0.0  # on the event loop's clock, the last message
        self._cancelled = False  # the order being painted was cancelled
        self.end_reason = ""  # a sentence; empty while it lives
        self.pid: int | None = None
        self.dead = asyncio.Event()

    @property
    def _idle(self) -> bool:
        return self._on_progress is None

    @property
    def silence(self) -> str | None:
        """A sentence when no heartbeat came for long; else None."""
        seconds = self._loop.time() - self._heard_at
        timeout = self._timeouts.idle if self._idle else self._timeouts.silence
        if seconds < SILENCE_SHOWN * timeout:
            return None
        return f"nothing was heard of engine process {self.pid} for {seconds:.0f} s"

    async def start(self) -> str:
        """Start the process and wait until it is warm; return the device that it paints on.

        Raises `EngineUnusable` when the engine reports that its weights or device do not work,
        `CannotPaint` when it could not paint now, as without enough memory, and `ExecutorLost`
        when the process ended or took too long.
        """
        # In a thread, because starting takes some milliseconds.
        starting = asyncio.ensure_future(asyncio.to_thread(self._start))
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            with contextlib.suppress(OSError, RuntimeError):
                await starting  # a process that is half started cannot be ended
            raise
        except (OSError, RuntimeError) as error:  # too little memory, too many processes or threads
            self.end_reason = f"No engine process can be started ({error})."
            raise ExecutorLost(self.end_reason) from error
        done, _ = await asyncio.wait({self._ready}, timeout=self._timeouts.start)
        if not done:
            self._kill(f"it was not ready after {self._timeouts.start:.0f} s")
        return await self._ready

    async def watch(self) -> None:
        """Return when the process is dead; kill it when its heartbeat stops while it is idle.

        Checks several times before it kills: if the bot itself was stopped (SIGSTOP), heartbeats
        wait in the pipe and must be read first.
        """
        missed = 0
        while not self.dead.is_set():
            heard_at = self._heard_at
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.dead.wait(), self._timeouts.idle / IDLE_CHECKS)
            missed = missed + 1 if self._idle and heard_at == self._heard_at else 0
            if missed == IDLE_CHECKS:
                self._kill(f"nothing was heard of it for {self._timeouts.idle:.0f} s while idle")

    async def paint(self, order: PaintOrder, on_progress: OnProgress) -> PaintOutcome:
        """Paint one order, as `contract.Executor.paint` does."""
        if self.dead.is_set():
            raise ExecutorLost(self.end_reason)
        self._answer = answer = self._future(PaintOutcome)
        self._on_progress = on_progress
        self._cancelled = False
        self._heard_at = self._loop.time()
        self._send(Paint(order))
        try:
            while not answer.done():
                remaining = self._heard_at + self._timeouts.silence - self._loop.time()
                if remaining <= 0:
                    self._kill(f"nothing was heard of it for {self._timeouts.silence:.0f} s")
                    remaining = EXIT_SECONDS
                await asyncio.wait({answer}, timeout=remaining)
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
        """Stop the painting before its next step; kill the process if it does not stop in time."""
        if self._idle:
            return
        self._cancelled = True
        self._send(Cancel(job_id))
        self._loop.call_later(self._timeouts.cancel, self._kill_if_painting, self._answer)

    async def close(self) -> None:
        """End the process; it must have been started."""
        self._kill("it was closed")
        await self.dead.wait()

    def _future(self, _: type[T]) -> asyncio.Future[T]:
        future: asyncio.Future[T] = self._loop.create_future()
        # Retrieves the exception: asyncio would log one that no caller waits for any more.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        return future

    def _start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own module; the setup is the host's
            [sys.executable, "-P", "-m", "bot.executors", self._setup.to_json()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**for_children(), **KEEP_MEMORY},
            bufsize=0,
        )
        try:
            if self.end_reason:  # too late: a pool without a free thread calls this later
                raise RuntimeError(self.end_reason)
            self.pid = self._process.pid
            atexit.register(self._kill_and_wait)
            threading.Thread(target=self._listen, name="engine pipe", daemon=True).start()
        except RuntimeError:
            self.pid = None
            atexit.unregister(self._kill_and_wait)
            self._kill_and_wait()
            self._close_pipes()
            raise

    def _send(self, message: Paint | Cancel) -> None:
        # Does not block: messages are far smaller than the pipe's buffer. The listening thread
        # notices a process that is gone.
        if self._process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):  # ValueError: it was closed
                self._process.stdin.write(encode(message))

    def _kill_if_painting(self, answer: asyncio.Future[PaintOutcome]) -> None:
        if not answer.done():
            self._kill("it did not stop its painting")

    def _kill(self, reason: str) -> None:
        self.end_reason = self.end_reason or reason
        if not self.dead.is_set():
            self._process.kill()

    def _listen(self) -> None:
        """Read the pipe in a thread, because that blocks when a process dies in mid-message."""
        with contextlib.suppress(RuntimeError):  # the event loop was closed before the process
            try:
                while True:
                    self._loop.call_soon_threadsafe(self._on_message, decode(self._read, TO_BOT))
            except (EOFError, OSError):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(EXIT_SECONDS)
            except ValueError as error:
                self._loop.call_soon_threadsafe(self._kill, f"it sent what is no message: {error}")
            self._kill_and_wait()
            self._loop.call_soon_threadsafe(self._on_exit)

    def _read(self, size: int) -> bytes:
        """Read so many bytes. Raises EOFError when the process has closed the pipe."""
        data = bytearray()
        while len(data) < size:
            part = self._process.stdout.read(size - len(data)) if self._process.stdout else b""
            if not part:
                raise EOFError
            data += part
        return bytes(data)

    def _kill_and_wait(self) -> None:
        self._process.kill()
        self._process.wait()

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _on_message(self, message: object) -> None:
        self._heard_at = self._loop.time()
        match message:
            case PaintProgress():
                if self._on_progress:
                    self._on_progress(message)
            case Ready(device):
                self._ready.set_result(device)
            case Unusable(sentence):
                self._ready.set_exception(EngineUnusable(sentence))
            case Painted(outcome):
                self._answer.set_result(outcome)
            case Failed(sentence, wording):
                waited_for = self._answer if self._ready.done() else self._ready
                waited_for.set_exception(CannotPaint(Sentence.received(sentence, wording)))
            case Cancelled():
                self._answer.set_exception(PaintingCancelled())
            case Crashed(text):
                log.error("engine process %s crashed:\n%s", self.pid, text)
                self.end_reason = self.end_reason or "it crashed: " + text.strip().splitlines()[-1]

    def _on_exit(self) -> None:
        reason = self.end_reason or f"it ended with exit code {self._process.returncode}"
        self.end_reason = f"Engine process {self.pid} ({self._setup.device}): {reason}."
        atexit.unregister(self._kill_and_wait)
        self._close_pipes()
        self.dead.set()
        for future in (self._ready, self._answer):
            if not future.done():
                future.set_exception(ExecutorLost(self.end_reason))
