"""Runs queued jobs on the executor, and reports their outcomes to the service."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

from bot.back_off import BackOff
from bot.errors import CannotPaint, ExecutorLost, MuralscapeError, PaintingCancelled
from bot.executors.contract import Executor, PaintOrder
from bot.jobs.model import Job, JobResult, JobState
from bot.jobs.service import JobService
from bot.languages.speech import _, speaking
from bot.logs import about_job
from bot.pictures.retention import Adopt, PictureRetention
from bot.pictures.turns import Owner
from engine.motion.kinds import animation_ending
from engine.request import PaintOutcome

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0  # until the next try after the database failed
# Raises ExecutorLost where the files of an order are not the painting that was announced.
Verify = Callable[[Owner, PaintOrder, PaintOutcome], Awaitable[None]]
ANIMATIONS = (".gif", ".webp")  # a film of one of these comes back in its format and as an MP4


class Dispatcher:
    """Keeps an executor busy. One `run`, ended by one `stop`.

    `verify` checks the files of a painting before they are taken over.
    """

    def __init__(
        self,
        service: JobService,
        executor: Executor,
        retention: PictureRetention,
        verify: Verify,
    ) -> None:
        self._service = service
        self._executor = executor
        self._retention = retention
        self._pictures = retention.pictures
        self._verify = verify
        self._wake = asyncio.Event()  # a job was queued, a slot is free, or we stop
        self._stopping = asyncio.Event()
        self._putting_back = False
        self._cancelled: set[int] = set()
        self._paintings: dict[int, asyncio.Task[None]] = {}
        self._begun: set[asyncio.Task[None]] = set()  # the event loop holds only weak references
        self._idle = asyncio.Event()  # `run` has not begun, or has ended
        self._idle.set()

    async def run(self) -> None:
        """Run jobs until `stop`; the executor must have started."""
        self._idle.clear()
        unsubscribe = self._service.subscribe(self._follow)
        self._update_capacity()
        self._executor.watch(self._update_capacity)
        try:
            await self._pictures.keep_unfinished(self._service.places().keys())
            while job := await self._next():
                self._paintings[job.id] = asyncio.create_task(self._paint(job))
            await self._drain()
        finally:
            unsubscribe()
            self._idle.set()

    async def stop(self, grace: float) -> None:
        """Start no more paintings; requeue those that are not finished after `grace` seconds."""
        self._stopping.set()
        self._wake.set()
        try:
            async with asyncio.timeout(grace):
                await self._idle.wait()
        except TimeoutError:
            self._putting_back = True
            await asyncio.gather(*(self._executor.cancel(job_id) for job_id in self._paintings))
            await self._idle.wait()

    async def _next(self) -> Job | None:
        """Wait until there is a free slot and a job, and claim it; None when we stop."""
        while not self._stopping.is_set():
            self._wake.clear()
            job = None
            try:
                # claimed only for a free slot, so that the order is decided as late as possible
                if len(self._paintings) < self._executor.capacity:
                    job = await self._service.claim()
            except Exception:  # such as a full disk or a locked database; no job is lost
                log.exception("no job could be claimed; next try in %.0f s", RETRY_SECONDS)
                asyncio.get_running_loop().call_later(RETRY_SECONDS, self._wake.set)
            if job and self._stopping.is_set():
                await self._service.put_back(job.id)
                return None
            if job:
                return job
            await self._wake.wait()
        return None

    def _update_capacity(self) -> None:
        """Tell the service the executor's slots and device."""
        devices = self._executor.devices
        self._service.set_capacity(self._executor.capacity, devices[0] if devices else "")
        self._wake.set()

    async def _drain(self) -> None:
        while self._paintings:
            await asyncio.wait(self._paintings.values())

    def _follow(self, job: Job) -> None:
        """React to a job that is new, or to be cancelled, or was a film and has ended."""
        if job.state is JobState.QUEUED:
            self._wake.set()
        elif job.state is JobState.PAINTING and job.cancelled_by is not None:
            self._cancelled.add(job.id)
            self._begin(job.id, self._executor.cancel(job.id))
        elif job.state is not JobState.PAINTING and job.settings.film:
            self._begin(job.id, self._pictures.remove_unfinished(job.id))

    def _begin(self, job_id: int, work: Coroutine[Any, Any, None]) -> None:
        async def logged() -> None:
            with about_job(str(job_id)):
                try:
                    await work
                except Exception:
                    log.exception("what follows from the job's new state failed")

        task = asyncio.create_task(logged())
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)

    async def _paint(self, job: Job) -> None:
        with about_job(str(job.id)):
            try:
                await self._attempt(job)
            except Exception:
                # the job stays "painting" in the database; the next start queues it again
                log.exception("the outcome of this painting could not be stored")
            finally:
                self._cancelled.discard(job.id)
                del self._paintings[job.id]
                self._wake.set()

    async def _attempt(self, job: Job) -> None:
        """Paint a job once and store its outcome."""
        async with self._retention.adopting() as adopt:
            await self._paint_and_store(job, adopt)

    async def _paint_and_store(self, job: Job, adopt: Adopt) -> None:
        service = self._service
        try:
            result = await self._make(job, adopt)
        except PaintingCancelled:
            end = service.put_back if self._putting_back else service.stopped
            await self._store_outcome(lambda: end(job.id))
        except CannotPaint as failure:
            with speaking(job.origin.language):
                sentence = failure.sentence
            log.info("not painted: %s", failure)
            await self._store_outcome(lambda: service.failed(job.id, sentence))
        except ExecutorLost as lost:
            log.warning("the executor was lost: %s", lost)
            await self._store_outcome(lambda: service.lost(job.id))
        except Exception:
            log.exception("this painting went wrong")
            with speaking(job.origin.language):
                sentence = our_fault()
            await self._store_outcome(lambda: service.failed(job.id, sentence))
        else:
            await self._store_outcome(lambda: service.painted(job.id, result))

    async def _store_outcome(self, write: Callable[[], Awaitable[Job]]) -> None:
        """Write how a painting ended; retries, for example while the disk is full, until `stop`."""
        retrying = BackOff(RETRY_SECONDS, RETRY_SECONDS).retrying(
            lambda error: not isinstance(error, MuralscapeError),
            log=log,
            what="the end of this painting could not be written",
            traceback=True,
            stop=self._stopping,
        )
        async for attempt in retrying:
            with attempt:
                await write()

    async def _make(self, job: Job, adopt: Adopt) -> JobResult:
        """Paint with the executor, and move its files into the picture store."""
        folder = await self._pictures.make_work_folder()
        try:
            order = await self._order(job, folder)
            if job.id in self._cancelled or self._putting_back:  # since it was claimed
                raise PaintingCancelled
            outcome = await self._executor.paint(order, self._service.record_progress)
            if outcome.is_cut_short and self._puts_back(job):
                raise PaintingCancelled  # the rest is painted after the next start of the bot
            owner = Owner(job.origin.guild_id, job.origin.member_id)
            await self._verify(owner, order, outcome)
            size = outcome.width, outcome.height
            picture = await adopt(order.result, size)
            return JobResult(
                picture.name,
                outcome,
                timelapse=await _adopted(order.timelapse, adopt),
                film=await _adopted(order.film, adopt),
                animation=await _adopted(order.animation, adopt),
            )
        finally:
            await self._pictures.remove_work_folder(folder)

    def _puts_back(self, job: Job) -> bool:
        """Whether a painting is stopped so that the next start of the bot can go on with it."""
        return self._putting_back and job.id not in self._cancelled

    async def _order(self, job: Job, folder: Path) -> PaintOrder:
        sources, is_film = job.sources, job.settings.film is not None
        content = self._pictures.path(sources.content)
        ending = await asyncio.to_thread(_animation_ending, content) if is_film else ""
        unfinished = self._pictures.unfinished(job.id) if is_film else None
        around = tuple(self._pictures.path(picture) for picture in sources.surroundings)
        return PaintOrder(
            job_id=job.id,
            settings=job.settings,
            content=content,
            styles=tuple(self._pictures.path(style) for style in sources.styles),
            mask=self._pictures.path(sources.mask) if sources.mask else None,
            result=folder / "result.png",
            timelapse=folder / "timelapse.mp4" if job.timelapse else None,
            film=folder / "film.mp4" if is_film else None,
            animation=folder / f"film{ending}" if ending in ANIMATIONS else None,
            checkpoint=unfinished,
            resume=unfinished,
            content_size=sources.content_size,
            surroundings=(around[0], around[1], around[2]) if around else None,
        )


async def _adopted(file: Path | None, adopt: Adopt) -> str | None:
    """Take a file into the store, if the order asked for one and it is not empty."""
    if file is None or not (await asyncio.to_thread(file.stat)).st_size:
        return None
    return (await adopt(file)).name


def our_fault() -> str:
    """Tell a member that the bot itself failed."""
    return _(
        "Something went wrong here while this was painted, and it was given up. "
        "The host of this bot finds the reason in its log."
    )


def _animation_ending(content: Path) -> str:
    return animation_ending(content.read_bytes())
