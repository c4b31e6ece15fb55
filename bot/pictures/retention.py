"""Deletes pictures that no row refers to any more."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, TypeVar

import sqlalchemy as sa

from bot.errors import PictureGone
from bot.pictures.model import StoredPicture
from bot.pictures.store import PictureStore
from bot.storage.database import STORAGE_FAULTS

log = logging.getLogger(__name__)

BATCH = 500  # names in one statement

Names = sa.Select[tuple[str | None]]  # a query for the names of pictures
Adopt = Callable[..., Awaitable[StoredPicture]]  # `PictureRetention.adopt`
T = TypeVar("T")


class Ledger(Protocol):
    """Records what is stored, so that its bytes can be summed; see `PictureLedger`."""

    async def record(self, stored: Collection[StoredPicture]) -> None:
        """Record pictures; those that are known stay as they are."""

    async def find(self, name: str) -> StoredPicture | None:
        """Give what is recorded of a picture."""

    async def forget(self, names: Collection[str]) -> None:
        """Forget pictures that were deleted."""

    async def bytes_of(self, queries: Sequence[Names]) -> int:
        """Sum up the bytes of all pictures that any of these queries names, each once."""


class PictureUser(Protocol):
    """A store that has rows which refer to pictures."""

    async def pictures_in_use(self, among: Collection[str]) -> set[str]:
        """Give those of these pictures that a row refers to."""

    def pictures_held(self, guild_id: int, member_id: int | None) -> Sequence[Names]:
        """Query the pictures that rows of a server refer to, or only those of a member there."""


class PictureRetention:
    """Deletes pictures to which none of its `users` refers.

    A lock keeps rows from beginning to refer to a picture while it is being deleted. The sweep
    leaves pictures alone for `grace` seconds, because an intake stores a picture before the row
    that refers to it. The ledger follows what is on the disk.
    """

    def __init__(
        self,
        pictures: PictureStore,
        ledger: Ledger,
        users: Sequence[PictureUser],
        clock: Callable[[], float],
        grace: float = 3600.0,
    ) -> None:
        self.pictures = pictures
        self.ledger = ledger
        self._users = users
        self._clock = clock
        self._grace = grace
        self._lock = asyncio.Lock()
        self._awaited: Counter[str] = Counter()  # pictures that a row will refer to in a moment

    def add_users(self, users: Sequence[PictureUser]) -> None:
        """Add stores to ask; call this before anything is deleted."""
        self._users = (*self._users, *users)

    async def open(self) -> None:
        """Record pictures that the ledger lacks, such as those of an older version."""
        found = await self.pictures.bytes_of(await self.pictures.names())
        await self.ledger.record([StoredPicture(name, size) for name, size in found.items()])

    async def put(self, data: bytes, size: tuple[int, int] = (0, 0)) -> StoredPicture:
        """Store bytes, of a picture of this width and height."""
        stored = StoredPicture(await self.pictures.put(data), len(data), *size)
        await self.ledger.record([stored])
        return stored

    async def adopt(self, file: Path, size: tuple[int, int] = (0, 0)) -> StoredPicture:
        """Move a file from a work folder into the store."""
        length = (await asyncio.to_thread(file.stat)).st_size
        stored = StoredPicture(await self.pictures.adopt(file), length, *size)
        await self.ledger.record([stored])
        return stored

    @asynccontextmanager
    async def adopting(self) -> AsyncIterator[Adopt]:
        """Give a function like `adopt`; what it moves stays until the block ends.

        A file that was moved cannot be stored again, and another row with an equal picture may be
        deleted before a new row refers to it. What no row refers to at the end is deleted, by the
        next sweep where the block or the deletion fails.
        """
        moved: list[str] = []

        async def adopt(file: Path, size: tuple[int, int] = (0, 0)) -> StoredPicture:
            async with self._lock:
                stored = await self.adopt(file, size)
                moved.append(stored.name)
                self._awaited[stored.name] += 1
            return stored

        try:
            yield adopt
        finally:
            self._awaited -= Counter(moved)
        try:
            await self.release(moved)
        except STORAGE_FAULTS as error:
            log.warning("the next sweep deletes what no row refers to: %s", error)

    async def bytes_held(self, guild_id: int, member_id: int | None = None) -> int:
        """Sum up the bytes of a server's pictures, or of a member's there; each picture once."""
        queries = [
            query for user in self._users for query in user.pictures_held(guild_id, member_id)
        ]
        return await self.ledger.bytes_of(queries)

    @asynccontextmanager
    async def referring_to(self, names: Sequence[str]) -> AsyncIterator[None]:
        """Protect these pictures while a row that refers to them is written.

        Raises `PictureGone` where one of them is missing.
        """
        async with self._lock:
            if not await self.pictures.has(names):
                raise PictureGone
            yield

    async def keeps(self, names: Sequence[str]) -> bool:
        """Say whether all of these pictures are stored, and stay because rows refer to them."""
        return set(names) <= await self._in_use(names) and await self.pictures.has(names)

    async def release(self, names: Collection[str]) -> None:
        """Delete those of these pictures that no row refers to."""
        for batch in batches(sorted(names)):
            async with self._lock:
                await self._remove(set(batch) - await self._in_use(batch))

    async def sweep(self) -> int:
        """Delete the orphans that a crash or a refused job left; return how many."""
        swept = 0
        for batch in batches(await self.pictures.names()):
            async with self._lock:
                old = await self.pictures.older_than(self._clock() - self._grace, batch)
                orphans = old - await self._in_use(old)
                await self._remove(orphans)
            swept += len(orphans)
        return swept

    async def _remove(self, names: set[str]) -> None:
        if names:
            # In this order: an equal picture that is stored meanwhile stays in the ledger.
            await self.ledger.forget(names)
            await self.pictures.remove(sorted(names))

    async def _in_use(self, names: Collection[str]) -> set[str]:
        used = set(names) & self._awaited.keys()
        for user in self._users:
            used |= await user.pictures_in_use(names)
        return used


def batches(names: Sequence[str]) -> Iterable[Sequence[str]]:
    """Cut names into parts that fit into one statement."""
    return (names[start : start + BATCH] for start in range(0, len(names), BATCH))


async def retry_if_deleted(attempt: Callable[[], Awaitable[T]]) -> T:
    """Run `attempt`, which stores pictures and the row that refers to them; once more if needed.

    Equal pictures are stored once, so between the two steps another member's deletion may remove
    one. The second attempt stores the pictures again.
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
    """Every `interval` seconds, delete what is older than `keep_seconds`, then sweep.

    `forget` takes a time in Unix seconds and deletes the jobs that ended before it.
    """
    while True:
        try:
            forgotten = await forget(clock() - keep_seconds)
            swept = await retention.sweep()
        except Exception:  # a full disk or a locked database may be over in an hour
            log.exception("the sweep of old pictures failed; it runs again in %.0f s", interval)
        else:
            log.info("sweep: deleted %d old jobs and %d orphaned pictures", forgotten, swept)
        await asyncio.sleep(interval)
