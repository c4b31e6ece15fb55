"""The rules of jobs: who may submit, cancel and delete, and how a job goes from state to state.

Every method writes the new state to the database before it returns the job and before it tells
the listeners. Only one service may work on the jobs of a shard.
"""

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import GuildQuotaReached, JobNotFound, MemberQuotaReached, WrongState
from bot.executors.contract import PaintProgress
from bot.jobs import rules
from bot.jobs.limits import JobLimits
from bot.jobs.model import DeliveryState, Job, JobResult, JobState, Place, Sources
from bot.jobs.schedule import Schedule, complete
from bot.jobs.store import WAITING_OR_PAINTING, JobStore
from bot.people import Member, Origin
from bot.pictures.retention import PictureRetention
from engine.request import PaintSettings

Listener = Callable[[Job], None]
CardPlace = tuple[int, int]  # the ids of a channel and of a message in it

LEARN_FROM = 200  # paintings, when the bot starts


class JobService:
    """Keeps the jobs. Its methods are safe to call at the same time from one event loop.

    `clock` gives Unix seconds; `random` draws the nonces of messages.
    """

    def __init__(
        self,
        store: JobStore,
        retention: PictureRetention,
        schedule: Schedule,
        clock: Callable[[], float],
        random: Random,
    ) -> None:
        self._store = store
        self._database = store.database
        self._retention = retention
        self._schedule = schedule
        self._clock = clock
        self._random = random
        self._listeners: list[Listener] = []
        self.slots: int | None = None  # paintings that can go on at a time; None before it is known

    async def recover(self) -> None:
        """Pick up where the last run stopped; to be awaited once, before anything else.

        Jobs that were painting are queued again, or cancelled where somebody had asked for that.
        Jobs that were being delivered are found by `unsettled`.
        """
        async with self._database.write() as connection:
            for job in await self._store.last_painted(connection, LEARN_FROM):
                self._schedule.learn(job)
            for before in await self._store.waiting_or_painting(connection):
                rule = rules.stop_as_asked
                if before.state is JobState.PAINTING:
                    rule = rules.interrupted
                after = rule(before, self._clock())
                await self._store.save(connection, before, after)
                if after.state is JobState.QUEUED:
                    self._schedule.enter(after)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have `listener` called with every job that changed; returns what ends that.

        Called on the event loop after the change is committed; it must be quick and not raise.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def submit(
        self,
        origin: Origin,
        sources: Sources,
        settings: PaintSettings,
        limits: JobLimits,
        *,
        timelapse: bool = False,
        parent_id: int | None = None,
        card: CardPlace | None = None,
        settle: Callable[[AsyncConnection], Awaitable[None]] | None = None,
    ) -> Job:
        """Queue a painting. Its pictures must be in the picture store already.

        `card` is the message that is to show it, where that is known; `settle` is done in the same
        transaction. An interaction that was submitted before gives the job it made then. Raises
        `MemberQuotaReached`, `GuildQuotaReached` and `PictureGone`.
        """
        channel_id, message_id = card or (None, None)
        settings = complete(settings)
        job = Job(
            id=0,
            state=JobState.QUEUED,
            origin=origin,
            sources=sources,
            settings=settings,
            delivery=DeliveryState(str(self._random.getrandbits(63)), channel_id, message_id),
            predicted_seconds=self._schedule.predict(settings),
            created_at=self._clock(),
            parent_id=parent_id,
            timelapse=timelapse,
        )
        async with (
            self._retention.referring_to(sources.pictures),
            self._database.write() as connection,
        ):
            if settle is not None:
                await settle(connection)
            known = await self._store.of_interaction(connection, origin.interaction_id)
            if known:
                return known
            await self.check_quota(connection, origin, limits)
            job = await self._store.add(connection, job)
        self._schedule.enter(job)
        self._announce(job)
        return job

    async def check_quota(
        self, connection: AsyncConnection, origin: Origin, limits: JobLimits
    ) -> None:
        """Raise `MemberQuotaReached` or `GuildQuotaReached` where `submit` would as things are."""
        of_member, of_guild = await self._store.under_way(
            connection, origin.guild_id, origin.member_id
        )
        if of_member >= limits.per_member:
            raise MemberQuotaReached(limits.per_member)
        if of_guild >= limits.per_guild:
            raise GuildQuotaReached(limits.per_guild)

    async def cancel(self, job_id: int, actor: Member) -> Job:
        """Cancel a job: at once while it is queued, within two steps while it is being painted.

        A painting job is returned as still painting, with `cancelled_by` set. Raises
        `JobNotFound`, `NotAllowed`, and `WrongState` once it is painted.
        """
        return await self._change(job_id, lambda job: rules.cancel(job, actor, self._clock()))

    async def delete_result(self, job_id: int, actor: Member) -> Job:
        """Remove a finished painting and its time-lapse from disk, unless another job has the same.

        Raises `JobNotFound`, `NotAllowed`, and `WrongState` while it is not done.
        """
        job = await self._change(job_id, lambda job: rules.delete_result(job, actor))
        if job.result:
            await self._retention.release(job.result.pictures)
        return job

    async def forget(self, before: float) -> int:
        """Delete the jobs that ended before a moment, with their pictures; return how many."""
        async with self._database.write() as connection:
            number, pictures = await self._store.forget(connection, before)
        await self._retention.release(pictures)
        return number

    async def about_member(self, member_id: int) -> list[dict[str, Any]]:
        """List a member's jobs in all servers as JSON values, without what is secret."""
        async with self._database.read() as connection:
            found = await self._store.by_member(connection, member_id)
        return [job.readable() for job in found]

    async def forget_member(self, member_id: int) -> set[str]:
        """Stop a member's jobs and delete those that have ended; return the pictures.

        A job that is being stopped or delivered is left: call again when it has ended.
        """
        async with self._database.read() as connection:
            found = await self._store.by_member(connection, member_id)
        for job in found:
            if job.state in WAITING_OR_PAINTING and job.cancelled_by is None:
                with contextlib.suppress(WrongState):  # it was finished a moment ago
                    if self._store.shard.has(job.origin.guild_id):
                        await self.cancel(job.id, Member(member_id, job.origin.guild_id))
                    else:
                        await self._change(job.id, lambda job: rules.ask_to_stop(job, member_id))
        async with self._database.write() as connection:
            return await self._store.forget_member(connection, member_id)

    async def stop_as_asked(self) -> None:
        """Stop the jobs that a member asked another shard's bot to stop."""
        for job in await self._store.to_be_stopped():
            if job.state is JobState.PAINTING:
                self._announce(job)
                continue
            with contextlib.suppress(JobNotFound, WrongState):  # its state changed a moment ago
                await self._change(job.id, lambda job: rules.stop_as_asked(job, self._clock()))

    async def get(self, job_id: int) -> Job | None:
        """Find a job."""
        async with self._database.read() as connection:
            return await self._store.find(connection, job_id)

    async def jobs_of(self, guild_id: int, member_id: int, limit: int = 25) -> Sequence[Job]:
        """List a member's jobs in a server: the unfinished and the kept ones, oldest first."""
        return await self._store.of_member(guild_id, member_id, limit)

    async def jobs_in(self, guild_id: int, limit: int = 25) -> Sequence[Job]:
        """List a server's unfinished jobs, oldest first."""
        return await self._store.of_guild(guild_id, limit)

    async def finished_of(self, guild_id: int, member_id: int, limit: int = 100) -> Sequence[Job]:
        """List a member's paintings in a server that are there, the last one first."""
        return await self._store.finished_of(guild_id, member_id, limit)

    def places(self) -> dict[int, Place]:
        """Say where every queued and painting job stands, by job id, in the order of service.

        The same calculation decides whose turn it is.
        """
        return self._schedule.places(self._clock())

    def place(self, job_id: int) -> Place | None:
        """Say where one job stands; None when it is neither queued nor painting."""
        return self.places().get(job_id)

    def progress(self, job_id: int) -> PaintProgress | None:
        """Say how far a painting is; None when it is not being painted or not yet begun."""
        return self._schedule.progress(job_id)

    # For the dispatcher.

    def set_capacity(self, slots: int, device: str) -> None:
        """Note how many paintings can go on at a time, and on what: predictions follow."""
        self.slots = slots
        self._schedule.set_capacity(slots, device)

    async def claim(self) -> Job | None:
        """Take the job whose turn it is from the queue to painting; None when none waits."""
        while (job_id := self._schedule.take(self._clock())) is not None:
            try:
                return await self._change(job_id, lambda job: rules.started(job, self._clock()))
            except (JobNotFound, WrongState):  # it was cancelled since, here or by another bot
                self._schedule.leave(job_id)
            except BaseException:
                self._schedule.put_back(job_id)
                raise
        return None

    def progressed(self, progress: PaintProgress) -> None:
        """Note how far a painting is; kept in memory only."""
        self._schedule.progressed(progress, self._clock())

    async def painted(self, job_id: int, result: JobResult) -> Job:
        """Store a painting: painting to delivering; to cancelled when that was asked for."""
        job = await self._change(job_id, lambda job: rules.painted(job, result, self._clock()))
        if job.state is JobState.CANCELLED:
            await self._retention.release(result.pictures)
        else:
            self._schedule.learn(job)
        return job

    async def lost(self, job_id: int) -> Job:
        """Queue a job again whose executor was lost, first in its member's line, or fail it."""
        return await self._change(job_id, lambda job: rules.lost(job, self._clock()))

    async def put_back(self, job_id: int) -> Job:
        """Queue a job again that a shut-down interrupted; cancel it when that was asked for."""
        return await self._change(job_id, lambda job: rules.put_back(job, self._clock()))

    async def failed(self, job_id: int, sentence: str) -> Job:
        """Give a painting up: painting to failed."""
        return await self._change(job_id, lambda job: rules.failed(job, sentence, self._clock()))

    async def stopped(self, job_id: int) -> Job:
        """Note that a painting has stopped as asked: painting to cancelled."""
        return await self._change(job_id, lambda job: rules.stopped(job, self._clock()))

    # For the delivery.

    async def unsettled(self) -> Sequence[Job]:
        """List the jobs whose member must still be told: delivering, failed and cancelled ones."""
        return await self._store.unsettled()

    async def card_posted(self, job_id: int, channel_id: int, message_id: int) -> Job:
        """Note which message is the job's card."""
        return await self._change(
            job_id, lambda job: rules.card_posted(job, channel_id, message_id)
        )

    async def delivery_begun(self, job_id: int, route: str) -> Job:
        """Note, before a send, that the outcome may be on its way by this route."""
        return await self._change(
            job_id, lambda job: rules.delivery_begun(job, route, self._clock())
        )

    async def delivered(self, job_id: int, channel_id: int, message_id: int) -> Job:
        """Note that the outcome reached the member: delivering to done, or told of a failure."""
        return await self._change(
            job_id, lambda job: rules.delivered(job, channel_id, message_id, self._clock())
        )

    async def kept(self, job_id: int) -> Job:
        """Note that no way to the member is open; the outcome is kept for `/queue show`.

        A delivering job becomes done. `delivered` may follow, when the member fetches it.
        """
        return await self._change(job_id, lambda job: rules.kept(job, self._clock()))

    async def _change(self, job_id: int, rule: Callable[[Job], Job]) -> Job:
        """Apply a transition to a job in one transaction; then, and only then, act on it."""
        async with self._database.write() as connection:
            before = await self._store.find(connection, job_id)
            if before is None:
                raise JobNotFound(job_id)
            after = rule(before)
            await self._store.save(connection, before, after)
        # No await between the commit and this: nobody sees a schedule that lags behind.
        if self._store.shard.has(after.origin.guild_id):
            self._schedule.follow(before, after)
            self._announce(after)
        return after

    def _announce(self, job: Job) -> None:
        for listener in tuple(self._listeners):
            listener(job)
