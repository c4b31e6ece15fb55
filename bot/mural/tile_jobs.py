"""The jobs of tiles: submits a job for each order, and lays its painting on the mural."""

import logging
import math
from collections.abc import Awaitable, Callable
from functools import partial

from bot.errors import Blocked, PictureGone, Refused
from bot.guilds.service import GuildService
from bot.jobs.admission import Admission
from bot.jobs.model import Job, JobState, Sources
from bot.jobs.service import JobService
from bot.languages.speech import _
from bot.mural import lifecycle
from bot.mural.model import NO_MEMBER, Mural, Tile, TileOrder
from bot.mural.service import MuralService
from bot.mural.workshop import Workshop, WorkshopFailed
from bot.people import Origin
from bot.pictures.retention import PictureRetention
from engine.request import PaintSettings

log = logging.getLogger(__name__)

RETRY = 10.0  # seconds until the next try, where an order has to wait


class TileJobs:
    """Keeps the orders of murals and their jobs in step. `clock` gives Unix seconds.

    `may_use` raises Blocked for a member of a server that is blocked. `bot_id` gives the bot's own
    user id: it is the member in the jobs of tiles that the server's style paints.
    """

    def __init__(
        self,
        murals: MuralService,
        jobs: JobService,
        admission: Admission,
        guilds: GuildService,
        retention: PictureRetention,
        workshop: Workshop,
        may_use: Callable[[int, int], Awaitable[None]],
        bot_id: Callable[[], int],
        clock: Callable[[], float],
    ) -> None:
        self._murals = murals
        self._jobs = jobs
        self._admission = admission
        self._guilds = guilds
        self._retention = retention
        self._workshop = workshop
        self._may_use = may_use
        self._bot_id = bot_id
        self._clock = clock

    async def on_change(self) -> None:
        """Follow changes that no step for a single mural notices."""
        await self._follow_deletions()
        await self._settle_orphans()

    async def _follow_deletions(self) -> None:
        """Take paintings that owners deleted off their murals, also after the bot was down."""
        for mural_id, job_id in await self._murals.store.deleted_paintings():
            rule = partial(lifecycle.delete_painting, job_id=job_id, now=self._clock())
            await self._murals.change(mural_id, rule)

    async def _settle_orphans(self) -> None:
        """Settle the ended jobs of tiles to which no order refers any more."""
        ordered = {
            tile.order.job_id
            for mural in await self._murals.store.alive()
            for tile in mural.tiles
            if tile.order is not None
        }
        for job in await self._jobs.unsettled():
            if job.is_tile and job.id not in ordered:
                await self._settle(job)

    async def take_over_ended(self, mural: Mural) -> float:
        """End the orders of which the job has ended.

        Returns infinity: there is more to do only after a change.
        """
        for tile in mural.tiles:
            if tile.order is not None and tile.order.job_id is not None:
                job = await self._jobs.get(tile.order.job_id)
                if job is None or job.state not in (JobState.QUEUED, JobState.PAINTING):
                    await self._take_over(mural, tile, tile.order.job_id, job)
        return math.inf

    async def _take_over(self, mural: Mural, tile: Tile, job_id: int, job: Job | None) -> None:
        """Lay the painting of an ended job on the mural, or else end the order without one."""
        with await self._guilds.voice(mural.guild_id):
            problem = _problem(mural, tile, job)
            deleted = _("The painting was deleted.")
        now = self._clock()
        if job is not None and job.result is not None and not problem:
            picture = job.result.picture
            rule = partial(lifecycle.painted, job_id=job_id, picture=picture, now=now)
            try:
                await self._murals.change(mural.id, rule, [picture])
            except PictureGone:
                problem = deleted
        if problem:
            hold = self._murals.hold
            rule = partial(lifecycle.failed, job_id=job_id, why=problem, now=now, hold=hold)
            await self._murals.change(mural.id, rule)
        if job is not None and not job.settled:
            await self._settle(job)

    async def _settle(self, job: Job) -> None:
        """Record that a tile's job needs no delivery: its mural shows the outcome."""
        await self._jobs.delivered(job.id, job.origin.channel_id, message_id=0)

    async def queue_next(self, mural: Mural) -> float:
        """Queue one order, if one can be queued; return the seconds until the next try.

        They are infinite where no order waits. Only one is queued, so that finished paintings are
        laid on the mural before the next tile is cut from it. An order that has to wait, as for
        room in the queue, does not hold up those of other tiles.
        """
        tried: set[int] = set()
        current: Mural | None = mural
        while current is not None:
            tile = next(lifecycle.to_queue(current, skipped=tried), None)
            if tile is None or tile.order is None:
                break
            if await self._queue(current, tile, tile.order):
                return 0.0
            tried.add(tile.number)
            current = await self._murals.store.get(mural.id)
        return RETRY if tried else math.inf

    async def _queue(self, mural: Mural, tile: Tile, order: TileOrder) -> bool:
        """Submit the job of an order, or drop the order of a blocked member.

        False where the order has to wait.
        """
        try:
            if tile.member_id != NO_MEMBER:
                await self._may_use(mural.guild_id, tile.member_id)
            job = await self._submit(mural, tile, order)
        except Blocked:
            now = self._clock()
            rule = partial(lifecycle.drop_order, number=tile.number, key=order.key, now=now)
            await self._murals.change(mural.id, rule)
            return True
        except (Refused, WorkshopFailed) as error:
            log.info("mural %d: tile %d waits: %s", mural.id, tile.number, error)
            return False
        rule = partial(lifecycle.queued, number=tile.number, key=order.key, job_id=job.id)
        after = await self._murals.change(mural.id, rule)
        if after is None or not after.is_ordered(tile.number, job.id):  # given up meanwhile
            await self._murals.cancel_jobs([job.id], mural.guild_id)
        return True

    async def _submit(self, mural: Mural, tile: Tile, order: TileOrder) -> Job:
        """Submit the job of an order. Raises Refused and WorkshopFailed.

        The order's key is the job's interaction id, and an interaction has one job. So where the
        bot crashed before the mural knew the job, this returns the same job again.
        """
        origin = await self._origin(mural, tile, order.key)
        with await self._guilds.voice(mural.guild_id):
            title = _("tile {number} of {title}", number=tile.number, title=mural.terms.title)
        quotas = (await self._guilds.effective(mural.guild_id)).jobs
        async with self._murals.store.database.read() as connection:
            await self._admission.check_quota(connection, origin, quotas)
        part = await self._workshop.tile_sources(mural, tile.number)
        sources = Sources(
            part.content,
            (order.style.picture,),
            style_name=order.style.name,
            content_title=title,
            surroundings=part.surroundings,
            sizes=(part.size, await self._size_of(order.style.picture)),
        )
        settings = PaintSettings(size=max(part.size), seed=mural.seed + tile.number)
        try:
            return await self._jobs.submit(origin, sources, settings, quotas)
        except Refused:
            await self._retention.release(part.pictures)
            raise

    async def _size_of(self, picture: str) -> tuple[int, int]:
        known = await self._retention.ledger.find(picture)
        return known.size if known is not None else (0, 0)

    async def _origin(self, mural: Mural, tile: Tile, key: int) -> Origin:
        """The order's origin. There is no interaction to answer: the mural shows the outcome."""
        return Origin(
            guild_id=mural.guild_id,
            channel_id=mural.channel_id,
            member_id=tile.member_id if tile.member_id != NO_MEMBER else self._bot_id(),
            interaction_id=key,
            interaction_token="",
            token_expires_at=0.0,
            member_name=tile.name,
            age_restricted=mural.age_restricted,
            language=await self._guilds.language(mural.guild_id),
        )


def _problem(mural: Mural, tile: Tile, job: Job | None) -> str:
    """Why the tile's ended job has no painting to lay on the mural; empty where it has one."""
    if job is None:
        return _("The painting was deleted.")
    if job.result is None or job.state not in (JobState.DELIVERING, JobState.DONE):
        return job.failure or _("The painting was cancelled.")
    if job.result_deleted:
        return _("The painting was deleted.")
    left, top, right, bottom = mural.terms.grid.region(tile.number)
    outcome = job.result.outcome
    if (outcome.width, outcome.height) != (right - left, bottom - top):
        return _("The painting does not have the size of the tile.")
    return ""
