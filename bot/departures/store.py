"""The SQL of the servers that the bot has left."""

import sqlalchemy as sa

from bot.departures.tables import departed
from bot.storage.database import Database
from bot.storage.shard import WHOLE, Shard


class DepartureStore:
    """Keeps the shard's departed servers, in memory too: each visit to a gallery asks for one."""

    def __init__(self, database: Database, shard: Shard = WHOLE) -> None:
        self._database = database
        self._shard = shard
        self._known: dict[int, float] | None = None

    async def all(self) -> dict[int, float]:
        """Give the departed servers, and when they were left, in Unix seconds."""
        if self._known is None:
            query = sa.select(departed).where(self._shard.where(departed.c.guild_id))
            async with self._database.read() as connection:
                found = await connection.execute(query)
                read = {row.guild_id: row.left_at for row in found}
            if self._known is None:  # else another call was faster, and may have changed it
                self._known = read
        return self._known

    @staticmethod
    def query() -> sa.Select[tuple[int]]:
        """Query the departed servers of all shards."""
        return sa.select(departed.c.guild_id)

    async def has(self, guild_id: int) -> bool:
        """Say whether the bot has left a server."""
        return guild_id in await self.all()

    async def add(self, guild_id: int, now: float) -> None:
        """Record that the bot has left a server; the first time counts."""
        known = await self.all()
        if guild_id in known:
            return
        async with self._database.write() as connection:
            row = {"guild_id": guild_id, "left_at": now}
            await connection.execute(sa.insert(departed).values(row))
        known[guild_id] = now

    async def remove(self, guild_id: int) -> None:
        """Forget that the bot has left a server."""
        known = await self.all()
        if guild_id not in known:
            return
        async with self._database.write() as connection:
            await connection.execute(sa.delete(departed).where(departed.c.guild_id == guild_id))
        known.pop(guild_id, None)
