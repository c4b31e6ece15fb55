"""Hears from Discord which servers the bot is in, and asks it which members have left."""

import asyncio
import logging

import discord

from bot.departures.service import DepartureService
from bot.discord_io.access import Access
from bot.discord_io.sending import SendError
from bot.jobs.data import JobData
from bot.people import OUTSIDE

log = logging.getLogger(__name__)


class DepartureWatch:
    """Follows servers by events, and members by questions, every `interval` seconds.

    Discord reports members that leave only to bots with the privileged intent for members. An
    outage is not a departure: such a server stays among the client's.
    """

    def __init__(
        self,
        client: discord.Client,
        departures: DepartureService,
        access: Access,
        data: JobData,
        interval: float,
    ) -> None:
        self._client = client
        self._departures = departures
        self._access = access
        self._data = data
        self._interval = interval

    async def connected(self) -> None:
        """Compare the stored servers with those that Discord lists."""
        await self._access.forget()
        await self._compare()

    async def left(self, guild: discord.Guild) -> None:
        """The bot was removed from a server."""
        await self._departures.left(guild.id)

    async def back(self, guild: discord.Guild) -> None:
        """The bot was added to a server, or an outage has ended."""
        await self._departures.back(guild.id)

    async def rules_changed(self, change: discord.RawAppCommandPermissionsUpdateEvent) -> None:
        """A server's managers changed the permissions of a command."""
        await self._access.forget(change.guild.id)

    async def run(self) -> None:
        """Delete what is due, and cancel the jobs of members that have left; until cancelled.

        Compares before: a full disk may have kept an event from being noted.
        """
        while True:
            try:
                if self._client.is_ready():
                    await self._compare()
                await self._departures.purge(self._is_in)
                if self._client.is_ready():
                    await self._end_jobs_of_leavers()
            except Exception:  # the database may be back in a moment
                log.exception("departures failed; next try in %.0f s", self._interval)
            await asyncio.sleep(self._interval)

    async def _compare(self) -> None:
        await self._departures.compare(self._is_in)

    def _is_in(self, guild_id: int) -> bool:
        return self._client.get_guild(guild_id) is not None

    async def _end_jobs_of_leavers(self) -> None:
        for guild_id, member_id in sorted(await self._data.waiting_members()):
            guild = self._client.get_guild(guild_id)
            if guild_id == OUTSIDE or guild is None or guild.unavailable:
                continue
            try:
                there = await self._access.is_member(guild_id, member_id)
            except SendError as error:
                log.warning("server %d: cannot ask for a member: %s", guild_id, error)
                continue
            if not there:
                await self._data.end_in(guild_id, member_id)
