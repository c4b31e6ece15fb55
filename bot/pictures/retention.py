"""Which pictures may go: those that nothing refers to any more."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

from bot.errors import PictureGone
from bot.pictures.store import PictureStore

log = logging.getLogger(__name__)

BATCH = 500  # names asked of the database at a time

T = TypeVar("T")


class PictureUser(Protocol):
    """A store whose rows refer to pictures."""

    async def pictures_in_use(self, among: Collection[str]) -> set[str]:
        """Say which of these pictures its rows refer to."""


class PictureRetention:
    """Deletes pictures that none of its `users` needs.

    Referring to a picture and deleting it exclude each other, so that no row ever refers to a
    picture that is being deleted. `grace` is how many seconds a picture without references is
    left alone by the sweep, because an intake stores a picture before the row that refers to it.
    """

    def __init__(
        self,
        pictures: PictureStore,
        users: Sequence[PictureUser],
        clock: Callable[[], float],
        grace: float = 3600.0,
    ) -> None:
        self.pictures = pictures
        self._users = users
        self._clock = clock
        self._grace = grace
        self._lock = asyncio.Lock()

    def add_users(self, users: Sequence[PictureUser]) -> None:
        """Ask these too from now on; to be called before anything is deleted."""
        self._users = (*self._users, *users)

    @asynccontextmanager
    async def referring_to(self, names: Sequence[str]) -> AsyncIterator[None]:
        """Hold these pictures while a row that refers to them is written.

        Raises `PictureGone` where one of them is not there.
        """
        async with self._lock:
            if not await self.pictures.has(names):
                raise PictureGone
            yield

    async def release(self, names: Collection[str]) -> None:
        """Delete those of the pictures that nothing refers to."""
        for batch in _batches(sorted(names)):
            async with self._lock:
                await self.pictures.remove(sorted(set(batch) - await self._in_use(batch)))

    async def sweep(self) -> int:
        """Delete the pictures that a crash or a refused job left behind; return how many."""
        swept = 0
        for batch in _batches(await self.pictures.names()):
            async with self._lock:
                old = await self.pictures.older_than(self._clock() - self._grace, batch)
                orphans = old - await self._in_use(old)
                await self.pictures.remove(sorted(orphans))
            swept += len(orphans)
        return swept

    async def _in_use(self, names: Collection[str]) -> set[str]:
        used: set[str] = set()
        for user in self._users:
            used |= await user.pictures_in_use(names)
        return used


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[start : start + BATCH] for start in range(0, len(names), BATCH))


async def retry_if_deleted(attempt: Callable[[], Awaitable[T]]) -> T:
    """Store pictures and write the row that refers to them, once more where one was gone.

    Pictures are kept by content: another's deletion of an equal one may come between the two.
    `attempt` does both, and stores its pictures anew each time.
    """
    try:
        return await attempt()
    except PictureGone:
        return await attempt()


async def sweep_forever(
    forget: Callable[[float], Awaitable[int]],
    retention: PictureRetention,
    clock: Callable[[], float],
    keep_seconds: float,
    interval: float = 3600.0,
) -> None:
    """Every `interval` seconds, forget what is older than `keep_seconds`, then sweep.

    `forget` is given a moment and deletes the rows that ended before it.
    """
    while True:
        try:
            forgotten = await forget(clock() - keep_seconds)
            swept = await retention.sweep()
        except Exception:  # a full disk or a locked database may be over in an hour
            log.exception("the sweep of old pictures failed; it runs again in %.0f s", interval)
        else:
            log.info("sweep: %d jobs forgotten, %d stray pictures deleted", forgotten, swept)
        await asyncio.sleep(interval)
