"""A worker: takes orders from a NATS server, paints them, and uploads the pictures."""

import asyncio
import contextlib
import itertools
import logging
import random
import secrets
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nats.aio.msg import Msg

from bot.background import BackgroundTasks
from bot.errors import CannotPaint, ExecutorLost, PaintingCancelled
from bot.executors.contract import PaintProgress
from bot.executors.engine_process import EngineSetup
from bot.executors.local import LocalExecutor
from bot.executors.nats import wire
from bot.executors.nats.access import RETRYABLE, Access, explain
from bot.executors.nats.connection import NatsConnection
from bot.executors.nats.sealed_objects import SealedObjects
from bot.executors.nats.taken_order import StopReason, TakenOrder
from bot.executors.process_handle import Timeouts
from bot.executors.speed import SpeedMeter
from bot.logs import about_job
from engine.presets import PRESETS
from engine.request import PaintOutcome

log = logging.getLogger(__name__)

# Of one order, after which it waits for a heartbeat of the bot. Each may have cost a worker, or was
# to an idle one that could not paint it: the bot knows which, and withdraws what costs too many.
MOST_DELIVERIES = 5


class Worker:
    """Paints with one engine process for each of the setups. Call `run` once; `leave` ends it."""

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
        self._most = len(setups)  # orders at a time, where all engine processes live
        self._busy = 0  # orders that it handles or asks for
        self._taken: dict[str, TakenOrder] = {}  # the orders that it has taken, by key
        self._local_ids = itertools.count(1)  # see `TakenOrder`
        self._bot_run_id = ""  # of the bot's last heartbeat; empty before the first one
        self._nudged = asyncio.Event()
        self._leaving = asyncio.Event()  # `leave` was called
        self._drained = asyncio.Event()  # leaving, and no order is left
        self._gave_up = asyncio.Event()  # leaving, and the server takes no orders back
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
            await self._connection.listen(wire.BOT, self._on_bot_heartbeat)
            await self._connection.listen(f"{wire.NUDGE}.{self._id}", self._on_nudge)
            async with BackgroundTasks() as heartbeats, BackgroundTasks() as painters:
                heartbeats.keep("heartbeats", self._send_heartbeats)
                for _ in range(self._most):
                    painters.start(self._take_orders())
                await painters.until(self._gave_up)  # or until all have ended, after `leave`
            await self._send_heartbeat()
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
        if not self._taken:
            self._drained.set()
        if self._connection.fault is None:
            await self._send_heartbeat()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._drained.wait(), grace)
        for taken in tuple(self._taken.values()):
            await self._stop(taken, "handed back")
        try:
            await asyncio.wait_for(self._drained.wait(), self._timing.cancel)
        except TimeoutError:
            log.warning("the NATS server does not answer; orders are left to their leases")
            self._gave_up.set()

    async def _take_orders(self) -> None:
        """Paint one order after another, until the worker leaves."""
        while not self._leaving.is_set():
            self._nudged.clear()
            if self._busy < self._local.capacity:  # else an engine process is being replaced
                self._busy += 1
                try:
                    if (message := await self._next_order()) is not None:
                        await self._handle(message)
                        continue
                except RETRYABLE as error:  # the server's, or this machine's: its disk may be full
                    log.warning("an order's lease will expire: %s", explain(error))
                finally:
                    self._busy -= 1
            # Random, so that idle workers do not all poll at once.
            pause = self._timing.poll * random.uniform(0.5, 1.0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), pause)

    async def _next_order(self) -> Msg | None:
        if self._local.fault is not None or self._connection.fault is not None:
            return None
        try:
            return await self._connection.pull(wire.ORDERS, 0)
        except RETRYABLE as error:
            log.info("no orders now: %s", explain(error))
            return None

    async def _handle(self, message: Msg) -> None:
        """Paint an order, or leave it for another delivery (`nak`)."""
        try:
            order = wire.decode(wire.Order, message.data)
        except wire.UNREADABLE:
            log.exception("an order could not be read; is the bot of another version?")
            await message.nak(delay=self._timing.lease)
            return
        if order.key in self._taken:  # redelivered, because an extension of the lease was lost
            self._taken[order.key].message = message
        elif self._leaving.is_set():
            await message.nak()
        elif self._bot_run_id not in ("", order.run_id):
            # The order is of an earlier run of the bot, or of one that was not heard yet: the next
            # heartbeats decide.
            if message.metadata.num_delivered > MOST_DELIVERIES:
                await message.term()
            else:
                await message.nak(delay=self._timing.poll)
        elif self._cannot_begin(order, message.metadata.num_delivered):
            await message.nak(delay=self._timing.poll)
        else:
            with about_job(str(order.job_id)):
                await self._take(order, message)

    def _cannot_begin(self, order: wire.Order, deliveries: int) -> bool:
        """Whether to leave an order for now: its preset is not here, or it may cost this worker."""
        is_unheard = not self._bot_run_id
        return order.settings.preset not in PRESETS or (is_unheard and deliveries > MOST_DELIVERIES)

    async def _take(self, order: wire.Order, message: Msg) -> None:
        """Paint an order, and keep its lease until the outcome is sent."""
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="muralscape-worker-"))
        taken = TakenOrder(
            order, message, next(self._local_ids), folder, self._objects, self._timing
        )
        self._taken[order.key] = taken
        if self._leaving.is_set():
            taken.stop_reason = "handed back"
        try:
            async with BackgroundTasks() as tasks:
                tasks.start(taken.extend_lease())
                await self._send_heartbeat()
                outcome = await self._paint(taken)
                if outcome is not None:
                    await self._send_outcome(taken.message, outcome)
        except RETRYABLE as error:
            log.warning("an order's lease will expire: %s", explain(error))
        finally:
            del self._taken[order.key]
            if self._leaving.is_set() and not self._taken:
                self._drained.set()
            await self._send_heartbeat()
            await asyncio.to_thread(shutil.rmtree, folder)

    async def _paint(self, taken: TakenOrder) -> wire.Outcome | None:
        """Paint an order; None when it was handed back or is void."""
        order = taken.order
        subject = wire.progress_of(order, self._id)
        await self._connection.send(subject, wire.ProgressReport(order.key, self._id))
        if not await taken.download_inputs():
            return wire.Outcome(order.key, self._id, "lost", "its pictures are not on the server")

        def report(progress: PaintProgress) -> None:
            with_job_id = replace(progress, job_id=order.job_id)
            message = wire.ProgressReport(order.key, self._id, with_job_id)
            task = asyncio.create_task(self._connection.send(subject, message))
            self._sends.add(task)
            task.add_done_callback(self._sends.discard)

        try:
            if taken.stop_reason is not None:
                raise PaintingCancelled
            taken.painting = True
            async with BackgroundTasks() as uploads:
                uploads.start(taken.upload_checkpoints())
                outcome = await self._local.paint(taken.files, report)
        except PaintingCancelled:
            return await self._end_stopped(taken)
        except CannotPaint as failure:
            said = failure.said
            return wire.Outcome(order.key, self._id, "failed", said, wording=said.wording)
        except ExecutorLost as lost:
            if not taken.sends_outcome:
                return await self._end_stopped(taken)
            with contextlib.suppress(*RETRYABLE):  # then the next attempt has an older checkpoint
                await taken.upload_checkpoint()
            return wire.Outcome(order.key, self._id, "lost", str(lost))
        finally:
            taken.painting = False
        if outcome.is_cut_short and not taken.sends_outcome:
            return await self._end_stopped(taken)  # another attempt paints the rest
        self._speed.learn(order.settings, outcome)
        return await self._upload_result(taken, outcome)

    async def _upload_result(self, taken: TakenOrder, outcome: PaintOutcome) -> wire.Outcome:
        key, files = taken.order.key, taken.files
        if not files.result.exists():
            return wire.Outcome(key, self._id, "lost", "the engine wrote no picture")
        name = wire.result_name(key, self._id)
        await self._objects.upload(name, taken.order.secret_bytes, *files.outputs)
        return wire.Outcome(key, self._id, "painted", painted=outcome)

    async def _end_stopped(self, taken: TakenOrder) -> wire.Outcome | None:
        """Confirm a cancel, or leave the order and its checkpoint to another attempt."""
        if taken.sends_outcome:
            return wire.Outcome(taken.order.key, self._id, "cancelled")
        await taken.upload_checkpoint()  # the engine wrote it when it stopped
        if taken.stop_reason == "handed back":
            await taken.message.nak()
        else:
            await taken.message.term()
        return None

    async def _send_outcome(self, message: Msg, outcome: wire.Outcome) -> None:
        """Send an outcome, and acknowledge the order once the server has stored it."""
        subject = f"{wire.OUTCOME}.{self._id}"
        await self._connection.store(subject, wire.new_outcome_id(outcome.key), outcome)
        await message.ack()

    async def _stop(self, taken: TakenOrder, reason: StopReason) -> None:
        """Stop an order, if it is not stopping already for another reason."""
        taken.stop_reason = taken.stop_reason or reason
        if taken.painting:
            await self._local.cancel(taken.files.job_id)

    async def _send_heartbeats(self) -> None:
        while True:
            await self._send_heartbeat()
            await asyncio.sleep(self._timing.beat)

    async def _send_heartbeat(self) -> None:
        leaving = self._leaving.is_set()
        fault = self._local.fault or self._connection.fault
        heartbeat = wire.WorkerHeartbeat(
            id=self._id,
            devices=self._local.devices,
            presets=tuple(PRESETS),
            slots=0 if leaving or fault else self._local.capacity,
            busy=tuple(self._taken),
            rate=self._speed.rate,
            fault="" if leaving else fault or "",
        )
        await self._connection.send(f"{wire.WORKER}.{self._id}", heartbeat)

    async def _on_cancel(self, message: Msg) -> None:
        try:
            label = wire.decode(wire.CancelOrder, message.data).label
        except wire.UNREADABLE:
            return
        for key, taken in tuple(self._taken.items()):
            if wire.label_of(key) == label:
                await self._stop(taken, "cancelled")

    async def _on_bot_heartbeat(self, message: Msg) -> None:
        """Stop orders of an earlier run of the bot: it has sent those jobs again."""
        try:
            run_id = wire.decode(wire.BotHeartbeat, message.data).run_id
        except wire.UNREADABLE:
            return
        if run_id != self._bot_run_id:
            self._bot_run_id = run_id
            for taken in tuple(self._taken.values()):
                if taken.order.run_id != run_id:
                    await self._stop(taken, "void")

    async def _on_nudge(self, _: Msg) -> None:
        self._nudged.set()
