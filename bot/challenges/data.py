"""The challenges of a server, and a member's part in them, as their data: exported and deleted."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from bot.challenges import rules
from bot.challenges.announcement_store import AnnouncementStore
from bot.challenges.model import Contest
from bot.challenges.store import ChallengeStore
from bot.challenges.upkeep import Change


class ChallengeData:
    """Serves `/privacy`, and departures: the bot has left a server, or a channel was deleted.

    `change` and `changed` are those of the challenge service; `clock` gives Unix seconds.
    """

    def __init__(
        self,
        store: ChallengeStore,
        announcements: AnnouncementStore,
        change: Change,
        changed: asyncio.Event,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._announcements = announcements
        self._change = change
        self._changed = changed
        self._clock = clock

    async def guild_ids(self) -> set[int]:
        """Give the servers that have challenges."""
        return await self._store.guild_ids()

    async def end_in(self, guild_id: int, channel_id: int | None = None) -> None:
        """Cancel a server's open challenge, or only one in a channel; nothing is announced."""
        async with self._store.database.write() as connection:
            contest = await self._store.find_open(connection, guild_id)
            if contest is None or channel_id not in (None, contest.challenge.channel_id):
                return
            await self._store.save(connection, contest, rules.cancel(contest, self._clock()))
            if channel_id is None:
                await self._announcements.end_in(connection, contest.challenge)
            else:
                await self._announcements.end_in_channel(connection, contest.challenge, channel_id)
        self._changed.set()

    async def forget_guild(self, guild_id: int) -> set[str]:
        """Delete a server's challenges; return their pictures."""
        return await self._store.forget_guild(guild_id)

    async def about_member(self, member_id: int) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield the challenges that a member started, entered or voted in, one by one."""
        async with self._store.database.read() as connection:
            numbers = await self._store.of_member(connection, member_id)
        for number in numbers:
            contest = await self._store.get(number)
            if contest is not None:
                yield [_about(contest, member_id)]

    async def forget_member(self, member_id: int) -> set[str]:
        """Forget a member in all challenges; return the pictures. Counts of closed ones stay."""
        async with self._store.database.read() as connection:
            numbers = await self._store.of_member(connection, member_id)
        pictures: set[str] = set()
        for number in numbers:
            contest = await self._store.get(number)
            if contest is not None:
                own = [entry for entry in contest.entries if entry.member_id == member_id]
                pictures |= {name for entry in own for name in entry.pictures}
                await self._change(number, lambda contest: rules.forget(contest, member_id))
        return pictures


def _about(contest: Contest, member_id: int) -> dict[str, Any]:
    challenge = contest.challenge
    about: dict[str, Any] = {
        "challenge": challenge.id,
        "guild_id": challenge.guild_id,
        "title": challenge.terms.title,
        "state": challenge.state,
        "started_by_you": challenge.host_id == member_id,
        "entries": [vars(entry) for entry in contest.entries if entry.member_id == member_id],
    }
    if challenge.is_open:
        chosen = contest.votes.get(member_id)
        about["vote"] = next((e.number for e in contest.entries if e.id == chosen), None)
    return about
