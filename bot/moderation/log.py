"""Sends the entries of the moderators' log, each once, several in one message.

After a crash a message is recognised by its nonce, or by its last line.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence

import discord

from bot.back_off import BackOff
from bot.discord_io.components import view_of
from bot.discord_io.sending import NotNow, Outgoing, SendError, is_ours, send_once
from bot.guilds.service import GuildService
from bot.moderation import card
from bot.moderation.log_store import LogStore, WaitingEntry
from bot.moderation.rules import batch

log = logging.getLogger(__name__)

PAUSE = 5.0  # seconds between two messages in a server
TRIES = BackOff(first=5.0, longest=3600.0)
KEPT = 86_400.0  # seconds that an entry waits for a channel that takes no messages


class LogWriter:
    """Sends what is noted, in the language of the server. `clock` gives Unix seconds."""

    def __init__(
        self,
        client: discord.Client,
        store: LogStore,
        guilds: GuildService,
        draw_nonce: Callable[[], str],
        clock: Callable[[], float],
        pause: float = PAUSE,
    ) -> None:
        self._client = client
        self._store = store
        self._guilds = guilds
        self._draw_nonce = draw_nonce
        self._clock = clock
        self._pause = pause
        self._failures: dict[int, int] = {}
        self._next_try: dict[int, float] = {}
        self._problems: dict[int, tuple[int, SendError]] = {}  # with the channel

    def problem(self, guild_id: int) -> str:
        """Say why a server's log cannot be written; empty where it can."""
        found = self._problems.get(guild_id)
        return "" if found is None else card.log_problem(*found)

    def retry(self, guild_id: int) -> None:
        """Try at once: the channel was changed."""
        self._start_over(guild_id)
        self._store.noted.set()

    async def run(self) -> None:
        """Send what is noted, at most one message for each server in `pause` seconds."""
        await self._client.wait_until_ready()
        while True:
            self._store.noted.clear()
            left = await self.send()
            await asyncio.sleep(self._pause)
            if not left:
                due = min(self._next_try.values(), default=None)
                timeout = None if due is None else max(0.0, due - self._clock())
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._store.noted.wait(), timeout)

    async def send(self) -> bool:
        """Send one message for each server; say whether there is more that can be sent."""
        left = False
        waiting = await self._store.waiting()
        for guild_id in self._next_try.keys() - waiting.keys():
            del self._next_try[guild_id]
        for guild_id, entries in waiting.items():
            if self._clock() < self._next_try.get(guild_id, 0.0):
                continue
            channel_id = await self._guilds.log_channel(guild_id)
            if channel_id is None:
                await self._store.remove(entries)
                continue
            with await self._guilds.voice(guild_id):
                chosen = _next(entries)
                text = _text(chosen)
            try:
                await self._send(channel_id, chosen, text)
            except SendError as error:
                await self._put_off(guild_id, channel_id, entries, error)
                continue
            await self._store.remove(chosen)
            self._start_over(guild_id)
            left = left or len(chosen) < len(entries)
        return left

    def _start_over(self, guild_id: int) -> None:
        for remembered in (self._failures, self._next_try, self._problems):
            remembered.pop(guild_id, None)

    async def _send(self, channel_id: int, entries: Sequence[WaitingEntry], text: str) -> None:
        first, last = entries[0], entries[-1]
        nonce = first.nonce or self._draw_nonce()
        await send_once(
            self._client.get_partial_messageable(channel_id),
            Outgoing(text, view_of(), nonce),
            begin=lambda: self._store.began(entries, nonce, self._clock()),
            unclear_since=first.began_at,
            arrived=lambda message: is_ours(
                self._client,
                message,
                nonce,
                lambda text: card.has_marker(text, first.id, last.id),
            ),
        )

    async def _put_off(
        self, guild_id: int, channel_id: int, entries: Sequence[WaitingEntry], error: SendError
    ) -> None:
        """Record a failure, and when to try again; entries that waited for a day are left out."""
        failures = self._failures[guild_id] = self._failures.get(guild_id, 0) + 1
        seconds = TRIES.after(failures)
        self._next_try[guild_id] = self._clock() + seconds
        log.warning("server %d: its log: next try in %.0f s: %s", guild_id, seconds, error)
        if not isinstance(error, NotNow):
            self._problems[guild_id] = channel_id, error
        old = [one for one in entries if one.at < self._clock() - KEPT]
        if old:
            await self._store.remove(old)


def _next(entries: Sequence[WaitingEntry]) -> Sequence[WaitingEntry]:
    """Choose the entries of the next message: those of one that has begun, or the oldest."""
    nonce = entries[0].nonce
    if nonce is not None:
        return [one for one in entries if one.nonce == nonce]
    return entries[: batch([card.line(one.entry, one.at) for one in entries])]


def _text(entries: Sequence[WaitingEntry]) -> str:
    lines = [card.line(one.entry, one.at) for one in entries]
    return "\n".join([*lines, card.marker(entries[0].id, entries[-1].id)])
