"""The SQL of announcements: each row is a message to send once, then to keep up to date."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.challenges import rules
from bot.challenges.model import Announcement, AnnouncementKind, Contest
from bot.challenges.tables import announcements, challenges
from bot.storage.database import Database
from bot.storage.shard import WHOLE, Shard


class AnnouncementStore:
    """Reads and writes announcements. `draw_nonce` gives the nonce of a new message.

    `shard` has the servers that this bot sends announcements to.
    """

    def __init__(
        self, database: Database, draw_nonce: Callable[[], str], shard: Shard = WHOLE
    ) -> None:
        self._database = database
        self._draw_nonce = draw_nonce
        self._shard = shard

    async def follow(
        self, connection: AsyncConnection, before: Contest | None, after: Contest
    ) -> None:
        """Write the announcements of a change, in the transaction of the change."""
        for kind, part in rules.called_for(before, after):
            row = {
                "challenge_id": after.challenge.id,
                "kind": kind,
                "part": part,
                "nonce": self._draw_nonce(),
                "stale": False,
                "given_up": False,
            }
            await connection.execute(sa.insert(announcements).values(row))
        if before is not None and rules.looks_different(before, after):
            sent = (announcements.c.challenge_id == after.challenge.id) & (
                announcements.c.kind.in_(
                    [AnnouncementKind.OPENED, AnnouncementKind.VOTING, AnnouncementKind.CLOSED]
                )
            )
            # also where a send is under way, as it may show the old state
            query = sa.update(announcements).where(sent, announcements.c.began_at.is_not(None))
            await connection.execute(query.values(stale=True))

    async def pending(self) -> list[Announcement]:
        """Read the announcements to send, oldest first, then those to edit."""
        waiting = announcements.c.message_id.is_(None) | announcements.c.stale
        query = (
            sa.select(announcements)
            .join(challenges)
            .where(waiting, ~announcements.c.given_up, self._shard.where(challenges.c.guild_id))
            .order_by(announcements.c.stale, announcements.c.id)
        )
        async with self._database.read() as connection:
            return [_announcement(row) for row in (await connection.execute(query)).mappings()]

    async def began(self, announcement: Announcement, now: float) -> None:
        """Record, before a send, that it begins."""
        await self._set(announcement, began_at=now)

    async def sent(self, announcement: Announcement, channel_id: int, message_id: int) -> None:
        """Store the id of the message."""
        await self._set(announcement, channel_id=channel_id, message_id=message_id)

    async def refreshed(self, announcement: Announcement) -> None:
        """Record that the message shows the present state."""
        await self._set(announcement, stale=False)

    async def outdated(self, announcement: Announcement) -> None:
        """Record that the message must be edited after all."""
        await self._set(announcement, stale=True)

    async def give_up(self, announcement: Announcement) -> None:
        """Record that this message can neither be sent nor edited."""
        await self._set(announcement, given_up=True)

    async def give_up_in(self, connection: AsyncConnection, guild_id: int) -> None:
        """Record that no message in a server is sent or edited any more."""
        theirs = sa.select(challenges.c.id).where(challenges.c.guild_id == guild_id)
        query = sa.update(announcements).where(announcements.c.challenge_id.in_(theirs))
        await connection.execute(query.values(given_up=True))

    async def _set(self, announcement: Announcement, **values: Any) -> None:  # noqa: ANN401 - columns
        async with self._database.write() as connection:
            query = sa.update(announcements).where(announcements.c.id == announcement.id)
            await connection.execute(query.values(values))


def _announcement(row: Any) -> Announcement:  # noqa: ANN401 - a row of ours
    values = {name: row[name] for name in Announcement.__dataclass_fields__}
    return Announcement(**{**values, "kind": AnnouncementKind(row["kind"])})
