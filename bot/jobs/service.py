"""Changes jobs: each change is a rule applied in one transaction.

Every method commits the new state before it returns the job and calls the listeners. Only one
service may work on the jobs of a shard.
"""

import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from random import Random

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import JobNotFound, Refused, WrongState
from bot.executors.contract import PaintProgress
from bot.jobs import allowance, rules
from bot.jobs.allowance import FREE, Allowance
from bot.jobs.model import DeliveryState, Job, JobResult, JobState, Place, Sources
from bot.jobs.quotas import JobQuotas
from bot.jobs.schedule import Schedule, with_size_and_steps
from bot.jobs.store import JobStore
from bot.journal import NO_JOURNAL, Journal
from bot.people import Member, Origin
from bot.pictures.retention import PictureRetention
from engine.request import PaintSettings

Listener = Callable[[Job], None]
CardPlace = tuple[int, int]  # the ids of a channel and of a message in it

log = logging.getLogger(__name__)

LEARN_FROM = 200  # paintings, when the bot starts


class JobService:
    """Submits and changes jobs. Its methods are safe to call concurrently on one event loop.

    `clock` gives Unix seconds; `random` draws the nonces of messages; `journal` keeps the
    moderators' log.
    """

    def __init__(
        self,
        store: JobStore,
        retention: PictureRetention,
        schedule: Schedule,
        clock: Callable[[], float],
        random: Random,
        journal: Journal = NO_JOURNAL,
    ) -> None:
        self.store = store
        self._database = store.database
        self._retention = retention
        self._schedule = schedule
        self._clock = clock
        self._random = random
        self._journal = journal
        self._listeners: list[Listener] = []
        self.slots: int | None = None  # of the executor; None before it has started

    async def recover(self) -> None:
        """Load the jobs of the last run; await this once, before anything else.

        Jobs that were painting are queued again, or cancelled where a member had asked for that.
        `unsettled` gives the jobs that were being delivered.
        """
        ended: list[Job] = []
        async with self._database.write() as connection:
            for job in await self.store.last_painted(connection, LEARN_FROM):
                self._schedule.learn(job)
            for before in await self.store.waiting_or_painting(connection):
                rule = rules.stop_as_asked
                if before.state is JobState.PAINTING:
                    rule = rules.interrupted
                after = rule(before, self._clock())
                await self.store.save(connection, before, after)
                if after.state is JobState.QUEUED:
                    self._schedule.enter(after)
                else:
                    ended.append(after)
        for job in ended:
            await self._release(job)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every job that changes; returns a function that unsubscribes it.

        It is called on the event loop after the commit; it must be quick and not raise.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def submit(
        self,
        origin: Origin,
        sources: Sources,
        settings: PaintSettings,
        quotas: JobQuotas,
        *,
        granted: Allowance = FREE,
        timelapse: bool = False,
        parent_id: int | None = None,
        card: CardPlace | None = None,
        settle: Callable[[AsyncConnection], Awaitable[None]] | None = None,
    ) -> Job:
        """Queue a painting. Its pictures must be in the picture store already.

        `granted` is the member's painting time, and `card` the message that will show it, where
        that is known; `settle` runs in the same transaction. An interaction that was submitted
        before returns its job. Raises what `JobQuotas.check` and `allowance.check` do, and
        `PictureGone`.
        """
        channel_id, message_id = card or (None, None)
        settings = with_size_and_steps(settings)
        job = Job(
            id=0,
            state=JobState.QUEUED,
            origin=origin,
            sources=sources,
            settings=settings,
            delivery=DeliveryState(str(self._random.getrandbits(63)), channel_id, message_id),
            predicted_seconds=self._schedule.predict(settings, sources),
            created_at=self._clock(),
            parent_id=parent_id,
            timelapse=timelapse,
        )
        async with (
            self._retention.referring_to(job.sources.pictures),
            self._database.write() as connection,
        ):
            known = await self.store.of_interaction(connection, origin.interaction_id)
            if settle is not None:
                with contextlib.suppress(Refused) if known else contextlib.nullcontext():
                    await settle(connection)
            job = known or await self._add(connection, job, quotas, granted)
        # One that was known may be in no queue: the connection broke as the database stored it.
        if job.state is JobState.QUEUED and not self._schedule.has(job.id):
            self._schedule.enter(job)
            self._announce(job)
        return job

    async def _add(
        self, connection: AsyncConnection, job: Job, quotas: JobQuotas, granted: Allowance
    ) -> Job:
        origin = job.origin
        quotas.check(await self.store.under_way(connection, origin))
        if granted.spans:
            now, member_id = self._clock(), origin.member_id
            uses = await self.store.uses(connection, origin.guild_id, member_id, now)
            allowance.check(uses.values(), job.predicted_seconds, granted, now)
        return await self.store.add(connection, job)

    async def cancel(self, job_id: int, actor: Member) -> Job:
        """Cancel a job: at once while it is queued, within two steps while it is being painted.

        A painting job is returned as still painting, with `cancelled_by` set. Raises
        `JobNotFound`, `NotAllowed`, and `WrongState` once it is painted.
        """
        return await self.change(job_id, lambda job: rules.cancel(job, actor, self._clock()), actor)

    async def delete_result(self, job_id: int, actor: Member) -> Job:
        """Delete a finished painting and all its pictures, unless another job has the same files.

        Raises `JobNotFound`, `NotAllowed`, and `WrongState` while it has not ended.
        """
        return await self.change(job_id, lambda job: rules.delete_result(job, actor), actor)

    async def stop_as_asked(self) -> None:
        """Cancel the jobs of this shard that members cancelled at another shard's bot."""
        for job in await self.store.to_be_stopped():
            if job.state is JobState.PAINTING:
                self._announce(job)
                continue
            with contextlib.suppress(JobNotFound, WrongState):  # its state changed a moment ago
                await self.change(job.id, lambda job: rules.stop_as_asked(job, self._clock()))

    async def get(self, job_id: int) -> Job | None:
        """Find a job."""
        async with self._database.read() as connection:
            return await self.store.find(connection, job_id)

    async def jobs_of(self, guild_id: int, member_id: int) -> Sequence[Job]:
        """List a member's unfinished jobs in a server, and after them the first kept ones."""
        return await self.store.of_member(guild_id, member_id)

    async def jobs_in(self, guild_id: int) -> Sequence[Job]:
        """List a server's unfinished jobs, oldest first."""
        return await self.store.of_guild(guild_id)

    def places(self) -> dict[int, Place]:
        """Give the place of every queued and painting job by job id, in the order of the queue.

        The queue uses the same calculation to choose the next job.
        """
        return self._schedule.places(self._clock())

    def place(self, job_id: int) -> Place | None:
        """Give the place of a job; None when it is neither queued nor painting."""
        return self.places().get(job_id)

    def progress(self, job_id: int) -> PaintProgress | None:
        """Give the progress of a painting; None when it has not begun or is not being painted."""
        return self._schedule.progress(job_id)

    async def can_repeat(self, job: Job) -> bool:
        """Say whether the pictures that a job was to be painted from are kept."""
        return await self._retention.keeps(job.sources.pictures)

    # For the dispatcher.

    def set_capacity(self, slots: int, device: str) -> None:
        """Set the executor's slots and device, on which the predictions depend."""
        self.slots = slots
        self._schedule.set_capacity(slots, device)

    async def claim(self) -> Job | None:
        """Move the next job from queued to painting; None when none is queued."""
        while (job_id := self._schedule.take(self._clock())) is not None:
            try:
                return await self.change(job_id, lambda job: rules.started(job, self._clock()))
            except (JobNotFound, WrongState):  # cancelled meanwhile, here or by another bot
                self._schedule.leave(job_id)
            except BaseException:
                self._schedule.put_back(job_id)
                raise
        return None

    def record_progress(self, progress: PaintProgress) -> None:
        """Record the progress of a painting, in memory only."""
        self._schedule.record_progress(progress, self._clock())

    async def painted(self, job_id: int, result: JobResult) -> Job:
        """Store a painting: painting to delivering, or to cancelled; see `rules.painted`."""
        job = await self.change(job_id, lambda job: rules.painted(job, result, self._clock()))
        if job.state is JobState.CANCELLED:
            await self._retention.release(result.pictures)
        else:
            self._schedule.learn(job)
        return job

    async def lost(self, job_id: int) -> Job:
        """Queue a job again after its executor was lost, or fail it at the second loss."""
        return await self.change(job_id, lambda job: rules.lost(job, self._clock()))

    async def put_back(self, job_id: int) -> Job:
        """Queue a job again after a shut-down; cancel it where a member asked for that."""
        return await self.change(job_id, lambda job: rules.put_back(job, self._clock()))

    async def failed(self, job_id: int, sentence: str) -> Job:
        """Painting to failed."""
        return await self.change(job_id, lambda job: rules.failed(job, sentence, self._clock()))

    async def stopped(self, job_id: int) -> Job:
        """Painting to cancelled."""
        return await self.change(job_id, lambda job: rules.stopped(job, self._clock()))

    # For the delivery.

    async def unsettled(self) -> Sequence[Job]:
        """List the jobs with an outcome to deliver: delivering, failed and cancelled ones."""
        return await self.store.unsettled()

    async def card_posted(self, job_id: int, channel_id: int, message_id: int) -> Job:
        """Store the id of the job's card."""
        return await self.change(job_id, lambda job: rules.card_posted(job, channel_id, message_id))

    async def delivery_begun(self, job_id: int, route: str) -> Job:
        """Record, before a send, that it begins by this route."""
        return await self.change(
            job_id, lambda job: rules.delivery_begun(job, route, self._clock())
        )

    async def delivered(self, job_id: int, channel_id: int, message_id: int) -> Job:
        """Record that the outcome was delivered; a delivering job becomes done."""
        return await self.change(
            job_id, lambda job: rules.delivered(job, channel_id, message_id, self._clock())
        )

    async def kept(self, job_id: int) -> Job:
        """Record that no route to the member works; the outcome is kept for `/queue show`.

        A delivering job becomes done. `delivered` follows when the member fetches the outcome.
        """
        return await self.change(job_id, lambda job: rules.kept(job, self._clock()))

    async def change(
        self, job_id: int, rule: Callable[[Job], Job], actor: Member | None = None
    ) -> Job:
        """Apply a rule to a job in one transaction; then update the queue and call listeners.

        `actor` is the member that the moderators' log should name.
        """
        async with self._database.write() as connection:
            before = await self.store.find(connection, job_id)
            if before is None:
                raise JobNotFound(job_id)
            after = rule(before)
            await self.store.save(connection, before, after)
            entry = rules.entry_of(before, after, actor)
            if entry is not None:
                await self._journal.note(connection, entry)
        # No await between the commit and this, so that the schedule is never out of date.
        if self.store.shard.has(after.origin.guild_id):
            self._schedule.follow(before, after, self._clock())
            self._announce(after)
        if after.needs_no_pictures and not before.needs_no_pictures:
            await self._release(after)
        return after

    async def _release(self, job: Job) -> None:
        """Delete the pictures of a job that needs them no more, unless another row does."""
        try:
            await self._retention.release(job.pictures)
        except Exception:  # the sweep deletes them within the hour
            log.exception("the pictures of job %d could not be deleted", job.id)

    def _announce(self, job: Job) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(job)
            except Exception:  # a fault of one must not keep the job from the others
                log.exception("a listener failed at job %d", job.id)
