"""The SQL of challenges."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.challenges.model import FORGOTTEN, OPEN, Challenge, ChallengeState, Contest, Entry, Terms
from bot.challenges.tables import challenges, entries, votes
from bot.jobs.tables import jobs
from bot.pictures.retention import Names
from bot.storage.database import Database
from bot.storage.shard import WHOLE, Shard

_TERMS = tuple(Terms.__dataclass_fields__)
_OWN = tuple(name for name in Challenge.__dataclass_fields__ if name not in ("id", "terms"))


class ChallengeStore:
    """Reads and writes contests. Methods that take a connection are part of its transaction.

    `open` and `with_deleted_paintings` read the challenges of the shard's servers.
    """

    def __init__(self, database: Database, shard: Shard = WHOLE) -> None:
        self.database = database
        self._shard = shard

    async def add(self, connection: AsyncConnection, challenge: Challenge) -> Contest:
        """Insert a challenge and return it as a contest; the given id is ignored."""
        query = sa.insert(challenges).values(_row(challenge)).returning(challenges.c.id)
        added = (await connection.execute(query)).scalar_one()
        contest = await self.find(connection, added)
        assert contest is not None  # noqa: S101 - it was written a moment ago
        return contest

    async def get(self, challenge_id: int) -> Contest | None:
        """Read a challenge with everything in it, in a transaction of its own."""
        async with self.database.read() as connection:
            return await self.find(connection, challenge_id)

    async def find(self, connection: AsyncConnection, challenge_id: int) -> Contest | None:
        """Read a challenge with everything in it."""
        # BIGINT, because a member may send a number that is too large for PostgreSQL's INTEGER
        return await self._first(
            connection, challenges.c.id == sa.literal(challenge_id, sa.BigInteger)
        )

    async def find_open(self, connection: AsyncConnection, guild_id: int) -> Contest | None:
        """Read a server's open challenge."""
        where = (challenges.c.guild_id == guild_id) & challenges.c.state.in_(OPEN)
        return await self._first(connection, where)

    async def closed(
        self, guild_id: int, limit: int, before: int | None = None, *, public: bool = False
    ) -> list[Challenge]:
        """Read a server's closed challenges, the last one (before that of an id) first.

        Without those of age-restricted channels where `public` is set.
        """
        where = (challenges.c.guild_id == guild_id) & (challenges.c.state == ChallengeState.CLOSED)
        if before is not None:
            where &= challenges.c.id < before
        if public:
            where &= ~challenges.c.age_restricted
        query = sa.select(challenges).where(where).order_by(challenges.c.id.desc()).limit(limit)
        async with self.database.read() as connection:
            return [_challenge(row) for row in (await connection.execute(query)).mappings()]

    async def winners(self, numbers: Collection[int]) -> dict[int, list[Entry]]:
        """Read the entries with pictures that won these challenges, by challenge."""
        won = (entries.c.rank == 1) & (entries.c.votes > 0) & entries.c.removed.is_(None)
        query = (
            sa.select(entries)
            .where(entries.c.challenge_id.in_(numbers), won, entries.c.picture.is_not(None))
            .order_by(entries.c.number)
        )
        found: dict[int, list[Entry]] = {}
        async with self.database.read() as connection:
            for row in (await connection.execute(query)).mappings():
                found.setdefault(row["challenge_id"], []).append(_entry(row))
        return found

    async def entry_counts(self, numbers: Collection[int]) -> dict[int, int]:
        """Count the entries of these challenges that were not removed."""
        query = (
            sa.select(entries.c.challenge_id, sa.func.count())
            .where(entries.c.challenge_id.in_(numbers), entries.c.removed.is_(None))
            .group_by(entries.c.challenge_id)
        )
        async with self.database.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    async def open(self) -> list[Challenge]:
        """Read all open challenges of the shard."""
        where = challenges.c.state.in_(OPEN) & self._shard.where(challenges.c.guild_id)
        query = sa.select(challenges).where(where).order_by(challenges.c.id)
        async with self.database.read() as connection:
            return [_challenge(row) for row in (await connection.execute(query)).mappings()]

    async def save(self, connection: AsyncConnection, before: Contest, after: Contest) -> None:
        """Write the changes between two states of a contest."""
        number = before.challenge.id
        if after.challenge != before.challenge:
            query = sa.update(challenges).where(challenges.c.id == number)
            await connection.execute(query.values(_row(after.challenge)))
        old = {entry.id: entry for entry in before.entries}
        kept = {entry.id for entry in after.entries}
        gone = [entry_id for entry_id in old if entry_id not in kept]
        if gone:
            await connection.execute(sa.delete(entries).where(entries.c.id.in_(gone)))
        for entry in after.entries:
            if entry.id not in old:
                row = {**vars(entry), "challenge_id": number}
                del row["id"]
                await connection.execute(sa.insert(entries).values(row))
            elif entry != old[entry.id]:
                query = sa.update(entries).where(entries.c.id == entry.id)
                await connection.execute(query.values(vars(entry)))
        await self._save_votes(connection, number, before.votes, after.votes)

    async def with_deleted_paintings(self, connection: AsyncConnection) -> dict[int, list[int]]:
        """Find the shard's entries with a deleted painting: challenge id -> job ids."""
        query = (
            sa.select(entries.c.challenge_id, entries.c.job_id)
            .join(jobs, jobs.c.id == entries.c.job_id)
            .where(jobs.c.result_deleted, entries.c.picture.is_not(None))
            .where(self._shard.where(jobs.c.guild_id))
        )
        found: dict[int, list[int]] = {}
        for challenge_id, job_id in await connection.execute(query):
            found.setdefault(challenge_id, []).append(job_id)
        return found

    async def of_member(self, connection: AsyncConnection, member_id: int) -> list[int]:
        """List the challenges that a member started, entered or voted in."""
        query = sa.union(
            sa.select(challenges.c.id).where(challenges.c.host_id == member_id),
            sa.select(entries.c.challenge_id).where(entries.c.member_id == member_id),
            sa.select(votes.c.challenge_id).where(votes.c.voter_id == member_id),
        )
        return sorted((await connection.execute(query)).scalars())

    async def guild_ids(self) -> set[int]:
        """Read which of the shard's servers have challenges."""
        ours = self._shard.where(challenges.c.guild_id)
        async with self.database.read() as connection:
            query = sa.select(challenges.c.guild_id).where(ours).distinct()
            return set((await connection.execute(query)).scalars())

    async def forget_guild(self, guild_id: int) -> set[str]:
        """Delete a server's challenges with all in them; return their pictures."""
        theirs = challenges.c.guild_id == guild_id
        found: set[str] = set()
        async with self.database.write() as connection:
            for column in (entries.c.picture, entries.c.preview):
                query = sa.select(column).join_from(entries, challenges).where(theirs)
                found |= {name for name in (await connection.execute(query)).scalars() if name}
            styles = await connection.execute(sa.select(challenges.c.style).where(theirs))
            found |= {name for name in styles.scalars() if name}
            await connection.execute(sa.delete(challenges).where(theirs))
        return found

    async def tally(self, guild_id: int, limit: int) -> list[Mapping[str, Any]]:
        """Sum up wins, podiums, votes and entries in closed challenges, of the best members.

        Sorted by wins, then podiums, then votes; members with deleted data are left out. Each has
        the display name of its last entry.
        """
        placed = entries.c.votes > 0
        columns = (
            entries.c.member_id,
            sa.func.count().filter(placed & (entries.c.rank == 1)).label("wins"),
            sa.func.count().filter(placed & (entries.c.rank <= 3)).label("podiums"),
            sa.func.sum(entries.c.votes).label("votes"),
            sa.func.count().label("entries"),
            sa.func.max(entries.c.id).label("last"),
        )
        totals = (
            sa.select(*columns)
            .join(challenges, challenges.c.id == entries.c.challenge_id)
            .where(challenges.c.guild_id == guild_id, entries.c.rank.is_not(None))
            .where(entries.c.member_id != FORGOTTEN)
            .group_by(entries.c.member_id)
            .order_by(*(sa.desc(name) for name in ("wins", "podiums", "votes")))
            .order_by(entries.c.member_id)
            .limit(limit)
            .subquery()
        )
        last = entries.alias()
        shown = [column for column in totals.c if column.name != "last"]
        query = sa.select(*shown, last.c.name).join(last, last.c.id == totals.c.last)
        best = [totals.c[name].desc() for name in ("wins", "podiums", "votes")]
        query = query.order_by(*best, totals.c.member_id)
        async with self.database.read() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

    async def pictures_in_use(self, among: Collection[str]) -> set[str]:
        """Give those of these pictures that a challenge refers to."""
        found: set[str] = set()
        async with self.database.read() as connection:
            for column in (entries.c.picture, entries.c.preview, challenges.c.style):
                query = sa.select(column).where(column.in_(among)).distinct()
                found |= {name for name in (await connection.execute(query)).scalars() if name}
        return found

    def pictures_held(self, guild_id: int, member_id: int | None) -> Sequence[Names]:
        """Query the pictures of a server's challenges, or only of a member's there."""
        here = challenges.c.guild_id == guild_id
        entered = here if member_id is None else here & (entries.c.member_id == member_id)
        started = here if member_id is None else here & (challenges.c.host_id == member_id)
        return [
            sa.select(entries.c.picture).join(challenges).where(entered),
            sa.select(entries.c.preview).join(challenges).where(entered),
            sa.select(challenges.c.style).where(started),
        ]

    async def _first(
        self, connection: AsyncConnection, where: sa.ColumnElement[bool]
    ) -> Contest | None:
        query = sa.select(challenges).where(where)
        row = (await connection.execute(query)).mappings().first()
        if row is None:
            return None
        inside = sa.select(entries).where(entries.c.challenge_id == row["id"])
        cast = sa.select(votes.c.voter_id, votes.c.entry_id).where(
            votes.c.challenge_id == row["id"]
        )
        found = await connection.execute(inside.order_by(entries.c.id))
        return Contest(
            _challenge(row),
            tuple(_entry(entry) for entry in found.mappings()),
            {vote.voter_id: vote.entry_id for vote in await connection.execute(cast)},
        )

    async def _save_votes(
        self,
        connection: AsyncConnection,
        number: int,
        before: Mapping[int, int],
        after: Mapping[int, int],
    ) -> None:
        gone = [voter for voter in before if voter not in after]
        here = votes.c.challenge_id == number
        if gone:
            everyone = len(gone) == len(before)
            where = here if everyone else here & votes.c.voter_id.in_(gone)
            await connection.execute(sa.delete(votes).where(where))
        for voter, entry_id in after.items():
            if voter not in before:
                row = {"challenge_id": number, "voter_id": voter, "entry_id": entry_id}
                await connection.execute(sa.insert(votes).values(row))
            elif before[voter] != entry_id:
                query = sa.update(votes).where(here & (votes.c.voter_id == voter))
                await connection.execute(query.values(entry_id=entry_id))


def _row(challenge: Challenge) -> dict[str, Any]:
    return {**{name: getattr(challenge, name) for name in _OWN}, **vars(challenge.terms)}


def _challenge(row: Mapping[Any, Any]) -> Challenge:
    own = {name: row[name] for name in _OWN}
    own["state"] = ChallengeState(row["state"])
    return Challenge(id=row["id"], terms=Terms(**{name: row[name] for name in _TERMS}), **own)


def _entry(row: Mapping[Any, Any]) -> Entry:
    return Entry(**{name: row[name] for name in Entry.__dataclass_fields__})
