"""The SQL of announcements: each row is a message to send once, then to keep up to date."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.challenges.announcement_rules import ANNOUNCED_BY, makes_stale, new_announcements
from bot.challenges.model import Announcement, AnnouncementKind, Challenge, Contest
from bot.challenges.tables import announcements, challenges
from bot.storage.database import Database
from bot.storage.shard import WHOLE, Shard

_UNTRIED: dict[str, Any] = {"failures": 0, "next_try": None, "problem": "", "told": False}
_waiting = (
    announcements.c.message_id.is_(None) | announcements.c.stale
) & ~announcements.c.given_up


class AnnouncementStore:
    """Reads and writes announcements. `draw_nonce` gives the nonce of a new message.

    `shard` has the servers that this bot sends announcements to, and `departed` queries those that
    it has left: their messages wait until it is back.
    """

    def __init__(
        self,
        database: Database,
        draw_nonce: Callable[[], str],
        departed: sa.Select[tuple[int]],
        shard: Shard = WHOLE,
    ) -> None:
        self._database = database
        self._draw_nonce = draw_nonce
        here = challenges.c.guild_id.not_in(departed)
        self._waiting = _waiting & here & shard.where(challenges.c.guild_id)
        self._tried = asyncio.Condition()  # notified after each try

    async def follow(
        self, connection: AsyncConnection, before: Contest | None, after: Contest
    ) -> None:
        """Write the announcements of a change, in the transaction of the change."""
        for kind, part in new_announcements(before, after):
            row = {
                "challenge_id": after.challenge.id,
                "kind": kind,
                "part": part,
                "nonce": self._draw_nonce(),
                "stale": False,
                "given_up": False,
            }
            await connection.execute(sa.insert(announcements).values(row))
        if before is not None and makes_stale(before, after):
            await self._make_stale(connection, after.challenge)

    async def _make_stale(self, connection: AsyncConnection, challenge: Challenge) -> None:
        sent = (announcements.c.challenge_id == challenge.id) & (
            announcements.c.kind.in_(
                [AnnouncementKind.OPENED, AnnouncementKind.VOTING, AnnouncementKind.CLOSED]
            )
        )
        # also where a send is under way, as it may show the old state
        query = sa.update(announcements).where(sent, announcements.c.began_at.is_not(None))
        await connection.execute(query.values(stale=True))

    async def want_again(
        self, connection: AsyncConnection, challenge: Challenge, *, moved: bool
    ) -> None:
        """Have the messages of the present state posted again where they are missing.

        Where the challenge has `moved` to another channel, all of them are posted there.
        """
        present = (announcements.c.challenge_id == challenge.id) & (
            announcements.c.kind == ANNOUNCED_BY[challenge.state]
        )
        values = {**_UNTRIED, "given_up": False, "wanted_again": True}
        sent = announcements.c.message_id.is_not(None)
        query = sa.update(announcements).where(present).values(**values, stale=sent)
        await connection.execute(query)
        if moved:
            numbers = sa.select(announcements.c.id).where(present)
            for number in (await connection.execute(numbers)).scalars().all():
                await self._start_over(connection, number)

    async def pending(self, now: float) -> list[Announcement]:
        """Read the announcements to send now, oldest first, then those to edit."""
        due = announcements.c.next_try.is_(None) | (announcements.c.next_try <= now)
        query = (
            sa.select(announcements)
            .join(challenges)
            .where(self._waiting, due)
            .order_by(announcements.c.stale, announcements.c.id)
        )
        return await self._read(query)

    async def next_try(self) -> float | None:
        """Give the time at which the next announcement is due, in Unix seconds; 0 for now."""
        due = sa.func.min(sa.func.coalesce(announcements.c.next_try, 0.0))
        query = sa.select(due).join_from(announcements, challenges).where(self._waiting)
        async with self._database.read() as connection:
            found: float | None = (await connection.execute(query)).scalar_one_or_none()
        return found

    async def of(self, challenge: Challenge) -> list[Announcement]:
        """Read the announcements of a challenge's present state, by part."""
        kind = ANNOUNCED_BY[challenge.state]
        query = sa.select(announcements).where(
            announcements.c.challenge_id == challenge.id, announcements.c.kind == kind
        )
        return await self._read(query.order_by(announcements.c.part))

    async def tried(self, challenge: Challenge, within: float) -> list[Announcement]:
        """Read those of the present state once each was tried, or after `within` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within), self._tried:
                while not all(one.settled for one in await self.of(challenge)):
                    await self._tried.wait()
        return await self.of(challenge)

    async def began(self, announcement: Announcement, now: float) -> None:
        """Record, before a send, that it begins."""
        await self._set(announcement, began_at=now)

    async def sent(self, announcement: Announcement, channel_id: int, message_id: int) -> None:
        """Store the id of the message."""
        await self._set(
            announcement,
            channel_id=channel_id,
            message_id=message_id,
            wanted_again=False,
            **_UNTRIED,
        )
        await self._tell()

    async def refreshing(self, announcement: Announcement) -> None:
        """Record, before an edit, that the message will show the present state."""
        await self._set(announcement, stale=False)

    async def refreshed(self, announcement: Announcement) -> None:
        """Record that an edit has arrived."""
        await self._set(announcement, wanted_again=False, **_UNTRIED)
        await self._tell()

    async def failed(self, announcement: Announcement, problem: str, next_try: float) -> None:
        """Record that a try failed, and when the next one is due."""
        await self._set(
            announcement,
            failures=announcement.failures + 1,
            problem=problem,
            next_try=next_try,
            stale=announcement.message_id is not None,
        )
        await self._tell()

    async def is_host_told(self, announcement: Announcement) -> bool:
        """Say whether the host knows of this failure, by this or by another message of its kind."""
        alike = (announcements.c.kind == announcement.kind) | ~announcements.c.given_up
        of_it = announcements.c.challenge_id == announcement.challenge_id
        query = sa.select(announcements.c.id).where(of_it, alike, announcements.c.told).limit(1)
        async with self._database.read() as connection:
            return (await connection.execute(query)).first() is not None

    async def host_told(self, announcement: Announcement) -> None:
        """Record, before it happens, that the host of the challenge is told."""
        await self._set(announcement, told=True)

    async def give_up(self, announcement: Announcement, problem: str = "") -> None:
        """Record that this message can neither be sent nor edited."""
        await self._set(announcement, given_up=True, stale=False, problem=problem)
        await self._tell()

    async def send_again(self, announcement: Announcement) -> None:
        """Let a message that was deleted be sent anew."""
        async with self._database.write() as connection:
            await self._start_over(connection, announcement.id)

    async def _start_over(self, connection: AsyncConnection, number: int) -> None:
        """Forget the message that was sent; a new nonce, as Discord remembers the old one."""
        values = {"message_id": None, "channel_id": None, "began_at": None, "stale": False}
        query = sa.update(announcements).where(announcements.c.id == number)
        await connection.execute(query.values(nonce=self._draw_nonce(), **values))

    async def _tell(self) -> None:
        async with self._tried:
            self._tried.notify_all()

    async def _read(self, query: sa.Select[Any]) -> list[Announcement]:
        async with self._database.read() as connection:
            return [_announcement(row) for row in (await connection.execute(query)).mappings()]

    async def end_in(self, connection: AsyncConnection, challenge: Challenge) -> None:
        """Send nothing more in a server, of which the open challenge was cancelled silently.

        Messages that were sent are still edited: the bot may be back, with paintings deleted.
        """
        theirs = sa.select(challenges.c.id).where(challenges.c.guild_id == challenge.guild_id)
        unsent = announcements.c.message_id.is_(None) & announcements.c.challenge_id.in_(theirs)
        await connection.execute(sa.update(announcements).where(unsent).values(given_up=True))
        await self._make_stale(connection, challenge)

    async def end_in_channel(
        self, connection: AsyncConnection, challenge: Challenge, channel_id: int
    ) -> None:
        """Record that no message in a channel is sent or edited any more.

        The open challenge was cancelled with it; its messages in other channels are edited.
        """
        theirs = sa.select(challenges.c.id).where(challenges.c.guild_id == challenge.guild_id)
        to_it = theirs.where(challenges.c.channel_id == channel_id)
        unsent = announcements.c.message_id.is_(None) & announcements.c.challenge_id.in_(to_it)
        lost = announcements.c.challenge_id.in_(theirs) & (
            (announcements.c.channel_id == channel_id) | unsent
        )
        await connection.execute(sa.update(announcements).where(lost).values(given_up=True))
        await self._make_stale(connection, challenge)

    async def _set(self, announcement: Announcement, **values: Any) -> None:  # noqa: ANN401 - columns
        """Write what became of a try, unless the message is wanted in another channel since."""
        tried = (announcements.c.id == announcement.id) & (
            announcements.c.nonce == announcement.nonce
        )
        async with self._database.write() as connection:
            await connection.execute(sa.update(announcements).where(tried).values(values))


def _announcement(row: Any) -> Announcement:  # noqa: ANN401 - a row of ours
    values = {name: row[name] for name in Announcement.__dataclass_fields__}
    return Announcement(**{**values, "kind": AnnouncementKind(row["kind"])})
