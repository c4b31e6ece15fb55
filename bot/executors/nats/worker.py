"""A worker: takes orders from a NATS server, paints them here and sends the pictures back."""

import asyncio
import contextlib
import logging
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nats.aio.msg import Msg

from bot.errors import ExecutorLost, PaintingCancelled, PaintingFailed
from bot.executors.contract import PaintOrder, PaintProgress
from bot.executors.engine_process import EngineSetup
from bot.executors.local import LocalExecutor
from bot.executors.nats import wire
from bot.executors.nats.link import TROUBLE, Access, Link
from bot.executors.process_handle import Patience
from bot.executors.speed import Speed
from bot.logs import about_job
from engine.presets import PRESETS
from engine.request import PaintOutcome

log = logging.getLogger(__name__)

MOST_TRIES = 5  # workers that an order may cost
UPLOAD_SHARE = 10.0  # times what the last upload of a checkpoint took, until the next


@dataclass(eq=False)
class _Work:
    order: wire.Order
    message: Msg  # the lease
    files: PaintOrder
    stop: Literal["", "cancelled", "void", "handed back"] = ""
    painting: bool = False
    uploaded: float = 0.0  # mtime of the checkpoint on the server


class Worker:
    """Paints with one engine process for each of the setups. One `run`, ended by `leave`."""

    def __init__(
        self,
        access: Access,
        setups: Sequence[EngineSetup],
        name: str,
        tempo: wire.Tempo | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._id = f"{name}-{random.getrandbits(32):08x}"
        self._tempo = tempo or wire.Tempo()
        self._link = Link(access, self._tempo, f"muralscape worker {self._id}")
        self._local = LocalExecutor(setups, patience)
        self._speed = Speed()
        self._at_work: dict[str, _Work] = {}
        self._bot_run = ""  # of the bot whose orders count
        self._nudged = asyncio.Event()
        self._leaving = asyncio.Event()
        self._done = asyncio.Event()  # leaving, and nothing is painted any more

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of its engine processes."""
        return self._local.pids

    async def run(self) -> None:
        """Take orders until `leave`. Raises PaintingFailed where the engine cannot start."""
        try:
            await self._local.start()
            log.info("%s paints on %s", self._id, ", ".join(self._local.devices))
            opening = asyncio.create_task(self._link.open())
            leaving = asyncio.create_task(self._leaving.wait())
            await asyncio.wait({opening, leaving}, return_when=asyncio.FIRST_COMPLETED)
            leaving.cancel()
            if not opening.done():
                opening.cancel()
                return
            client = self._link.client
            await client.subscribe(wire.CANCEL, cb=self._cancel)
            await client.subscribe(wire.BOT, cb=self._bot_speaks)
            await client.subscribe(f"{wire.NUDGE}.{self._id}", cb=self._nudge)
            beating = asyncio.create_task(self._beat())
            await asyncio.gather(*(self._serve() for _ in range(self._local.capacity)))
            beating.cancel()
            await self._say_hello()
        finally:
            await self._local.close()
            await self._link.close()

    async def leave(self, grace: float) -> None:
        """Take no more orders; hand back what is not finished after `grace` seconds."""
        self._leaving.set()
        self._nudged.set()
        if not self._at_work:
            self._done.set()
        if self._link.fault is None:
            await self._say_hello()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._done.wait(), grace)
        for work in tuple(self._at_work.values()):
            await self._stop(work, "handed back")

    async def _serve(self) -> None:
        """Paint one order after another."""
        while not self._leaving.is_set():
            self._nudged.clear()
            message = await self._pull()
            if message is not None:
                try:
                    await self._answer(message)
                    continue
                except TROUBLE as error:  # not the server's alone: the disk here may be full
                    log.warning("its lease will lapse: %s", error or type(error).__name__)
            # not all workers at once
            pause = self._tempo.poll * random.uniform(0.5, 1.0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), pause)

    async def _pull(self) -> Msg | None:
        if self._local.fault is not None or self._link.fault is not None:
            return None
        try:
            return await self._link.next_of(wire.ORDERS, 0)
        except TROUBLE as error:
            log.info("no orders just now: %s", error or type(error).__name__)
            return None

    async def _answer(self, message: Msg) -> None:
        """Do with an order what has to be done."""
        try:
            order = wire.decode(wire.Order, message.data)
        except wire.UNREADABLE:
            log.exception("an order could not be read; is the bot of another version?")
            await message.nak(delay=self._tempo.lease)
            return
        if order.key in self._at_work:  # the server had not heard of us for a while
            self._at_work[order.key].message = message
        elif self._bot_run not in ("", order.run):
            await message.term()
        elif order.settings.preset not in PRESETS:
            await message.nak(delay=self._tempo.poll)
        elif message.metadata.num_delivered > MOST_TRIES:
            sentence = f"{MOST_TRIES} workers were lost with it"
            await self._report(message, wire.Outcome(order.key, self._id, "lost", sentence))
        else:
            with about_job(str(order.job_id)):
                await self._work_on(order, message)

    async def _work_on(self, order: wire.Order, message: Msg) -> None:
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="muralscape-worker-"))
        work = _Work(order, message, _files_of(order, folder))
        self._at_work[order.key] = work
        tasks = [asyncio.create_task(t) for t in (self._keep_lease(work), self._save_often(work))]
        outcome = None
        try:
            await self._say_hello()
            outcome = await self._paint(work)
            if outcome is not None:
                await self._report(work.message, outcome)
        except TROUBLE as error:
            log.warning("its lease will lapse: %s", error or type(error).__name__)
        finally:
            for task in tasks:
                task.cancel()
            del self._at_work[order.key]
            if self._leaving.is_set() and not self._at_work:
                self._done.set()
            await self._say_hello()
            await asyncio.to_thread(_remove, folder)
        if outcome is not None and outcome.how != "lost":  # nobody will go on from here
            await self._link.remove(wire.checkpoint_of(order.job_id))

    async def _paint(self, work: _Work) -> wire.Outcome | None:
        """Paint an order; None where it is somebody else's now."""
        order, files, link = work.order, work.files, self._link
        await link.send(f"{wire.PROGRESS}.{order.run}", wire.Step(order.key, self._id))
        if not await self._fetch(work):  # the bot gave it up, and will not miss it, or worse
            return wire.Outcome(order.key, self._id, "lost", "its pictures are not on the server")

        def progressed(progress: PaintProgress) -> None:
            step = wire.Step(order.key, self._id, progress)
            _keep(asyncio.create_task(link.send(f"{wire.PROGRESS}.{order.run}", step)))

        try:
            if work.stop:
                raise PaintingCancelled
            work.painting = True
            outcome = await self._local.paint(files, progressed)
        except PaintingCancelled:
            return await self._stopped(work)
        except PaintingFailed as failure:
            return wire.Outcome(order.key, self._id, "failed", failure.sentence)
        except ExecutorLost as lost:
            if work.stop == "handed back":
                return await self._stopped(work)
            return wire.Outcome(order.key, self._id, "lost", str(lost))
        finally:
            work.painting = False
        self._speed.learn(files.settings, outcome)
        return await self._painted(work, outcome)

    async def _painted(self, work: _Work, outcome: PaintOutcome) -> wire.Outcome:
        key, files = work.order.key, work.files
        if not files.result.exists():
            return wire.Outcome(key, self._id, "lost", "the engine wrote no picture")
        await self._link.upload(wire.result_of(key, self._id), *files.outputs)
        return wire.Outcome(key, self._id, "painted", painted=outcome)

    async def _stopped(self, work: _Work) -> wire.Outcome | None:
        if work.stop == "cancelled" or not work.stop:
            return wire.Outcome(work.order.key, self._id, "cancelled")
        await self._save(work)  # the engine wrote it when it stopped
        if work.stop == "handed back":
            await work.message.nak()
        else:
            await work.message.term()
        return None

    async def _fetch(self, work: _Work) -> bool:
        """Bring an order's pictures here, and another worker's checkpoint if there is one."""
        order, files, link = work.order, work.files, self._link
        if not await link.download(wire.pictures_of(order.key), *files.inputs):
            return False
        if files.resume is not None:
            await link.download(wire.checkpoint_of(order.job_id), files.resume)
        return True

    async def _report(self, message: Msg, outcome: wire.Outcome) -> None:
        """Have the server keep an outcome; only then the order is done with."""
        await self._link.keep(wire.OUTCOME, f"{outcome.key}/{outcome.worker}", outcome)
        await message.ack()

    async def _keep_lease(self, work: _Work) -> None:
        while True:
            await asyncio.sleep(self._tempo.lease / 3)
            try:
                await work.message.in_progress()
            except TROUBLE as error:
                log.warning("the lease could not be extended: %s", error)

    async def _save_often(self, work: _Work) -> None:
        """Upload checkpoints, seldom enough that the network has time for the rest."""
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            with contextlib.suppress(*TROUBLE):
                await self._save(work)
            await asyncio.sleep(max(self._tempo.upload, UPLOAD_SHARE * (clock() - began)))

    async def _save(self, work: _Work) -> None:
        file = work.files.checkpoint
        if file is None or not file.exists() or file.stat().st_mtime == work.uploaded:
            return
        work.uploaded = file.stat().st_mtime
        await self._link.upload_once(wire.checkpoint_of(work.order.job_id), file)

    async def _stop(self, work: _Work, why: Literal["cancelled", "void", "handed back"]) -> None:
        work.stop = work.stop or why
        if work.painting:
            await self._local.cancel(work.order.job_id)

    async def _beat(self) -> None:
        while True:
            await self._say_hello()
            await asyncio.sleep(self._tempo.beat)

    async def _say_hello(self) -> None:
        leaving = self._leaving.is_set()
        fault = self._local.fault or self._link.fault
        hello = wire.Hello(
            id=self._id,
            devices=self._local.devices,
            presets=tuple(PRESETS),
            slots=0 if leaving or fault else self._local.capacity,
            busy=tuple(self._at_work),
            rate=self._speed.rate,
            fault="" if leaving else fault or "",
        )
        await self._link.send(f"{wire.WORKER}.{self._id}", hello)

    async def _cancel(self, message: Msg) -> None:
        work = self._at_work.get(wire.decode(wire.Stop, message.data).key)
        if work is not None:
            await self._stop(work, "cancelled")

    async def _bot_speaks(self, message: Msg) -> None:
        """Stop what an earlier run of the bot ordered: it has ordered that again."""
        run = wire.decode(wire.Run, message.data).run
        if run != self._bot_run:
            self._bot_run = run
            for work in tuple(self._at_work.values()):
                if work.order.run != run:
                    await self._stop(work, "void")

    async def _nudge(self, _: Msg) -> None:
        self._nudged.set()


_sending: set[asyncio.Task[None]] = set()


def _keep(task: asyncio.Task[None]) -> None:
    _sending.add(task)  # the loop itself holds tasks but weakly
    task.add_done_callback(_sending.discard)


def _files_of(order: wire.Order, folder: Path) -> PaintOrder:
    return PaintOrder(
        job_id=order.job_id,
        settings=order.settings,
        content=folder / "content",
        styles=tuple(folder / f"style-{number}" for number in range(order.styles)),
        mask=folder / "mask" if order.mask else None,
        result=folder / "result.png",
        timelapse=folder / "timelapse.mp4" if order.timelapse else None,
        checkpoint=folder / "checkpoint.pth",
        # a time-lapse has to show the painting from its beginning
        resume=None if order.timelapse else folder / "resume.pth",
    )


def _remove(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
