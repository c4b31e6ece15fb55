"""Shards: several bots on one database, each with its own servers.

Discord sends the events of a server to the shard (server's id >> 22) % count, and direct messages
to shard 0 (https://discord.com/developers/docs/events/gateway#sharding).
"""

import asyncio
import logging
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import MuralscapeError
from bot.storage.database import LOCKS, STORAGE_FAULTS, WRITING, Database

log = logging.getLogger(__name__)

MOST = 2**15 - 1  # shards; a lock's number holds their count and the shard's own number
CHECK_SECONDS = 10.0  # between two checks of the connection that holds the lock
CHECK_TIMEOUT = 10.0  # seconds for such a check
TAKE_TIMEOUT = 5.0  # seconds for the lock of a bot that has just ended to be released

COUNTS = sa.text(
    "SELECT DISTINCT objid::bigint >> 16 FROM pg_locks "
    "WHERE locktype = 'advisory' AND granted AND classid = :ours AND objid <> :writing "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
).bindparams(ours=LOCKS, writing=WRITING)

END_OURS = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks "
    "WHERE locktype = 'advisory' AND granted AND classid = :ours "
    "AND objid = CAST(:number AS integer) AND pid = CAST(:pid AS integer)"
).bindparams(ours=LOCKS)


class ShardTaken(MuralscapeError):
    """Another bot on the database serves the same servers; two would answer everything twice."""


@dataclass(frozen=True)
class Shard:
    """The servers of this bot. Server 0 stands for direct messages."""

    id: int = 0
    count: int = 1

    def has(self, guild_id: int) -> bool:
        """Say whether a server belongs to this shard."""
        return (guild_id >> 22) % self.count == self.id

    def where(self, guild_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
        """Make the SQL condition for servers of this shard."""
        if self.count == 1:
            return sa.true()
        # 22 as a literal: PostgreSQL shifts by an INTEGER, and a parameter would be a BIGINT
        return guild_id.bitwise_rshift(sa.literal_column("22")) % self.count == self.id


WHOLE = Shard()


class ShardLock:
    """Locks the shard in the database while it is entered, so that no other bot serves it.

    The database releases the lock when the process ends in any way. This is for PostgreSQL; on
    SQLite the lock of the data folder is enough.
    """

    def __init__(self, database: Database, shard: Shard, timeout: float = TAKE_TIMEOUT) -> None:
        self._database = database
        self._shard = shard
        self._timeout = timeout
        self._connection: AsyncConnection | None = None
        self._pid = 0  # of the server's process for the last connection

    async def __aenter__(self) -> Self:
        """Take the lock. Raises `ShardTaken` and `DatabaseUnusable`."""
        try:
            await self._take()
        except STORAGE_FAULTS as error:
            raise self._database.unusable(error) from error
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self._release()

    async def watch(self, every: float = CHECK_SECONDS) -> None:
        """Take the lock again whenever the connection was lost. Raises ShardTaken."""
        while self._database.shared:
            await asyncio.sleep(every)
            try:
                if self._connection is None:
                    await self._take()
                else:
                    async with asyncio.timeout(CHECK_TIMEOUT):
                        await self._connection.exec_driver_sql("SELECT 1")
            except STORAGE_FAULTS as error:
                log.warning("the lock on shard %d was lost: %s", self._shard.id, error)
                await self._release()

    async def _take(self) -> None:
        if not self._database.shared:
            return
        self._connection = await self._database.session()
        # after a network failure the server may not have noticed that our last connection is gone
        await self._connection.execute(END_OURS, {"number": self._number, "pid": self._pid})
        pid = await self._connection.exec_driver_sql("SELECT pg_backend_pid()")
        self._pid = pid.scalar_one()
        end = asyncio.get_running_loop().time() + self._timeout
        while taken := await self._taken(self._connection):
            if asyncio.get_running_loop().time() >= end:
                await self._release()
                raise ShardTaken(taken)
            await asyncio.sleep(0.2)

    @property
    def _number(self) -> int:
        return self._shard.count << 16 | self._shard.id

    async def _taken(self, connection: AsyncConnection) -> str:
        """Try to take the lock; give the reason where that fails, else an empty text."""
        shard, number = self._shard, self._number
        got = await connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({LOCKS}, {number})")
        if not got.scalar_one():
            return (
                f"another bot has shard {shard.id} of {shard.count} on this database; stop it, or "
                "give each bot a discord.shard_id of its own"
            )
        counts = await connection.execute(COUNTS)
        others = set(counts.scalars()) - {shard.count}
        if others:
            await connection.exec_driver_sql(f"SELECT pg_advisory_unlock({LOCKS}, {number})")
            return (
                f"another bot on this database counts {others.pop()} shards, this one "
                f"{shard.count}; discord.shard_count must be the same for all"
            )
        return ""

    async def _release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # closed instead of returned to the pool, because the lock belongs to the connection
            await connection.invalidate()
            await connection.close()
