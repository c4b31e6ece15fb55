"""Ends what is under way in servers that the bot has left, and deletes their data later."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from bot.departures.store import DepartureStore
from bot.people import OUTSIDE, GuildDataSource
from bot.pictures.retention import PictureRetention
from bot.storage.shard import Shard

log = logging.getLogger(__name__)


class DepartureService:
    """Follows which servers the bot is in.

    `sources` keep data of servers. `clock` gives Unix seconds; after `grace` seconds the data of a
    server is deleted, unless the bot is back. The servers of `shard` are this bot's.
    """

    def __init__(
        self,
        store: DepartureStore,
        sources: Sequence[GuildDataSource],
        retention: PictureRetention,
        shard: Shard,
        clock: Callable[[], float],
        grace: float,
    ) -> None:
        self._store = store
        self._sources = sources
        self._retention = retention
        self._shard = shard
        self._clock = clock
        self._grace = grace
        self._changing = asyncio.Lock()  # events of a server are handled one after another

    async def left(self, guild_id: int) -> None:
        """Close a server's gallery and end what is under way there; its data is kept for now."""
        async with self._changing:
            await self._leave(guild_id)

    async def back(self, guild_id: int) -> None:
        """Keep the data of a server that the bot is in again."""
        async with self._changing:
            await self._store.remove(guild_id)

    async def compare(self, is_in: Callable[[int], bool]) -> None:
        """Notice what happened while the bot was away, or could not be noted.

        `is_in` says whether the bot is in a server now: that may change during this.
        """
        async with self._changing:
            for guild_id in filter(is_in, tuple(await self._store.all())):
                await self._store.remove(guild_id)
        stored = await self._stored()
        async with self._changing:
            for guild_id in sorted(stored - (await self._store.all()).keys()):
                if not is_in(guild_id):
                    await self._leave(guild_id)

    async def purge(self, is_in: Callable[[int], bool]) -> None:
        """Delete the data of servers that were left longer ago than the grace.

        Not of one that the bot is in, by `is_in`: its return could not be noted yet.
        """
        for guild_id, left_at in sorted((await self._store.all()).items()):
            if left_at + self._grace <= self._clock():
                await self._purge(guild_id, is_in)

    async def _leave(self, guild_id: int) -> None:
        await self._store.add(guild_id, self._clock())
        for source in self._sources:
            await source.end_in(guild_id)
        log.info("server %d: the bot was removed; data is deleted in %.0f s", guild_id, self._grace)

    async def _purge(self, guild_id: int, is_in: Callable[[int], bool]) -> None:
        async with self._changing:
            # The bot may have come back a moment ago.
            if is_in(guild_id) or not await self._store.has(guild_id):
                return
            pictures: set[str] = set()
            for source in self._sources:
                pictures |= await source.forget_guild(guild_id)
            await self._retention.release(pictures)
            if guild_id not in await self._stored():  # else a job is still being cancelled
                await self._store.remove(guild_id)
                log.info("server %d: its data is deleted", guild_id)

    async def _stored(self) -> set[int]:
        found: set[int] = set()
        for source in self._sources:
            found |= await source.guild_ids()
        return {one for one in found if one != OUTSIDE and self._shard.has(one)}
