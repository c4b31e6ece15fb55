"""A worker: takes orders from a NATS server, paints them, and uploads the pictures."""

import asyncio
import contextlib
import logging
import random
import secrets
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from nats.aio.msg import Msg

from bot.background import BackgroundTasks
from bot.errors import CannotPaint, ExecutorLost, PaintingCancelled
from bot.executors.contract import PaintProgress
from bot.executors.engine_process import EngineSetup
from bot.executors.local import LocalExecutor
from bot.executors.nats import wire
from bot.executors.nats.access import TROUBLE, Access
from bot.executors.nats.connection import NatsConnection
from bot.executors.nats.sealed_objects import SealedObjects
from bot.executors.nats.work import StopReason, Work
from bot.executors.process_handle import Timeouts
from bot.executors.speed import SpeedMeter
from bot.logs import about_job
from engine.presets import PRESETS
from engine.request import PaintOutcome

log = logging.getLogger(__name__)

MOST_DELIVERIES = 5  # of one order; each may have cost a worker


class Worker:
    """Paints with one engine process for each of the setups. `run` works until `leave`, once."""

    def __init__(
        self,
        access: Access,
        setups: Sequence[EngineSetup],
        name: str,
        timing: wire.NatsTiming | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._id = f"{name}.{secrets.token_hex(4)}"
        self._timing = timing or wire.NatsTiming()
        self._connection = NatsConnection(
            access, self._timing, f"muralscape worker {self._id}", inbox=f"_INBOX.{name}"
        )
        self._objects = SealedObjects(self._connection)
        self._local = LocalExecutor(setups, timeouts)
        self._speed = SpeedMeter()
        self._work: dict[str, Work] = {}  # the orders that it has taken, by key
        self._bot_run_id = ""  # orders of other runs are void
        self._nudged = asyncio.Event()
        self._leaving = asyncio.Event()
        self._drained = asyncio.Event()  # leaving, and no order is left
        self._given_up = asyncio.Event()  # leaving, and the server does not take orders back
        self._sends: set[asyncio.Task[None]] = set()  # the event loop holds only weak references

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of its engine processes."""
        return self._local.pids

    async def run(self) -> None:
        """Take orders until `leave`. Raises CannotPaint when the engine cannot start."""
        try:
            async with BackgroundTasks() as opening:
                opening.start(self._open())
                await opening.until(self._leaving)
            if self._leaving.is_set():
                return
            await self._connection.listen(wire.CANCEL, self._on_cancel)
            await self._connection.listen(wire.BOT, self._on_bot_alive)
            await self._connection.listen(f"{wire.NUDGE}.{self._id}", self._on_nudge)
            heartbeats = asyncio.create_task(self._send_heartbeats())
            async with BackgroundTasks() as painters:
                for _ in range(self._local.capacity):
                    painters.start(self._take_orders())
                await painters.until(self._given_up)  # or until all have ended, after `leave`
            heartbeats.cancel()
            await self._say_hello()
        finally:
            await self._local.close()
            await self._connection.close()

    async def _open(self) -> None:
        await self._local.start()
        log.info("%s paints on %s", self._id, ", ".join(self._local.devices))
        await self._connection.open()

    async def leave(self, grace: float) -> None:
        """Take no more orders; hand unfinished ones back after `grace` seconds.

        Where the server does not answer within `timing.cancel`, it gives them to other workers once
        their leases are over.
        """
        self._leaving.set()
        self._nudged.set()
        if not self._work:
            self._drained.set()
        if self._connection.fault is None:
            await self._say_hello()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._drained.wait(), grace)
        for work in tuple(self._work.values()):
            await self._stop(work, "handed back")
        try:
            await asyncio.wait_for(self._drained.wait(), self._timing.cancel)
        except TimeoutError:
            log.warning("the NATS server does not answer; orders are left to their leases")
            self._given_up.set()

    async def _take_orders(self) -> None:
        """Paint one order after another, until the worker leaves."""
        while not self._leaving.is_set():
            self._nudged.clear()
            message = await self._next_order()
            if message is not None:
                try:
                    await self._handle(message)
                    continue
                except TROUBLE as error:  # the server's, or this machine's: its disk may be full
                    log.warning("an order's lease will expire: %s", error or type(error).__name__)
            # Random, so that idle workers do not all poll at once.
            pause = self._timing.poll * random.uniform(0.5, 1.0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), pause)

    async def _next_order(self) -> Msg | None:
        if self._local.fault is not None or self._connection.fault is not None:
            return None
        try:
            return await self._connection.pull(wire.ORDERS, 0)
        except TROUBLE as error:
            log.info("no orders now: %s", error or type(error).__name__)
            return None

    async def _handle(self, message: Msg) -> None:
        """Paint an order, leave it to another worker (`nak`), or drop it (`term`)."""
        try:
            order = wire.decode(wire.Order, message.data)
        except wire.UNREADABLE:
            log.exception("an order could not be read; is the bot of another version?")
            await message.nak(delay=self._timing.lease)
            return
        if order.key in self._work:  # redelivered, because an extension of the lease was lost
            self._work[order.key].message = message
        elif self._leaving.is_set():
            await message.nak()
        elif self._bot_run_id not in ("", order.run_id):  # void
            await message.term()
        elif order.settings.preset not in PRESETS:  # of a newer version
            await message.nak(delay=self._timing.poll)
        elif message.metadata.num_delivered > MOST_DELIVERIES:
            sentence = f"{MOST_DELIVERIES} workers were lost with it"
            await self._send_outcome(message, wire.Outcome(order.key, self._id, "lost", sentence))
        else:
            with about_job(str(order.job_id)):
                await self._work_on(order, message)

    async def _work_on(self, order: wire.Order, message: Msg) -> None:
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="muralscape-worker-"))
        work = self._work[order.key] = Work(order, message, folder, self._objects, self._timing)
        if self._leaving.is_set():
            work.stop_reason = "handed back"
        outcome = None
        try:
            async with work.kept_alive():
                await self._say_hello()
                outcome = await self._paint(work)
                if outcome is not None:
                    await self._send_outcome(work.message, outcome)
        except TROUBLE as error:
            log.warning("an order's lease will expire: %s", error or type(error).__name__)
        finally:
            del self._work[order.key]
            if self._leaving.is_set() and not self._work:
                self._drained.set()
            await self._say_hello()
            await asyncio.to_thread(shutil.rmtree, folder)
        # Another attempt at a lost order, or one handed back, may go on from the checkpoint.
        if outcome is not None and outcome.how != "lost":
            await self._objects.remove(wire.checkpoint_of(order.job_id))

    async def _paint(self, work: Work) -> wire.Outcome | None:
        """Paint an order; None when it was handed back or is void."""
        order = work.order
        subject = wire.progress_of(order, self._id)
        await self._connection.send(subject, wire.ProgressReport(order.key, self._id))
        if not await work.download_inputs():
            return wire.Outcome(order.key, self._id, "lost", "its pictures are not on the server")

        def report(progress: PaintProgress) -> None:
            message = wire.ProgressReport(order.key, self._id, progress)
            task = asyncio.create_task(self._connection.send(subject, message))
            self._sends.add(task)
            task.add_done_callback(self._sends.discard)

        try:
            if work.stop_reason:
                raise PaintingCancelled
            work.painting = True
            outcome = await self._local.paint(work.files, report)
        except PaintingCancelled:
            return await self._end_stopped(work)
        except CannotPaint as failure:
            said = failure.said
            return wire.Outcome(order.key, self._id, "failed", said, wording=said.wording)
        except ExecutorLost as lost:
            if work.stop_reason == "handed back":
                return await self._end_stopped(work)
            return wire.Outcome(order.key, self._id, "lost", str(lost))
        finally:
            work.painting = False
        if outcome.is_cut_short and work.is_given_up:
            return await self._end_stopped(work)  # another attempt paints the rest
        self._speed.learn(order.settings, outcome)
        return await self._upload_result(work, outcome)

    async def _upload_result(self, work: Work, outcome: PaintOutcome) -> wire.Outcome:
        key, files = work.order.key, work.files
        if not files.result.exists():
            return wire.Outcome(key, self._id, "lost", "the engine wrote no picture")
        name = wire.result_name(key, self._id)
        await self._objects.upload(name, work.order.secret_bytes, *files.outputs)
        return wire.Outcome(key, self._id, "painted", painted=outcome)

    async def _end_stopped(self, work: Work) -> wire.Outcome | None:
        """Confirm a cancel, or leave the order and its checkpoint to another attempt."""
        if not work.is_given_up:
            return wire.Outcome(work.order.key, self._id, "cancelled")
        await work.upload_checkpoint()  # the engine wrote it when it stopped
        if work.stop_reason == "handed back":
            await work.message.nak()
        else:
            await work.message.term()
        return None

    async def _send_outcome(self, message: Msg, outcome: wire.Outcome) -> None:
        """Send an outcome, and acknowledge the order once the server has stored it."""
        subject = f"{wire.OUTCOME}.{self._id}"
        await self._connection.store(subject, wire.new_outcome_id(outcome.key), outcome)
        await message.ack()

    async def _stop(self, work: Work, reason: StopReason) -> None:
        work.stop_reason = work.stop_reason or reason
        if work.painting:
            await self._local.cancel(work.order.job_id)

    async def _send_heartbeats(self) -> None:
        while True:
            await self._say_hello()
            await asyncio.sleep(self._timing.beat)

    async def _say_hello(self) -> None:
        leaving = self._leaving.is_set()
        fault = self._local.fault or self._connection.fault
        hello = wire.Hello(
            id=self._id,
            devices=self._local.devices,
            presets=tuple(PRESETS),
            slots=0 if leaving or fault else self._local.capacity,
            busy=tuple(self._work),
            rate=self._speed.rate,
            fault="" if leaving else fault or "",
        )
        await self._connection.send(f"{wire.WORKER}.{self._id}", hello)

    async def _on_cancel(self, message: Msg) -> None:
        try:
            label = wire.decode(wire.CancelOrder, message.data).label
        except wire.UNREADABLE:
            return
        for key, work in tuple(self._work.items()):
            if wire.label_of(key) == label:
                await self._stop(work, "cancelled")

    async def _on_bot_alive(self, message: Msg) -> None:
        """Stop orders of an earlier run of the bot: it has sent those jobs again."""
        try:
            run_id = wire.decode(wire.BotAlive, message.data).run_id
        except wire.UNREADABLE:
            return
        if run_id != self._bot_run_id:
            self._bot_run_id = run_id
            for work in tuple(self._work.values()):
                if work.order.run_id != run_id:
                    await self._stop(work, "void")

    async def _on_nudge(self, _: Msg) -> None:
        self._nudged.set()
