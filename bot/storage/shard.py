"""Several bots on one database, each with its own servers: Discord's shards.

Discord sends what happens in a server to the shard (server's id >> 22) % count, and direct
messages to shard 0 (https://discord.com/developers/docs/events/gateway#sharding).
"""

import asyncio
import logging
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import MuralscapeError
from bot.storage.database import LOCKS, WRITING, Database

log = logging.getLogger(__name__)

MOST = 2**15 - 1  # shards; a lock's number holds their count and the shard's own number
LOOK_SECONDS = 10.0  # between two looks whether the shard is still held
ANSWER_SECONDS = 10.0  # that the database has to answer such a look
PATIENCE = 5.0  # seconds for a bot that has just ended to be noticed as such

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
    """Another bot on the database takes the same servers; two would answer everything twice."""


@dataclass(frozen=True)
class Shard:
    """Which servers are this bot's. Server 0 stands for direct messages."""

    id: int = 0
    count: int = 1

    def has(self, guild_id: int) -> bool:
        """Say whether a server is this bot's."""
        return (guild_id >> 22) % self.count == self.id

    def where(self, guild_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
        """Say the same in SQL."""
        if self.count == 1:
            return sa.true()
        # 22 as a literal: PostgreSQL shifts by an INTEGER, and a parameter would be a BIGINT
        return guild_id.bitwise_rshift(sa.literal_column("22")) % self.count == self.id


WHOLE = Shard()


class ShardHold:
    """Keeps other bots off this one's servers while it is entered; on PostgreSQL only.

    The database ends the hold with the process, however that ends. On SQLite the data folder's lock
    does this.
    """

    def __init__(self, database: Database, shard: Shard, patience: float = PATIENCE) -> None:
        self._database = database
        self._shard = shard
        self._patience = patience
        self._connection: AsyncConnection | None = None
        self._pid = 0  # the server's process for the connection, also when that was lost

    async def __aenter__(self) -> Self:
        """Take hold. Raises ShardTaken."""
        await self._take()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self._let_go()

    async def watch(self, every: float = LOOK_SECONDS) -> None:
        """Take hold again whenever the connection was lost. Raises ShardTaken."""
        while self._database.shared:
            await asyncio.sleep(every)
            try:
                if self._connection is None:
                    await self._take()
                else:
                    async with asyncio.timeout(ANSWER_SECONDS):
                        await self._connection.exec_driver_sql("SELECT 1")
            except (DBAPIError, OSError) as error:
                log.warning("the hold on shard %d was lost: %s", self._shard.id, error)
                await self._let_go()

    async def _take(self) -> None:
        if not self._database.shared:
            return
        self._connection = await self._database.session()
        # where the network was cut the server may not know yet that our last connection is gone
        await self._connection.execute(END_OURS, {"number": self._number, "pid": self._pid})
        pid = await self._connection.exec_driver_sql("SELECT pg_backend_pid()")
        self._pid = pid.scalar_one()
        end = asyncio.get_running_loop().time() + self._patience
        while taken := await self._taken(self._connection):
            if asyncio.get_running_loop().time() >= end:
                await self._let_go()
                raise ShardTaken(taken)
            await asyncio.sleep(0.2)

    @property
    def _number(self) -> int:
        return self._shard.count << 16 | self._shard.id

    async def _taken(self, connection: AsyncConnection) -> str:
        """Try to take the lock; say who stands against it."""
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

    async def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # closed, not given back: the lock is the connection's
            await connection.invalidate()
            await connection.close()
