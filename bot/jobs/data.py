"""The jobs of a member or a server as their data: exported, ended and deleted."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Any

from bot.errors import JobNotFound, WrongState
from bot.jobs import rules
from bot.jobs.model import NOBODY, Job
from bot.jobs.rows import readable
from bot.jobs.store import JobStore
from bot.pictures.retention import PictureRetention

Change = Callable[[int, Callable[[Job], Job]], Awaitable[Job]]  # applies a rule to a job, by id

PAGE = 50  # jobs read at a time for an export


class JobData:
    """Serves `/privacy`, and departures: a member or the bot has left a server.

    `change` is that of the job service; `clock` gives Unix seconds.
    """

    def __init__(
        self,
        store: JobStore,
        change: Change,
        retention: PictureRetention,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._change = change
        self._retention = retention
        self._clock = clock

    async def about_member(self, member_id: int) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield pages of a member's jobs in all servers as JSON values, without secrets."""
        last = 0
        while rows := await self._store.rows_of_member(member_id, last, PAGE):
            last = rows[-1]["id"]
            # in a thread, because loss curves have many values
            yield await asyncio.to_thread(readable, rows)

    async def count_about(self, member_id: int) -> int:
        """Count a member's jobs in all servers."""
        return await self._store.count_of_member(member_id)

    async def forget(self, before: float) -> int:
        """Delete the jobs that ended before a time, with their pictures; return how many."""
        async with self._store.database.write() as connection:
            number, pictures = await self._store.forget(connection, before, self._clock())
        await self._retention.release(pictures)
        return number

    async def forget_member(self, member_id: int) -> set[str]:
        """Cancel a member's jobs, and delete those that have ended; return their pictures.

        A job that is still being cancelled or delivered stays: call again when it has ended.
        """
        for job in await self._store.running_of_member(member_id):
            with contextlib.suppress(WrongState):  # it was finished a moment ago
                # not as the member, because a film that its owner cancels keeps its first part
                if self._store.shard.has(job.origin.guild_id):
                    await self._change(job.id, lambda job: rules.end(job, self._clock()))
                else:
                    await self._change(job.id, lambda job: rules.ask_to_stop(job, NOBODY))
        async with self._store.database.write() as connection:
            return await self._store.forget_member(connection, member_id)

    async def keep_uses(self, guild_ids: Collection[int], member_id: int) -> None:
        """Keep the painting time of jobs in these servers that are about to be deleted."""
        await self._store.keep_uses(guild_ids, member_id, self._clock())

    async def kept_uses(self, member_id: int) -> list[dict[str, Any]]:
        """Read what `keep_uses` keeps of a member, as JSON values."""
        return await self._store.kept_uses(member_id)

    async def guild_ids(self) -> set[int]:
        """Give the servers that have jobs."""
        return await self._store.guild_ids()

    async def waiting_members(self) -> set[tuple[int, int]]:
        """Give the server and the member of each job that is queued or painting."""
        async with self._store.database.read() as connection:
            found = await self._store.waiting_or_painting(connection)
        return {(job.origin.guild_id, job.origin.member_id) for job in found}

    async def end_in(self, guild_id: int, member_id: int | None = None) -> None:
        """Cancel the jobs of a server, or of one member there; nobody is told."""
        async with self._store.database.read() as connection:
            found = await self._store.waiting_or_painting(connection)
        for job in found:
            if job.origin.guild_id == guild_id and member_id in (None, job.origin.member_id):
                with contextlib.suppress(JobNotFound, WrongState):  # finished a moment ago
                    await self._change(job.id, lambda job: rules.end(job, self._clock()))

    async def forget_guild(self, guild_id: int) -> set[str]:
        """Delete a server's jobs, but for those being cancelled; return their pictures."""
        async with self._store.database.write() as connection:
            return await self._store.forget_guild(connection, guild_id)
