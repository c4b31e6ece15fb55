"""The SQL of jobs."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.allowance import DAY, Use, seconds_used
from bot.jobs.model import NOBODY, UNFINISHED, Job, JobState, Wanted
from bot.jobs.quotas import UnderWay
from bot.jobs.rows import job_of, row_of
from bot.jobs.tables import job_pictures, jobs, spent_seconds
from bot.people import Origin
from bot.pictures.retention import Names
from bot.storage.database import Database
from bot.storage.shard import WHOLE, Shard

EVERY = Wanted()  # all paintings of a member
MOST_KEPT = 100  # of a member's jobs that are read at once; those under way are bounded by quotas
WAITING_OR_PAINTING = (JobState.QUEUED, JobState.PAINTING)
_unfinished = jobs.c.state.in_(sorted(UNFINISHED))
_kept = jobs.c.kept & jobs.c.told_at.is_(None)
_preset = jobs.c.settings["preset"].as_string()
_style = sa.func.coalesce(jobs.c.style_name, jobs.c.style_title)

# Statements that run often are built once: SQLAlchemy takes longer to build a statement, and the
# key of its cache of compiled SQL, than SQLite takes to run it.
# BIGINT, because a member may type a number that is too large for PostgreSQL's INTEGER.
_FIND = sa.select(jobs).where(jobs.c.id == sa.bindparam("sought", type_=sa.BigInteger))
_OF_INTERACTION = sa.select(jobs).where(jobs.c.interaction_id == sa.bindparam("sought"))
_ADD = sa.insert(jobs).returning(jobs.c.id)
_ADD_PICTURES = sa.insert(job_pictures)
_SAVE = sa.update(jobs).where(jobs.c.id == sa.bindparam("changed"))
_by_member = jobs.c.member_id == sa.bindparam("member")
_in_guild = jobs.c.guild_id == sa.bindparam("guild")
_UNDER_WAY = sa.select(
    sa.func.count().filter(_by_member & _in_guild),
    sa.func.count().filter(_in_guild),
    sa.func.count().filter(_by_member),
    sa.func.count(),
).where(jobs.c.state.in_(WAITING_OR_PAINTING))
_USES = sa.select(
    jobs.c.id,
    jobs.c.created_at,
    jobs.c.predicted_seconds,
    jobs.c.started_at,
    jobs.c.painted_at,
    jobs.c.finished_at,
).where(_by_member & _in_guild & (jobs.c.created_at > sa.bindparam("since")))
_SPENT = sa.select(spent_seconds.c.job_id, spent_seconds.c.at, spent_seconds.c.seconds).where(
    spent_seconds.c.member_id == sa.bindparam("member"),
    spent_seconds.c.guild_id == sa.bindparam("guild"),
    spent_seconds.c.at > sa.bindparam("since"),
)


class JobStore:
    """Reads and writes jobs. Methods that take a connection are part of its transaction.

    Methods without a server or a member read the jobs of the shard's servers.
    """

    def __init__(self, database: Database, shard: Shard = WHOLE) -> None:
        self.database = database
        self.shard = shard
        self._ours = shard.where(jobs.c.guild_id)

    async def add(self, connection: AsyncConnection, job: Job) -> Job:
        """Insert a job and return it with its new id; the given id is ignored."""
        row = row_of(job)
        del row["id"]
        job_id = (await connection.execute(_ADD, row)).scalar_one()
        await self._add_pictures(connection, job_id, job.sources.pictures)
        return job_of({**row, "id": job_id})

    async def save(self, connection: AsyncConnection, before: Job, after: Job) -> None:
        """Write the changed columns of a job. Its origin, sources and settings never change."""
        old, new = row_of(before), row_of(after)
        changes = {column: value for column, value in new.items() if value != old[column]}
        if changes:
            await connection.execute(_SAVE, {**changes, "changed": after.id})
        if after.result and not before.result:
            await self._add_pictures(connection, after.id, after.result.pictures, is_result=True)
        if after.needs_no_pictures and not before.needs_no_pictures:
            theirs = job_pictures.c.job_id == after.id
            await connection.execute(sa.delete(job_pictures).where(theirs))

    async def forget(
        self, connection: AsyncConnection, before: float, now: float
    ) -> tuple[int, set[str]]:
        """Delete the jobs that ended before a moment; return how many, and their pictures."""
        old = spent_seconds.c.at <= now - DAY
        await connection.execute(sa.delete(spent_seconds).where(old))
        return await _delete(connection, (jobs.c.finished_at < before) & ~_unfinished & self._ours)

    async def find(self, connection: AsyncConnection, job_id: int) -> Job | None:
        """Read a job."""
        return _first(await connection.execute(_FIND, {"sought": job_id}))

    async def guild_ids(self) -> set[int]:
        """Read which of the shard's servers have jobs."""
        async with self.database.read() as connection:
            query = sa.select(jobs.c.guild_id).where(self._ours).distinct()
            return set((await connection.execute(query)).scalars())

    async def forget_guild(self, connection: AsyncConnection, guild_id: int) -> set[str]:
        """Delete a server's jobs, but for those that are still being cancelled."""
        ended = jobs.c.state.not_in(WAITING_OR_PAINTING)
        _, pictures = await _delete(connection, (jobs.c.guild_id == guild_id) & ended)
        theirs = spent_seconds.c.guild_id == guild_id
        await connection.execute(sa.delete(spent_seconds).where(theirs))
        return pictures

    async def of_interaction(self, connection: AsyncConnection, interaction_id: int) -> Job | None:
        """Read the job that an interaction made."""
        return _first(await connection.execute(_OF_INTERACTION, {"sought": interaction_id}))

    async def under_way(self, connection: AsyncConnection, origin: Origin) -> UnderWay:
        """Count the jobs that are queued or painting, those of all shards."""
        which = {"guild": origin.guild_id, "member": origin.member_id}
        return UnderWay(*(await connection.execute(_UNDER_WAY, which)).one())

    async def uses(
        self, connection: AsyncConnection, guild_id: int, member_id: int, now: float
    ) -> dict[int, Use]:
        """Read a member's painting time of the last day in a server, by job."""
        which = {"guild": guild_id, "member": member_id, "since": now - DAY}
        uses = {number: Use(*use) for number, *use in await connection.execute(_SPENT, which)}
        found = await connection.execute(_USES, which)
        return uses | {number: Use(at, seconds_used(*rest)) for number, at, *rest in found}

    async def keep_uses(self, guild_ids: Collection[int], member_id: int, now: float) -> None:
        """Write down a member's painting time in these servers, before the jobs are deleted."""
        async with self.database.write() as connection:
            for guild_id in guild_ids:
                uses = await self.uses(connection, guild_id, member_id, now)
                theirs = spent_seconds.c.job_id.in_(uses)
                await connection.execute(sa.delete(spent_seconds).where(theirs))
                for job_id, use in uses.items():
                    row = {"job_id": job_id, "guild_id": guild_id, "member_id": member_id}
                    insert = sa.insert(spent_seconds).values(**row, **vars(use))
                    await connection.execute(insert)

    async def kept_uses(self, member_id: int) -> list[dict[str, Any]]:
        """Read what `keep_uses` wrote about a member."""
        query = sa.select(spent_seconds).where(spent_seconds.c.member_id == member_id)
        async with self.database.read() as connection:
            found = (await connection.execute(query.order_by(spent_seconds.c.job_id))).mappings()
            return [{name: row[name] for name in ("guild_id", "at", "seconds")} for row in found]

    async def waiting_or_painting(self, connection: AsyncConnection) -> list[Job]:
        """Read all jobs that are queued or painting, oldest first."""
        return await _select(connection, self._ours & jobs.c.state.in_(WAITING_OR_PAINTING))

    async def to_be_stopped(self) -> list[Job]:
        """Read the unfinished jobs that a member has cancelled, oldest first."""
        asked = jobs.c.state.in_(WAITING_OR_PAINTING) & jobs.c.cancelled_by.is_not(None)
        async with self.database.read() as connection:
            return await _select(connection, self._ours & asked)

    async def unsettled(self) -> list[Job]:
        """Read the jobs with an outcome to deliver, oldest first."""
        untold = ~_unfinished & jobs.c.told_at.is_(None) & ~jobs.c.kept
        async with self.database.read() as connection:
            return await _select(
                connection, self._ours & ((jobs.c.state == JobState.DELIVERING) | untold)
            )

    async def of_member(self, guild_id: int, member_id: int) -> list[Job]:
        """Read a member's unfinished jobs in a server, then `MOST_KEPT` kept ones, oldest first."""
        where = (jobs.c.guild_id == guild_id) & (jobs.c.member_id == member_id)
        async with self.database.read() as connection:
            unfinished = await _select(connection, where & _unfinished)
            kept = await _select(connection, where & _kept & ~_unfinished, MOST_KEPT)
        return unfinished + kept

    async def of_guild(self, guild_id: int) -> list[Job]:
        """Read a server's unfinished jobs, oldest first."""
        async with self.database.read() as connection:
            return await _select(connection, (jobs.c.guild_id == guild_id) & _unfinished)

    async def finished_of(
        self,
        guild_id: int | None,
        member_id: int,
        wanted: Wanted = EVERY,
        limit: int = 100,
        offset: int = 0,
    ) -> list[Job]:
        """Read a member's paintings that are not deleted, the last one first.

        They are those of one server, or of all servers of the shard: the pictures of the others
        are in other bots' folders.
        """
        query = sa.select(jobs.c.id).where(self._finished(guild_id, member_id, wanted))
        last = query.order_by(jobs.c.id.desc()).limit(limit).offset(offset)
        async with self.database.read() as connection:
            return (await _select(connection, jobs.c.id.in_(last)))[::-1]

    async def kinds_of_finished(
        self, guild_id: int | None, member_id: int
    ) -> tuple[list[str], list[str]]:
        """Read the styles and the presets of a member's paintings, the ones used last first."""
        async with self.database.read() as connection:
            found = []
            for value in (_style, _preset):
                query = sa.select(value).where(self._finished(guild_id, member_id, EVERY))
                last = query.group_by(value).order_by(sa.func.max(jobs.c.id).desc())
                found.append(list((await connection.execute(last)).scalars()))
        return found[0], found[1]

    async def count_finished(
        self, guild_id: int | None, member_id: int, wanted: Wanted = EVERY
    ) -> int:
        """Count what `finished_of` reads."""
        query = sa.select(sa.func.count()).where(self._finished(guild_id, member_id, wanted))
        async with self.database.read() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def rows_of_member(self, member_id: int, after: int, limit: int) -> list[dict[str, Any]]:
        """Read the rows of a member's jobs in all servers, beginning after a job, oldest first."""
        where = (jobs.c.member_id == member_id) & (jobs.c.id > after)
        query = sa.select(jobs).where(where).order_by(jobs.c.id).limit(limit)
        async with self.database.read() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

    async def count_of_member(self, member_id: int) -> int:
        """Count a member's jobs in all servers."""
        query = sa.select(sa.func.count()).where(jobs.c.member_id == member_id)
        async with self.database.read() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def running_of_member(self, member_id: int) -> list[Job]:
        """Read a member's jobs in all servers that are queued or painting and not cancelled."""
        running = jobs.c.state.in_(WAITING_OR_PAINTING) & jobs.c.cancelled_by.is_(None)
        async with self.database.read() as connection:
            return await _select(connection, (jobs.c.member_id == member_id) & running)

    async def forget_member(self, connection: AsyncConnection, member_id: int) -> set[str]:
        """Delete a member's settled jobs, and their id from jobs of others that they cancelled."""
        settled = ~_unfinished & (jobs.c.told_at.is_not(None) | jobs.c.kept)
        _, pictures = await _delete(connection, (jobs.c.member_id == member_id) & settled)
        cancelled = (jobs.c.cancelled_by == member_id) & (jobs.c.member_id != member_id)
        await connection.execute(
            sa.update(jobs).where(cancelled & ~_unfinished).values(cancelled_by=NOBODY)
        )
        return pictures

    async def last_painted(self, connection: AsyncConnection, limit: int) -> list[Job]:
        """Read the newest painted jobs, of all shards, oldest first."""
        query = sa.select(jobs.c.id).where(jobs.c.painted_at.is_not(None))
        last = query.order_by(jobs.c.id.desc()).limit(limit)
        return await _select(connection, jobs.c.id.in_(last))

    async def pictures_in_use(self, among: Collection[str]) -> set[str]:
        """Give those of these pictures that a job refers to."""
        query = sa.select(job_pictures.c.picture).where(job_pictures.c.picture.in_(among))
        async with self.database.read() as connection:
            return set((await connection.execute(query.distinct())).scalars())

    def pictures_held(self, guild_id: int, member_id: int | None) -> Sequence[Names]:
        """Query the pictures of a server's jobs, or only of a member's there."""
        query = sa.select(job_pictures.c.picture).join(jobs).where(jobs.c.guild_id == guild_id)
        return [query if member_id is None else query.where(jobs.c.member_id == member_id)]

    def _finished(
        self, guild_id: int | None, member_id: int, wanted: Wanted
    ) -> sa.ColumnElement[bool]:
        painted = jobs.c.state.in_((JobState.DELIVERING, JobState.DONE)) & ~jobs.c.result_deleted
        where = self._ours if guild_id is None else jobs.c.guild_id == guild_id
        if wanted.preset is not None:
            where &= _preset == wanted.preset
        if wanted.style is not None:
            where &= _style == wanted.style
        if wanted.newest is not None:
            where &= jobs.c.id <= wanted.newest
        return (jobs.c.member_id == member_id) & painted & where

    async def _add_pictures(
        self,
        connection: AsyncConnection,
        job_id: int,
        pictures: Iterable[str],
        is_result: bool = False,
    ) -> None:
        rows = [
            {"job_id": job_id, "picture": picture, "is_result": is_result}
            for picture in sorted(set(pictures))
        ]
        await connection.execute(_ADD_PICTURES, rows)


async def _delete(
    connection: AsyncConnection, where: sa.ColumnElement[bool]
) -> tuple[int, set[str]]:
    """Delete jobs; return how many, and their pictures."""
    pictures = await connection.execute(
        sa.select(job_pictures.c.picture).join_from(job_pictures, jobs).where(where)
    )
    deleted = await connection.execute(sa.delete(jobs).where(where))
    return deleted.rowcount, set(pictures.scalars())


async def _select(
    connection: AsyncConnection, where: sa.ColumnElement[bool], limit: int | None = None
) -> list[Job]:
    query = sa.select(jobs).where(where).order_by(jobs.c.id).limit(limit)
    return [job_of(dict(row)) for row in (await connection.execute(query)).mappings()]


def _first(found: sa.CursorResult[Any]) -> Job | None:
    row = found.mappings().first()
    return job_of(dict(row)) if row is not None else None
