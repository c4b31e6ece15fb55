"""Starts a decoding child and asks it. Blocks: the bot calls it in a thread of its own."""

import contextlib
import fcntl
import os
import select
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from typing import IO

from engine.decoding.messages import (
    MOST_JSON,
    READY,
    Answer,
    Task,
    read_answer,
    task_frame,
)
from engine.decoding.pixels import SharedPixels
from engine.environment import KEEP_MEMORY, for_children
from engine.errors import ImageRejected, OutputRejected, Stopped
from engine.frames import receive
from engine.motion.clip import SOUND_BYTES

START_SECONDS = 60.0  # until a child must be warm, on the slowest machine
LOOK_SECONDS = 0.1  # between two looks at `should_stop`
PIPE_BYTES = 2**20  # as much as Linux lets everybody have
TakePixels = Callable[[tuple[int, int], memoryview], None]
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
_TOO_SLOW = (signal.SIGXCPU,)


class Child:
    """A process that decodes one picture at a time, until a picture ends it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._pipes: list[IO[bytes]] = []  # to the process, and from it
        self._pixels: SharedPixels | None = None  # memory that both share

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The id of the process; None before the start."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process and wait until it is warm. Raises OSError where that fails."""
        self._pixels = SharedPixels()
        descriptor = self._pixels.descriptor
        self._process = subprocess.Popen(  # noqa: S603 - our own module and a number
            [sys.executable, "-P", "-m", "engine.decoding", str(descriptor)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**for_children(), **_ONE_THREAD, **KEEP_MEMORY},
            pass_fds=[descriptor],
            umask=0o077,
            bufsize=0,
        )
        self._pipes = [pipe for pipe in (self._process.stdin, self._process.stdout) if pipe]
        weakref.finalize(self, _end, self._process, (*self._pipes, self._pixels))
        for pipe in self._pipes:
            os.set_blocking(pipe.fileno(), False)
            with contextlib.suppress(AttributeError, OSError):  # Linux only
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        if self._receive(len(READY), _Deadline(START_SECONDS)) != READY:
            self.kill()
            raise OSError("the decoding child does not start")

    def ask(
        self,
        task: Task,
        data: bytes,
        should_stop: Callable[[], bool] | None = None,
        take_pixels: TakePixels | None = None,
    ) -> Answer:
        """Have a file decoded within the task's limits.

        The pixels of a `decode` go to `take_pixels`: the width and height, and RGB or RGBA bytes by
        row, which are there until it returns.

        Raises ImageRejected where the file is no picture that can be painted, or costs more than
        allowed; OutputRejected where a result does not fit; Stopped once `should_stop` says so.
        After the last, and after a cost that is too high, the child is dead.
        """
        if self._process is None:
            raise OSError("the decoding child was not started")
        deadline = _Deadline(task.effort.wall_seconds, should_stop)
        try:
            self._send(task_frame(task, len(data)), data, deadline)
            answer = self._answer(task, deadline, take_pixels)
        except TimeoutError:
            self.kill()
            raise _too_slow(task) from None
        except (OSError, EOFError, TypeError, ValueError):  # it is dead, or no longer itself
            self.kill()
            raise _ended(task, self._process.returncode) from None
        except BaseException:  # stopped, or interrupted in the middle of an answer
            self.kill()
            raise
        if answer.refused:
            raise ImageRejected(answer.sentence)
        if answer.unwritable:
            raise OutputRejected(answer.sentence)
        return answer

    def _answer(self, task: Task, deadline: "_Deadline", take_pixels: TakePixels | None) -> Answer:
        """Receive an answer. Raises ValueError where it is not one to this task."""
        text, size = receive(
            partial(self._receive, deadline=deadline), MOST_JSON, _most_bytes(task)
        )
        answer = read_answer(text, self._receive(size, deadline))
        pixels = answer.width * answer.height
        if task.kind not in ("decode", "film") or not pixels:
            return answer
        if take_pixels is None or self._pixels is None or pixels > _most_pixels(task):
            raise ValueError("not the pixels that were asked for")
        bytes_of_a_pixel = 4 if task.with_alpha else 3
        self._pixels.read(
            bytes_of_a_pixel * pixels, partial(take_pixels, (answer.width, answer.height))
        )
        return answer

    def kill(self) -> None:
        """End the process; safe to call from another thread while it is asked."""
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """End the process and close its pipes; nothing may be asked any more."""
        if self._process is not None:
            _end(self._process, [*self._pipes, *([self._pixels] if self._pixels else [])])

    def _send(self, frame: bytes, data: bytes, deadline: "_Deadline") -> None:
        pipe = self._pipes[0].fileno()
        for part in (frame, data):
            left = memoryview(part)
            while left:
                deadline.wait(writing=pipe)
                with contextlib.suppress(BlockingIOError):
                    left = left[os.write(pipe, left) :]

    def _receive(self, size: int, deadline: "_Deadline") -> bytearray:
        pipe = self._pipes[1].fileno()
        data = bytearray(size)
        left = memoryview(data)
        while left:
            deadline.wait(reading=pipe)
            with contextlib.suppress(BlockingIOError):
                count = os.readv(pipe, [left])
                if count == 0:
                    raise EOFError("the decoding child ended")
                left = left[count:]
        return data


def _end(process: subprocess.Popen[bytes], pipes: Sequence[IO[bytes] | SharedPixels]) -> None:
    process.kill()
    process.wait()
    for pipe in pipes:
        pipe.close()


class _Deadline:
    """When to give up waiting for a pipe."""

    def __init__(self, seconds: float, should_stop: Callable[[], bool] | None = None) -> None:
        self._at = time.monotonic() + seconds
        self._should_stop = should_stop

    def wait(self, *, reading: int | None = None, writing: int | None = None) -> None:
        """Wait until a pipe is ready. Raises TimeoutError, or Stopped."""
        look = select.poll()
        if reading is not None:
            look.register(reading, select.POLLIN)
        if writing is not None:
            look.register(writing, select.POLLOUT)
        while True:
            left = self._at - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if look.poll(min(left, LOOK_SECONDS) * 1000):
                return
            if self._should_stop is not None and self._should_stop():
                raise Stopped


def _most_pixels(task: Task) -> int:
    """How many pixels an answer to a task has at most."""
    return task.frames * task.side**2 if task.kind == "film" else task.limits.max_pixels


def _most_bytes(task: Task) -> int:
    """The largest answer to a task."""
    return {
        "check": 0,
        "decode": 0,
        "shrink": 4 * task.side**2 + 2**20,
        "sheet": 4 * task.side**2 + 2**20,
        "fit": task.max_bytes,
        "film": SOUND_BYTES,
        "measure": 0,
    }[task.kind]


def _too_slow(task: Task) -> ImageRejected:
    if task.kind in ("film", "measure", "sheet"):
        return ImageRejected(
            "{name} takes too long to decode; choose a shorter or smaller one.", name=task.name
        )
    return ImageRejected(
        "{name} takes too long to decode; save it again as a plain JPEG or PNG.", name=task.name
    )


def _ended(task: Task, code: int | None) -> ImageRejected:
    """Say why a picture ended the child."""
    if code is not None and -code in _TOO_SLOW:
        return _too_slow(task)
    return ImageRejected(
        "{name} cannot be decoded within the memory that there is for it; "
        "save it again as a plain JPEG or PNG, or choose a smaller picture.",
        name=task.name,
    )
