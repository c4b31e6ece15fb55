"""Keeps murals going: queues tiles, lays finished ones on, and assembles what is complete.

All that it does follows from the database, so it goes on after a restart where it was.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial

from bot.back_off import BackOff
from bot.errors import Blocked, PictureGone, Refused
from bot.guilds.service import GuildService
from bot.jobs.admission import Admission
from bot.jobs.model import Job, JobState, Sources
from bot.jobs.service import JobService
from bot.languages.speech import _
from bot.mural import card, rules
from bot.mural.messenger import MuralMessenger
from bot.mural.model import NOBODY, Mural, Tile
from bot.mural.service import MuralService
from bot.mural.workshop import Workshop, WorkshopFailed
from bot.people import Origin
from bot.pictures.retention import PictureRetention
from engine.request import PaintSettings

log = logging.getLogger(__name__)

LONGEST_NAP = 60.0  # seconds, so that a change of the system's clock is noticed
RETRY = 10.0  # seconds until the next try after an error, or while the queue has no room


class MuralKeeper:
    """Tends each mural in a task of its own, one step after another.

    `may_use` raises Blocked for a member of a server that is blocked. `me` gives the bot's own
    user id: it orders the tiles that nobody painted. `tell` sends a member a direct message.
    """

    def __init__(
        self,
        murals: MuralService,
        jobs: JobService,
        admission: Admission,
        guilds: GuildService,
        retention: PictureRetention,
        workshop: Workshop,
        messenger: MuralMessenger,
        may_use: Callable[[int, int], Awaitable[None]],
        me: Callable[[], int],
        tell: Callable[[int, str], Awaitable[None]],
        clock: Callable[[], float],
        assembling: BackOff,
    ) -> None:
        self._murals = murals
        self._jobs = jobs
        self._admission = admission
        self._guilds = guilds
        self._retention = retention
        self._workshop = workshop
        self._messenger = messenger
        self._may_use = may_use
        self._me = me
        self._tell = tell
        self._clock = clock
        self._tries = assembling
        self._failures: dict[int, int] = {}  # of assemblies in a row, by mural
        self._assemble_at: dict[int, float] = {}  # monotonic time of the next try
        self._tending: dict[int, asyncio.Task[float]] = {}
        self._again: set[int] = set()  # murals that may have changed while they are tended
        self._next: dict[int, float] = {}  # monotonic time of the next look at each mural
        self._ended = asyncio.Event()  # one was tended

    async def run(self) -> None:
        """Tend all murals until cancelled."""
        try:
            changed = True
            while True:
                nap = await self._look(changed=changed)
                changed = await self._woken(nap)
        finally:
            for task in self._tending.values():
                task.cancel()
            await asyncio.gather(*self._tending.values(), return_exceptions=True)

    async def _woken(self, nap: float) -> bool:
        """Wait up to `nap` seconds for something to do; say whether something has changed."""
        events = (self._murals.changed, self._ended)
        waiting = [asyncio.create_task(event.wait()) for event in events]
        try:
            await asyncio.wait(waiting, timeout=nap, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        changed = self._murals.changed.is_set()
        self._murals.changed.clear()
        self._ended.clear()
        return changed

    async def _look(self, *, changed: bool) -> float:
        """Start what is due; return the seconds until there may be more."""
        try:
            if changed:
                await self._murals.follow_deletions()
                await self._settle_orphans()
            murals = await self._murals.store.alive()
        except Exception:  # a locked database may be free in a moment
            log.exception("the murals could not be read; next try in %.0f s", RETRY)
            return RETRY
        now = time.monotonic()
        naps = [LONGEST_NAP]
        for mural in murals:
            if mural.id in self._tending:
                if changed:
                    self._again.add(mural.id)
            elif changed or self._next.get(mural.id, now) <= now:
                task = asyncio.create_task(self._tend(mural.id), name=f"mural {mural.id}")
                self._tending[mural.id] = task
                task.add_done_callback(partial(self._tended, mural.id))
            else:
                naps.append(self._next[mural.id] - now)
        return min(naps)

    def _tended(self, mural_id: int, task: "asyncio.Task[float]") -> None:
        del self._tending[mural_id]
        nap = LONGEST_NAP if task.cancelled() else task.result()
        self._next[mural_id] = time.monotonic() + (0.0 if mural_id in self._again else nap)
        self._again.discard(mural_id)
        self._ended.set()

    async def _tend(self, mural_id: int) -> float:
        """Do all that is due for a mural; return the seconds until there is more."""
        try:
            return await self._steps(mural_id)
        except Exception:  # a fault in one server must not stop the others' murals
            log.exception("mural %d failed; next try in %.0f s", mural_id, LONGEST_NAP)
            return LONGEST_NAP

    async def _steps(self, mural_id: int) -> float:
        mural = await self._murals.store.get(mural_id)
        if mural is None:
            return LONGEST_NAP
        for tile in mural.tiles:
            if tile.order is not None and tile.order.job_id is not None:
                await self._take_over(mural, tile.order.job_id)
        mural = await self._murals.change(mural_id, lambda one: rules.due(one, self._clock()))
        if mural is None:
            return LONGEST_NAP
        waits = [await self._queue_next(mural)]
        if rules.to_assemble(mural):
            waits.append(await self._assemble(mural))
        waits.append(await self._messenger.show(mural_id))
        when = rules.next_time(mural)
        if when is not None:
            waits.append(max(0.0, when - self._clock()))
        return min(waits)

    async def _take_over(self, mural: Mural, job_id: int) -> None:
        """Lay a finished job's painting on the mural, or put its tile back."""
        job = await self._jobs.get(job_id)
        if job is not None and job.state in (JobState.QUEUED, JobState.PAINTING):
            return
        now, hold = self._clock(), self._murals.hold
        with await self._guilds.voice(mural.guild_id):
            problem, deleted = _problem(mural, job), _("The painting was deleted.")
        if job is not None and job.result is not None and not problem:
            picture = job.result.picture
            rule = partial(rules.painted, job_id=job_id, picture=picture, now=now)
            try:
                await self._murals.change(mural.id, rule, [picture])
            except PictureGone:
                problem = deleted
        if problem:
            await self._murals.change(
                mural.id, partial(rules.failed, job_id=job_id, why=problem, now=now, hold=hold)
            )
        if job is not None and not job.settled:
            await self._jobs.delivered(job_id, mural.channel_id, 0)

    async def _settle_orphans(self) -> None:
        """Settle the ended jobs of tiles that no mural waits for any more."""
        wanted = {
            tile.order.job_id
            for mural in await self._murals.store.alive()
            for tile in mural.tiles
            if tile.order is not None
        }
        for job in await self._jobs.unsettled():
            if job.is_tile and job.id not in wanted:
                await self._jobs.delivered(job.id, job.origin.channel_id, 0)

    async def _queue_next(self, mural: Mural) -> float:
        """Queue a tile that is ready; return the seconds until the next one may be queued.

        One at a time, so that what is painted meanwhile is laid on soon. A tile that waits for
        room does not hold up those beside it.
        """
        waiting: set[int] = set()
        current: Mural | None = mural
        while current is not None and (tile := next(rules.ready(current, waiting), None)):
            if await self._queue(current, tile):
                return 0.0
            waiting.add(tile.number)
            current = await self._murals.store.get(mural.id)
        return RETRY if waiting else LONGEST_NAP

    async def _queue(self, mural: Mural, tile: Tile) -> bool:
        """Deal with the order of a tile: queue it or take it back; False where it waits for room.

        One order is one job, as jobs are known by the key of the order: where a crash comes
        between the job and the mural, the job is found again.
        """
        order = tile.order
        if order is None:
            return True
        origin = await self._origin(mural, tile, order.key)
        with await self._guilds.voice(mural.guild_id):
            title = _("tile {number} of {title}", number=tile.number, title=mural.terms.title)
        effective = await self._guilds.effective(mural.guild_id)
        part = None
        try:
            if tile.member_id != NOBODY:
                await self._may_use(mural.guild_id, tile.member_id)
            async with self._murals.store.database.read() as connection:
                await self._admission.check_quota(connection, origin, effective.jobs)
            part = await self._workshop.part(mural, tile.number)
            job = await self._jobs.submit(
                origin,
                Sources(
                    part.content,
                    (order.style.picture,),
                    style_name=order.style.name,
                    content_title=title,
                    surroundings=part.surroundings,
                    sizes=(part.size, await self._size_of(order.style.picture)),
                ),
                PaintSettings(size=max(part.size), seed=mural.seed + tile.number),
                effective.jobs,
            )
        except Blocked:
            rule = partial(rules.take_back, number=tile.number, key=order.key, now=self._clock())
            await self._murals.change(mural.id, rule)
            return True
        except (Refused, WorkshopFailed) as error:
            log.info("mural %d: tile %d waits: %s", mural.id, tile.number, error)
            if part is not None:
                await self._retention.release(part.pictures)
            return False
        rule = partial(rules.queued, number=tile.number, key=order.key, job_id=job.id)
        after = await self._murals.change(mural.id, rule)
        queued = after.tile(tile.number) if after is not None else None
        if queued is None or queued.order is None or queued.order.job_id != job.id:  # given up
            await self._murals.drop_jobs([job.id], mural.guild_id)
        return True

    async def _size_of(self, picture: str) -> tuple[int, int]:
        known = await self._retention.ledger.find(picture)
        return known.size if known is not None else (0, 0)

    async def _origin(self, mural: Mural, tile: Tile, key: int) -> Origin:
        """The order's origin. No interaction is answered: the mural shows what becomes of it."""
        return Origin(
            guild_id=mural.guild_id,
            channel_id=mural.channel_id,
            member_id=tile.member_id if tile.member_id != NOBODY else self._me(),
            interaction_id=key,
            interaction_token="",
            token_expires_at=0.0,
            member_name=tile.name,
            age_restricted=mural.age_restricted,
            language=await self._guilds.language(mural.guild_id),
        )

    async def _assemble(self, mural: Mural) -> float:
        """Put a mural together, if it is time; return the seconds until the next try."""
        wait = self._assemble_at.get(mural.id, 0.0) - time.monotonic()
        if wait > 0:
            return wait
        log.info("mural %d: assembling %d tiles", mural.id, len(mural.painted))
        try:
            results = await self._workshop.assemble(mural)
        except WorkshopFailed as error:
            return await self._put_off(mural, error)
        self._failures.pop(mural.id, None)
        self._assemble_at.pop(mural.id, None)

        def rule(current: Mural) -> Mural:
            same = current.painted == mural.painted
            return rules.assembled(current, results, self._clock()) if same else current

        after = await self._murals.change(mural.id, rule, results.pictures)
        if after is None or after.results != results:  # it changed meanwhile
            await self._retention.release(results.pictures)
        return LONGEST_NAP

    async def _put_off(self, mural: Mural, error: WorkshopFailed) -> float:
        """Try an assembly later, and tell the host of the mural about the first failure."""
        failures = self._failures[mural.id] = self._failures.get(mural.id, 0) + 1
        wait = self._tries.after(failures)
        self._assemble_at[mural.id] = time.monotonic() + wait
        log.error("mural %d: not assembled; next try in %.0f s: %s", mural.id, wait, error)
        if failures == 1 and mural.host_id != NOBODY:
            with await self._guilds.voice(mural.guild_id):
                text = card.not_assembled(mural)
            await self._tell(mural.host_id, text)
        return wait


def _problem(mural: Mural, job: Job | None) -> str:
    """Why a job that has ended is no layer of its mural; empty where it is one."""
    if job is None:
        return _("The painting was deleted.")
    if job.result is None or job.state not in (JobState.DELIVERING, JobState.DONE):
        return job.failure or _("The painting was cancelled.")
    if job.result_deleted:
        return _("The painting was deleted.")
    tile = next(t for t in mural.tiles if t.order is not None and t.order.job_id == job.id)
    left, top, right, bottom = mural.terms.grid.region(tile.number)
    outcome = job.result.outcome
    if (outcome.width, outcome.height) != (right - left, bottom - top):
        return _("The painting does not have the size of the tile.")
    return ""
