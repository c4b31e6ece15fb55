"""Ends challenges when their channel is deleted, also while the bot was away."""

import logging

import discord

from bot.challenges.data import ChallengeData
from bot.challenges.store import ChallengeStore
from bot.discord_io.sending import RouteClosed, SendError, explained

log = logging.getLogger(__name__)


class ChannelWatch:
    """Follows deletions of channels and threads."""

    def __init__(self, client: discord.Client, store: ChallengeStore, data: ChallengeData) -> None:
        self._client = client
        self._store = store
        self._data = data

    async def channel_deleted(self, channel: discord.abc.GuildChannel) -> None:
        """A channel was deleted."""
        await self._data.end_in(channel.guild.id, channel.id)

    async def thread_deleted(self, thread: discord.RawThreadDeleteEvent) -> None:
        """A thread was deleted."""
        await self._data.end_in(thread.guild_id, thread.thread_id)

    async def connected(self) -> None:
        """Ask for the channels of open challenges that Discord has not listed."""
        for challenge in await self._store.open():
            guild = self._client.get_guild(challenge.guild_id)
            if guild is None or guild.unavailable:
                continue
            if guild.get_channel_or_thread(challenge.channel_id) is not None:
                continue
            try:
                with explained():
                    await self._client.fetch_channel(challenge.channel_id)  # an archived thread is
            except RouteClosed as error:
                if isinstance(error.__cause__, discord.NotFound):
                    await self._data.end_in(challenge.guild_id, challenge.channel_id)
            except SendError as error:
                log.warning("challenge %d: cannot ask for its channel: %s", challenge.id, error)
