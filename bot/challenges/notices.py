"""What is to be announced: which messages a transition calls for, and their SQL."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.challenges.model import ChallengeState, Contest, Notice, NoticeKind
from bot.challenges.store import challenges
from bot.storage.database import Database, metadata
from bot.storage.shard import WHOLE, Shard

PER_MESSAGE = 10  # pictures; Discord takes no more

notices = sa.Table(
    "challenge_notices",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("challenge_id", sa.ForeignKey("challenges.id", ondelete="CASCADE"), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("part", sa.Integer, nullable=False),
    sa.Column("nonce", sa.String(25), nullable=False),
    sa.Column("began_at", sa.Double),
    sa.Column("channel_id", sa.BigInteger),
    sa.Column("message_id", sa.BigInteger),
    sa.Column("stale", sa.Boolean, nullable=False),
    sa.Column("given_up", sa.Boolean, nullable=False),
    sa.UniqueConstraint("challenge_id", "kind", "part"),
)


def called_for(before: Contest | None, after: Contest) -> Iterator[tuple[NoticeKind, int]]:
    """Name the messages that a change calls for, as kind and part."""
    state = after.challenge.state
    if before is None:
        yield NoticeKind.OPENED, 0
        return
    if state is not before.challenge.state:
        if state is ChallengeState.VOTING:
            for part in range(-(-len(after.ballot) // PER_MESSAGE)):
                yield NoticeKind.VOTING, part
        else:
            yield NoticeKind(state.value), 0
    known = {entry.id for entry in before.entries if entry.removed is not None}
    for entry in after.entries:
        if entry.removed is not None and entry.id not in known:
            yield NoticeKind.REMOVED, entry.id


def on_part(contest: Contest, part: int) -> Sequence[int]:
    """Name the ballot numbers that a part of the voting shows, whether or not they still live."""
    return range(part * PER_MESSAGE + 1, (part + 1) * PER_MESSAGE + 1)


class NoticeStore:
    """Reads and writes notices. `draw_nonce` gives what makes two sends of one message one.

    `shard` has the servers that this bot sends notices to.
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
        """Write what a change calls for, in the change's own transaction."""
        for kind, part in called_for(before, after):
            row = {
                "challenge_id": after.challenge.id,
                "kind": kind,
                "part": part,
                "nonce": self._draw_nonce(),
                "stale": False,
                "given_up": False,
            }
            await connection.execute(sa.insert(notices).values(row))
        if before is not None and _looks_different(before, after):
            sent = (notices.c.challenge_id == after.challenge.id) & (
                notices.c.kind.in_([NoticeKind.OPENED, NoticeKind.VOTING, NoticeKind.CLOSED])
            )
            # where a send is under way, too: it may show what held before
            query = sa.update(notices).where(sent, notices.c.began_at.is_not(None))
            await connection.execute(query.values(stale=True))

    async def pending(self) -> list[Notice]:
        """Read what is to be sent, oldest first, then what is to be changed."""
        waiting = notices.c.message_id.is_(None) | notices.c.stale
        query = (
            sa.select(notices)
            .join(challenges)
            .where(waiting, ~notices.c.given_up, self._shard.where(challenges.c.guild_id))
            .order_by(notices.c.stale, notices.c.id)
        )
        async with self._database.read() as connection:
            return [_notice(row) for row in (await connection.execute(query)).mappings()]

    async def began(self, notice: Notice, now: float) -> None:
        """Note, before a send, that the message may be there."""
        await self._set(notice, began_at=now)

    async def sent(self, notice: Notice, channel_id: int, message_id: int) -> None:
        """Note where the message is."""
        await self._set(notice, channel_id=channel_id, message_id=message_id)

    async def refreshed(self, notice: Notice) -> None:
        """Note that the message shows what holds."""
        await self._set(notice, stale=False)

    async def outdated(self, notice: Notice) -> None:
        """Note that the message must be changed after all."""
        await self._set(notice, stale=True)

    async def give_up(self, notice: Notice) -> None:
        """Note that this message can neither be sent nor changed."""
        await self._set(notice, given_up=True)

    async def _set(self, notice: Notice, **values: Any) -> None:  # noqa: ANN401 - columns
        async with self._database.write() as connection:
            query = sa.update(notices).where(notices.c.id == notice.id)
            await connection.execute(query.values(values))


def _looks_different(before: Contest, after: Contest) -> bool:
    """Say whether messages that were sent show something that no longer holds."""
    if before.challenge.state is not after.challenge.state:
        return True
    if after.challenge.state is ChallengeState.ENTERING:
        return False
    return [(e.id, e.picture, e.member_id) for e in before.live] != [
        (e.id, e.picture, e.member_id) for e in after.live
    ]


def _notice(row: Any) -> Notice:  # noqa: ANN401 - a row of ours
    values = {name: row[name] for name in Notice.__dataclass_fields__}
    return Notice(**{**values, "kind": NoticeKind(row["kind"])})
