"""Takes jobs from the queue to the executor, and what comes of them back to the service."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.back_off import BackOff
from bot.errors import CannotPaint, ExecutorLost, MuralscapeError, PaintingCancelled
from bot.executors.contract import Executor, PaintOrder
from bot.jobs.model import Job, JobResult, JobState
from bot.jobs.service import JobService
from bot.logs import about_job
from bot.pictures.store import PictureStore

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0  # until the database is asked again after it failed
OUR_FAULT = (
    "Something went wrong here while this was painted, and it was given up. "
    "The host of this bot finds the reason in its log."
)


class Dispatcher:
    """Keeps an executor busy. One `run`, ended by one `stop`."""

    def __init__(self, service: JobService, executor: Executor, pictures: PictureStore) -> None:
        self._service = service
        self._executor = executor
        self._pictures = pictures
        self._news = asyncio.Event()  # a job may be waiting, there may be room, or we stop
        self._stopping = asyncio.Event()
        self._putting_back = False
        self._cancelled: set[int] = set()
        self._paintings: dict[int, asyncio.Task[None]] = {}
        self._errands: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()  # `run` is not going on, or is over
        self._idle.set()

    async def run(self) -> None:
        """Dispatch jobs until `stop`; the executor must have started."""
        self._idle.clear()
        unsubscribe = self._service.subscribe(self._follow)
        self._update_capacity()
        self._executor.watch(self._update_capacity)
        try:
            while job := await self._next():
                painting = asyncio.create_task(self._paint(job))
                self._paintings[job.id] = painting
            await self._drain()
        finally:
            unsubscribe()
            self._idle.set()

    async def stop(self, grace: float) -> None:
        """Begin no painting any more; put back what is not finished after `grace` seconds."""
        self._stopping.set()
        self._news.set()
        try:
            async with asyncio.timeout(grace):
                await self._idle.wait()
        except TimeoutError:
            self._putting_back = True
            await asyncio.gather(*(self._executor.cancel(job_id) for job_id in self._paintings))
            await self._idle.wait()

    async def _next(self) -> Job | None:
        """Wait until there is both room and a job, and claim it; None when we stop."""
        while not self._stopping.is_set():
            self._news.clear()
            job = None
            try:
                # Not before there is room, so that a job's turn is decided as late as can be.
                if len(self._paintings) < self._executor.capacity:
                    job = await self._service.claim()
            except Exception:  # a full disk or a locked database; no job was lost to it
                log.exception("no job could be claimed; next try in %.0f s", RETRY_SECONDS)
                asyncio.get_running_loop().call_later(RETRY_SECONDS, self._news.set)
            if job and self._stopping.is_set():
                await self._service.put_back(job.id)
                return None
            if job:
                return job
            await self._news.wait()
        return None

    def _update_capacity(self) -> None:
        """See how much room there is, and on what."""
        devices = self._executor.devices
        self._service.set_capacity(self._executor.capacity, devices[0] if devices else "")
        self._news.set()

    async def _drain(self) -> None:
        while self._paintings:
            await asyncio.wait(self._paintings.values())

    def _follow(self, job: Job) -> None:
        """Hear of a job that changed."""
        if job.state is JobState.QUEUED:
            self._news.set()
        elif job.state is JobState.PAINTING and job.cancelled_by is not None:
            self._cancelled.add(job.id)
            errand = asyncio.create_task(self._executor.cancel(job.id))
            self._errands.add(errand)
            errand.add_done_callback(self._errands.discard)

    async def _paint(self, job: Job) -> None:
        with about_job(str(job.id)):
            try:
                await self._attempt(job)
            except Exception:
                # The job stays "painting" in the database and is picked up at the next start.
                log.exception("the end of this painting could not be written down")
            finally:
                self._cancelled.discard(job.id)
                del self._paintings[job.id]
                self._news.set()

    async def _attempt(self, job: Job) -> None:
        """Paint a job once and write down what came of it."""
        service = self._service
        try:
            result = await self._make(job)
        except PaintingCancelled:
            end = service.put_back if self._putting_back else service.stopped
            await self._write_down(lambda: end(job.id))
        except CannotPaint as failure:
            sentence = failure.sentence
            log.info("not painted: %s", failure)
            await self._write_down(lambda: service.failed(job.id, sentence))
        except ExecutorLost as lost:
            log.warning("the executor was lost: %s", lost)
            await self._write_down(lambda: service.lost(job.id))
        except Exception:
            log.exception("this painting went wrong")
            await self._write_down(lambda: service.failed(job.id, OUR_FAULT))
        else:
            await self._write_down(lambda: service.painted(job.id, result))

    async def _write_down(self, write: Callable[[], Awaitable[Job]]) -> None:
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

    async def _make(self, job: Job) -> JobResult:
        """Have the executor paint, and take its files into the picture store."""
        folder = await self._pictures.make_work_folder()
        try:
            order = self._order(job, folder)
            if job.id in self._cancelled or self._putting_back:  # after it was claimed
                raise PaintingCancelled
            outcome = await self._executor.paint(order, self._service.progressed)
            picture = await self._pictures.adopt(order.result)
            timelapse = None
            if order.timelapse:
                timelapse = await self._pictures.adopt(order.timelapse)
            return JobResult(picture, outcome, timelapse)
        finally:
            await self._pictures.remove_work_folder(folder)

    def _order(self, job: Job, folder: Path) -> PaintOrder:
        sources = job.sources
        return PaintOrder(
            job_id=job.id,
            settings=job.settings,
            content=self._pictures.path(sources.content),
            styles=tuple(self._pictures.path(style) for style in sources.styles),
            mask=self._pictures.path(sources.mask) if sources.mask else None,
            result=folder / "result.png",
            timelapse=folder / "timelapse.mp4" if job.timelapse else None,
        )
