"""The process that paints: loads the weights once, then paints one order after another.

The process is `python -m bot.executors`. It imports the engine and with it torch, which the bot's
own process never imports.
"""

import contextlib
import importlib
import io
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import BinaryIO, Protocol

from bot.executors import pipe
from bot.executors.contract import PaintOrder, PaintProgress
from bot.executors.pipe import (
    LONGEST_TRACEBACK,
    Alive,
    Cancel,
    Cancelled,
    Crashed,
    Failed,
    FromEngine,
    Paint,
    Painted,
    Ready,
    Unusable,
)
from engine import errors, threads
from engine.request import PaintOutcome, Progress

PREVIEW_SIDE = 384  # pixels on the long side at most
PREVIEW_QUALITY = 80  # of the JPEG
UNWRITABLE = errors.Sentence(
    "The painting could not be written here; the host of this bot may need more room."
)


@dataclass(frozen=True)
class EngineSetup:
    """How a process paints. `painter` names a function, "module:function", that makes a Painter."""

    weights: str = "auto"
    device: str = "auto"
    precision: str = "auto"
    painter: str = "bot.executors.engine_painter:load_painter"
    processes: int = 1  # on this device; of the processor each takes an equal part of the cores
    niceness: int = 10  # added to the bot's own, so that painting never delays an answer
    # Cards are edited every 3 s; more reports would only load the bot's event loop.
    progress_seconds: float = 1.0  # between two reports
    preview_seconds: float = 3.0  # between two previews
    alive_seconds: float = 1.0  # between two heartbeats, unless a report was sent

    def to_json(self) -> str:
        """Write it as an argument of the process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "EngineSetup":
        """Read what `to_json` gave."""
        return cls(**json.loads(text))


class Painter(Protocol):
    """Paints, at full speed from the first order on."""

    @property
    def device(self) -> str:
        """What it paints on, such as "cuda:0 (NVIDIA H100)"."""

    def paint(
        self,
        order: PaintOrder,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> PaintOutcome:
        """Paint an order and write its files. Raises `engine.errors.EngineError`."""


class Connection:
    """The engine process's end of the pipe: one thread sends, another receives."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing

    def send(self, message: FromEngine) -> None:
        """Send a message. Raises OSError when the bot is gone."""
        self._outgoing.write(pipe.encode(message))
        self._outgoing.flush()

    def receive(self) -> object:
        """Wait for a message. Raises EOFError when the bot closed the pipe or is gone."""
        return pipe.decode(self._read, pipe.TO_ENGINE)

    def _read(self, size: int) -> bytes:
        data = self._incoming.read(size)
        if len(data) < size:
            raise EOFError
        return data


def main() -> None:
    """Paint what the bot sends over standard input until it closes that or dies."""
    # Ctrl-C and a service manager's SIGTERM reach the whole process group. The bot decides when
    # this process ends: it may want the painting finished first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    connection = Connection(sys.stdin.buffer, os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)  # a library that prints must not write into the messages
    serve(connection, EngineSetup.from_json(sys.argv[1]))


def serve(connection: Connection, setup: EngineSetup) -> None:
    """Load the painter and paint one order after another."""
    with contextlib.suppress(OSError):  # some sandboxes forbid it
        os.nice(setup.niceness)
    threads.wait_without_spinning()
    inbox = _Inbox(connection)
    try:
        module, _, function = setup.painter.partition(":")
        painter: Painter = getattr(importlib.import_module(module), function)(setup)
        connection.send(Ready(painter.device))
        while True:
            _paint_next(painter, inbox, connection, setup)
    except (errors.WeightsRejected, errors.RequestRejected) as error:
        connection.send(Unusable(str(error)))
    except errors.EngineError as error:  # such as a GPU with too little free memory
        connection.send(Failed.of(error.sentence))
    except Exception:  # noqa: BLE001 - the edge of this process; the bot logs the traceback
        connection.send(Crashed(traceback.format_exc()[-LONGEST_TRACEBACK:]))
        os._exit(1)  # a failed device can make an orderly exit hang


def _paint_next(
    painter: Painter, inbox: "_Inbox", connection: Connection, setup: EngineSetup
) -> None:
    """Paint one order. Exceptions other than `EngineError` end the process."""
    order = _next_order(inbox, connection, setup)
    reporter = _Reporter(order.job_id, connection, setup)

    def should_stop() -> bool:
        reporter.heartbeat()
        return inbox.cancelled == order.job_id

    try:
        outcome = painter.paint(order, reporter.report, should_stop)
    except errors.Stopped:
        connection.send(Cancelled())
    except errors.OutputRejected as error:  # which names a folder of the host
        print(error, file=sys.stderr, flush=True)  # noqa: T201 - the bot's log
        connection.send(Failed.of(UNWRITABLE))
    except errors.EngineError as error:
        connection.send(Failed.of(error.sentence))
    else:
        connection.send(Painted(outcome))


def _next_order(inbox: "_Inbox", connection: Connection, setup: EngineSetup) -> PaintOrder:
    """Wait for an order, and send heartbeats until it comes."""
    while True:
        try:
            return inbox.orders.get(timeout=setup.alive_seconds)
        except queue.Empty:
            with contextlib.suppress(OSError):  # the bot is gone: the inbox ends this process
                connection.send(Alive())


class _Inbox:
    """Reads the pipe in a thread, so that a cancel arrives during a painting."""

    def __init__(self, connection: Connection) -> None:
        self.orders: queue.SimpleQueue[PaintOrder] = queue.SimpleQueue()
        self.cancelled: int | None = None  # the id of the cancelled job
        self._connection = connection
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                message = self._connection.receive()
            except (EOFError, OSError):
                # The bot closed the pipe or died. This works even while the device hangs in the
                # main thread.
                os._exit(0)
            if isinstance(message, Paint):
                self.cancelled = None  # a late cancel was for the order before
                self.orders.put(message.order)
            elif isinstance(message, Cancel):
                self.cancelled = message.job_id


class _Reporter:
    """Sends progress at a bounded rate, with a small preview now and then."""

    def __init__(self, job_id: int, connection: Connection, setup: EngineSetup) -> None:
        self._job_id = job_id
        self._connection = connection
        self._setup = setup
        self._sent_at = self._reported_at = self._preview_at = float("-inf")

    def heartbeat(self) -> None:
        """Send a heartbeat, unless something was sent a short time ago."""
        now = time.monotonic()
        if now - self._sent_at >= self._setup.alive_seconds:
            self._sent_at = now
            self._connection.send(Alive())

    def report(self, progress: Progress) -> None:
        """Send a step's progress, if the last report is old enough."""
        now = time.monotonic()
        is_last = progress.step == progress.total_steps
        if now - self._reported_at < self._setup.progress_seconds and not is_last:
            return
        preview = None
        if now - self._preview_at >= self._setup.preview_seconds:
            preview = _preview(progress)
            self._preview_at = now
        self._sent_at = self._reported_at = now
        self._connection.send(
            PaintProgress(
                job_id=self._job_id,
                step=progress.step,
                total_steps=progress.total_steps,
                loss=progress.losses.total,
                content_loss=progress.losses.content,
                style_loss=progress.losses.style,
                seconds=progress.seconds,
                seconds_left=progress.seconds_left,
                preview=preview,
            )
        )


def _preview(progress: Progress) -> bytes:
    picture = progress.preview()
    picture.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=PREVIEW_QUALITY)
    return data.getvalue()
