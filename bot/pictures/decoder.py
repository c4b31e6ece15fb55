"""Decodes pictures in child processes; the bot's own process never does."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Self

from bot.languages.speech import english
from bot.pictures.turns import THE_BOT, Owner, Turns
from engine.decoding.client import Child
from engine.decoding.messages import Answer, Task
from engine.errors import ImageRejected, Sentence
from engine.picture_limits import (
    CLIP_EFFORT,
    ENCODING_EFFORT,
    FILM_EFFORT,
    FULL_EFFORT,
    OWN_LIMITS,
    UPLOAD_EFFORT,
    PictureLimits,
)

log = logging.getLogger(__name__)

MOST_CHILDREN = 3  # at a time; each has some 60 MiB when it is idle
IDLE_SECONDS = 60.0  # after which all children but one are ended


class Decoder:
    """A pool of decoding children. One is warm always; a child that a picture ends is replaced.

    Each member decodes one picture at a time, and a server never takes all children.
    """

    def __init__(self, most: int = MOST_CHILDREN) -> None:
        self._turns = Turns(most)
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="decoding")
        self._background: set[asyncio.Task[None]] = set()
        self._ending: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of the children."""
        return tuple(child.pid for child in (*self._idle, *self._busy) if child.pid is not None)

    async def __aenter__(self) -> Self:
        await self._warm_up()
        return self

    async def __aexit__(self, *_error: object) -> None:
        """End all children at once: calls that wait for an answer raise an error."""
        self._closed = True
        if self._ending:
            self._ending.cancel()
        for child in (*self._idle, *self._busy):
            child.kill()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        self._threads.shutdown(wait=True, cancel_futures=True)
        for child in self._idle:
            child.close()

    async def check(
        self, data: bytes, limits: PictureLimits, name: str, owner: Owner
    ) -> tuple[int, int]:
        """Give the width and height of the upright picture. Raises ImageRejected."""
        answer = await self._ask(Task("check", english(name), limits, UPLOAD_EFFORT), data, owner)
        return answer.width, answer.height

    async def check_painting(self, data: bytes, owner: Owner) -> tuple[int, int]:
        """Give the width and height of one of our own paintings. Raises ImageRejected."""
        task = Task("check", Sentence("The painting"), OWN_LIMITS, FULL_EFFORT)
        answer = await self._ask(task, data, owner)
        return answer.width, answer.height

    async def measure_film(
        self, data: bytes, limits: PictureLimits, name: str, owner: Owner, seconds: float
    ) -> Answer:
        """Measure the first `seconds` of a moving picture: its size, and the seconds of each frame.

        Raises ImageRejected.
        """
        return await self._ask(
            Task("measure", english(name), limits, CLIP_EFFORT, seconds=seconds), data, owner
        )

    async def sheet(
        self, data: bytes, side: int, quality: int, frames: int, owner: Owner = THE_BOT
    ) -> bytes:
        """Encode so many frames of a film, evenly over its time, as one JPEG `side` pixels long.

        `frames` is a square number. Raises ImageRejected.
        """
        task = Task(
            "sheet",
            Sentence("The picture"),
            OWN_LIMITS,
            FILM_EFFORT,
            side=side,
            extension=".jpg",
            quality=quality,
            frames=frames,
        )
        return bytes((await self._ask(task, data, owner)).data)

    async def check_film(self, data: bytes, owner: Owner) -> tuple[int, int]:
        """Give the width and height of a painted film. Raises ImageRejected."""
        task = Task("measure", Sentence("The film"), OWN_LIMITS, FILM_EFFORT)
        answer = await self._ask(task, data, owner)
        return answer.width, answer.height

    async def shrink(
        self,
        data: bytes,
        side: int,
        extension: str = ".jpg",
        quality: int = 85,
        owner: Owner = THE_BOT,
        number: int = 0,
    ) -> bytes:
        """Encode a stored picture with at most `side` pixels on its long side.

        A `number` other than 0 is drawn on it.
        """
        task = Task(
            "shrink",
            "The picture",
            OWN_LIMITS,
            FULL_EFFORT,
            side=side,
            extension=extension,
            quality=quality,
            number=number,
        )
        return bytes((await self._ask(task, data, owner)).data)

    async def fit(self, data: bytes, max_bytes: int, owner: Owner = THE_BOT) -> Answer:
        """Encode a painting in at most `max_bytes` bytes. Raises OutputRejected."""
        task = Task("fit", "The painting", OWN_LIMITS, ENCODING_EFFORT, max_bytes=max_bytes)
        return await self._ask(task, data, owner)

    async def _ask(self, task: Task, data: bytes, owner: Owner) -> Answer:
        if not data:
            raise ImageRejected("{name} is empty; choose a picture.", name=task.name)
        async with self._turns.of(owner):
            if self._closed:
                raise RuntimeError("the decoder is closed")
            child = self._idle.pop() if self._idle else Child()
            self._busy.add(child)
            asking = asyncio.get_running_loop().run_in_executor(
                self._threads, partial(_ask, child, task, data)
            )
            try:
                # Shielded: the thread ends when the child does, and only then the turn is over.
                return await asyncio.shield(asking)
            except asyncio.CancelledError:
                child.kill()
                await asyncio.gather(asking, return_exceptions=True)
                raise
            finally:
                self._busy.discard(child)
                self._take_back(child)

    def _take_back(self, child: Child) -> None:
        if child.alive and not self._closed:
            self._idle.append(child)
        else:
            child.close()
            if not self._closed and not self._idle:
                starting = asyncio.create_task(self._warm_up())
                self._background.add(starting)
                starting.add_done_callback(self._background.discard)
        if len(self._idle) > 1 and self._ending is None:
            loop = asyncio.get_running_loop()
            self._ending = loop.call_later(IDLE_SECONDS, self._end_idle)

    def _end_idle(self) -> None:
        self._ending = None
        if not self._busy:
            while len(self._idle) > 1:
                self._idle.pop().close()
        elif len(self._idle) > 1:
            loop = asyncio.get_running_loop()
            self._ending = loop.call_later(IDLE_SECONDS, self._end_idle)

    async def _warm_up(self) -> None:
        """Start a child, so that the next picture does not wait for that."""
        child = Child()
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, child.start)
        except OSError:
            log.exception("no decoding child could be started; the next picture tries again")
            child.close()
            return
        if self._closed:
            child.close()
        else:
            self._idle.append(child)


def _ask(child: Child, task: Task, data: bytes) -> Answer:
    if not child.alive:
        child.start()
    return child.ask(task, data)
