"""Shares a bounded number of turns among servers and their members."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Owner:
    """The member that work is done for; all visitors of the bot's pages are one owner."""

    guild_id: int
    member_id: int


THE_BOT = Owner(0, 0)  # what the bot does for itself, such as a server's first styles
VISITORS = Owner(0, 1)


class Turns:
    """At most `total` turns at a time, one for each member, and all but one for each server.

    So one member, or one server, never keeps the others waiting. Among those that may go on, the
    server with the fewest turns goes first, then the one that has waited longest.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._members: Counter[Owner] = Counter()
        self._guilds: Counter[int] = Counter()
        self._waiting: list[tuple[Owner, asyncio.Future[None]]] = []

    @property
    def taken(self) -> int:
        """How many turns are taken now."""
        return self._guilds.total()

    @asynccontextmanager
    async def of(self, owner: Owner) -> AsyncIterator[None]:
        """Wait for a turn, and have it until the block ends."""
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((owner, ready))
        self._give()
        try:
            await ready
        except asyncio.CancelledError:
            if ready.done() and not ready.cancelled():
                self._end(owner)
            else:
                self._waiting.remove((owner, ready))
            raise
        try:
            yield
        finally:
            self._end(owner)

    def _give(self) -> None:
        while self.taken < self._total:
            able = [entry for entry in self._waiting if self._may(entry[0])]
            if not able:
                return
            owner, ready = first = min(able, key=lambda entry: self._guilds[entry[0].guild_id])
            self._waiting.remove(first)
            self._members[owner] += 1
            self._guilds[owner.guild_id] += 1
            ready.set_result(None)

    def _may(self, owner: Owner) -> bool:
        most = max(1, self._total - 1)
        return not self._members[owner] and self._guilds[owner.guild_id] < most

    def _end(self, owner: Owner) -> None:
        self._members -= Counter([owner])  # drops counts of zero
        self._guilds -= Counter([owner.guild_id])
        self._give()
