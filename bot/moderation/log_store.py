"""The SQL of the moderators' log: entries wait here until they are in the log channel."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.journal import Deed, JournalEntry, Person
from bot.moderation.tables import log_entries
from bot.storage.database import Database
from bot.storage.shard import WHOLE, Shard


@dataclass(frozen=True)
class WaitingEntry:
    """An entry that is not in the log channel yet."""

    id: int
    entry: JournalEntry
    at: float
    nonce: str | None
    began_at: float | None


class LogStore:
    """Keeps entries, for servers with a log channel. `has_channel` says which these are.

    `shard` has the servers to which this bot sends.
    """

    def __init__(
        self,
        database: Database,
        has_channel: Callable[[int], Awaitable[bool]],
        clock: Callable[[], float],
        shard: Shard = WHOLE,
    ) -> None:
        self._database = database
        self._has_channel = has_channel
        self._clock = clock
        self._ours = shard.where(log_entries.c.guild_id)
        self.noted = asyncio.Event()  # set when there may be something to send

    async def note(self, connection: AsyncConnection, entry: JournalEntry) -> None:
        """Note an entry in the transaction of its deed."""
        if not await self._has_channel(entry.guild_id):
            return
        row = {
            "guild_id": entry.guild_id,
            "actor_id": entry.actor.id,
            "member_id": entry.member.id if entry.member is not None else None,
            "at": self._clock(),
            "entry": _written(entry),
        }
        await connection.execute(sa.insert(log_entries).values(row))
        self.noted.set()

    async def waiting(self) -> dict[int, list[WaitingEntry]]:
        """Read the entries of each server, oldest first."""
        found: dict[int, list[WaitingEntry]] = {}
        query = sa.select(log_entries).where(self._ours).order_by(log_entries.c.id)
        # a write, to wait for the end of a transaction that has noted something
        async with self._database.write() as connection:
            for row in (await connection.execute(query)).mappings():
                entry = _read(row["guild_id"], row["entry"])
                waiting = WaitingEntry(row["id"], entry, row["at"], row["nonce"], row["began_at"])
                found.setdefault(row["guild_id"], []).append(waiting)
        return found

    async def began(self, entries: Sequence[WaitingEntry], nonce: str, now: float) -> None:
        """Record, before it is sent, which entries a message has."""
        query = sa.update(log_entries).where(log_entries.c.id.in_([one.id for one in entries]))
        async with self._database.write() as connection:
            await connection.execute(query.values(nonce=nonce, began_at=now))

    async def remove(self, entries: Sequence[WaitingEntry]) -> None:
        """Delete entries that are in the log channel, or have no channel."""
        query = sa.delete(log_entries).where(log_entries.c.id.in_([one.id for one in entries]))
        async with self._database.write() as connection:
            await connection.execute(query)

    # For members and servers.

    async def about_member(self, member_id: int) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        """Yield the waiting entries about what a member did, without other members."""
        theirs = log_entries.c.actor_id == member_id
        async with self._database.read() as connection:
            found = (await connection.execute(sa.select(log_entries).where(theirs))).mappings()
            rows = [
                {"guild_id": row["guild_id"], "at": row["at"], "did": _deed(row)} for row in found
            ]
        yield rows

    async def forget_member(self, member_id: int) -> set[str]:
        """Delete the waiting entries about a member."""
        theirs = (log_entries.c.actor_id == member_id) | (log_entries.c.member_id == member_id)
        async with self._database.write() as connection:
            await connection.execute(sa.delete(log_entries).where(theirs))
        return set()

    async def guild_ids(self) -> set[int]:
        """Give the servers with waiting entries."""
        async with self._database.read() as connection:
            found = await connection.execute(sa.select(log_entries.c.guild_id).distinct())
            return set(found.scalars())

    async def end_in(self, guild_id: int) -> None:
        """Delete a server's entries: they cannot be sent any more."""
        async with self._database.write() as connection:
            theirs = log_entries.c.guild_id == guild_id
            await connection.execute(sa.delete(log_entries).where(theirs))

    async def forget_guild(self, guild_id: int) -> set[str]:
        """Delete a server's entries."""
        await self.end_in(guild_id)
        return set()


def _written(entry: JournalEntry) -> str:
    values = {
        "deed": entry.deed,
        "actor": vars(entry.actor),
        "member": vars(entry.member) if entry.member is not None else None,
        "what": entry.what,
        "reason": entry.reason,
        "place": entry.place,
        "challenge": entry.challenge,
    }
    return json.dumps(values)


def _read(guild_id: int, written: str) -> JournalEntry:
    values = json.loads(written)
    return JournalEntry(
        guild_id,
        Deed(values["deed"]),
        Person(**values["actor"]),
        Person(**values["member"]) if values["member"] else None,
        values["what"],
        values["reason"],
        tuple(values["place"]) if values["place"] else None,
        values.get("challenge"),
    )


def _deed(row: Mapping[Any, Any]) -> str:
    return str(_read(row["guild_id"], row["entry"]).deed)
