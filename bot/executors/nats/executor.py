"""The bot's end: sends orders to workers, follows their progress, and fetches the paintings."""

import asyncio
import itertools
import logging
import secrets
from collections.abc import Callable, Coroutine
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Literal

from nats.aio.msg import Msg

from bot.errors import CannotPaint, ExecutorLost, PaintingCancelled
from bot.executors.contract import OnProgress, PaintOrder, WorkerState
from bot.executors.nats import wire
from bot.executors.nats.access import TROUBLE, Access
from bot.executors.nats.attempt import Allowance, Attempt
from bot.executors.nats.connection import NatsConnection
from bot.executors.nats.registry import WorkerRegistry
from bot.executors.nats.sealing import SECRET_BYTES, secret_of
from bot.executors.nats.senders import sender_of
from engine.errors import Sentence
from engine.request import PaintOutcome

log = logging.getLogger(__name__)

OUTCOME_WAIT = 5.0  # seconds that one request for an outcome waits

# Cached, because a worker's heartbeat mostly equals its last one.
_decode_hello = lru_cache(maxsize=256)(partial(wire.decode, wire.Hello))


class NatsExecutor:
    """Implements `contract.Executor` with workers that connect to the same NATS server.

    An order can be painted twice, when JetStream redelivers it because its worker seemed lost. The
    executor takes the first outcome and drops the others.
    """

    def __init__(
        self,
        access: Access,
        timing: wire.NatsTiming | None = None,
        secret: bytes | None = None,
    ) -> None:
        """Take the bot's secret, from which those of jobs follow; None draws one.

        With the same secret, the checkpoints of an earlier run can be read.
        """
        self._secret = secret or secrets.token_bytes(SECRET_BYTES)
        self._timing = timing or wire.NatsTiming()
        self._run_id = secrets.token_hex(6)
        self._connection = NatsConnection(
            access, self._timing, "muralscape bot", self._notify_listeners
        )
        self._registry = WorkerRegistry(self._timing.silence)
        self._attempt_numbers = itertools.count(1)  # for keys
        self._attempts: dict[str, Attempt] = {}  # by key
        self._listeners: list[Callable[[], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._unknown = Allowance(self._timing.reports)  # reports on orders that are over
        self._logged_faults: set[str] = set()  # why reports could not be read; each logged once

    @property
    def capacity(self) -> int:
        """How many orders its workers can paint at a time; 0 without a connection."""
        return 0 if self._connection.fault else self._registry.slots

    @property
    def devices(self) -> tuple[str, ...]:
        """What the workers paint on."""
        return self._registry.devices

    @property
    def workers(self) -> tuple[WorkerState, ...]:
        """The connected workers and the jobs that they are painting."""
        job_ids = {key: attempt.order.job_id for key, attempt in self._attempts.items()}
        return self._registry.states(job_ids)

    @property
    def fault(self) -> str | None:
        """Why no worker can paint now; None when one can."""
        if self._closed:
            return "the executor was closed"
        if self._connection.fault:
            return self._connection.fault
        if self.capacity:
            return None
        return self._registry.fault or "no worker is connected"

    def watch(self, listener: Callable[[], None]) -> None:
        """Call `listener` when capacity or devices have changed."""
        self._listeners.append(listener)

    def seconds(self, order: PaintOrder) -> float:
        """Predict how long an order takes; infinite while no worker can paint it."""
        return float("inf") if self._connection.fault else self._registry.seconds(order)

    async def start(self) -> None:
        """Begin to connect, and return at once: server and workers may come later."""
        self._run_in_background(self._connect_and_listen())

    async def close(self) -> None:
        """Disconnect. Paintings in progress are lost; their workers are told to stop."""
        self._closed = True
        for attempt in tuple(self._attempts.values()):
            await self._send_cancel(attempt.message.key)
            if not attempt.outcome.done():
                attempt.outcome.set_exception(ExecutorLost("The executor was closed."))
        await asyncio.sleep(0)  # lets each `paint` raise before its tasks are cancelled
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._connection.close()

    async def paint(self, order: PaintOrder, on_progress: OnProgress) -> PaintOutcome:
        """Have a worker paint one order; see `contract.Executor.paint`."""
        if self._closed:
            raise ExecutorLost("The executor was closed.")
        message = self._message_for(order)
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[wire.Outcome] = loop.create_future()
        reports = Allowance(self._timing.reports)
        attempt = Attempt(order, message, on_progress, outcome, reports, loop.time())
        self._attempts[message.key] = attempt
        sending = asyncio.ensure_future(self._send_order(attempt))
        try:
            # Sending waits for the NATS server, so a cancel can end the attempt before it is sent.
            either: set[asyncio.Future[Any]] = {sending, outcome}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not outcome.done():
                sending.result()  # raises what sending raised, such as an unreadable picture
            return await self._fetch_result(attempt, await outcome)
        finally:
            sending.cancel()
            del self._attempts[message.key]
            if not self._closed:
                self._run_in_background(self._clean_up(attempt))

    async def cancel(self, job_id: int) -> None:
        """Stop a painting; see `contract.Executor.cancel`."""
        for attempt in self._attempts.values():
            if attempt.message.job_id == job_id and not attempt.cancelled:
                attempt.cancelled = True
                self._run_in_background(self._cancel_until_ended(attempt))

    def _message_for(self, order: PaintOrder) -> wire.Order:
        number = next(self._attempt_numbers)
        return wire.Order(
            key=f"{self._run_id}-{order.job_id}-{number}-{secrets.token_hex(16)}",
            run_id=self._run_id,
            job_id=order.job_id,
            settings=order.settings,
            styles=len(order.styles),
            mask=order.mask is not None,
            timelapse=order.timelapse is not None,
            secret=secret_of(self._secret, order.job_id).hex(),
            animation=_ending_of(order.animation),
            surroundings=order.surroundings is not None,
        )

    async def _send_order(self, attempt: Attempt) -> None:
        """Upload an order's pictures, put it into the stream, and nudge a worker."""
        key, connection = attempt.message.key, self._connection
        await connection.until_open()
        attempt.objects.append(wire.pictures_of(key))
        await connection.upload(
            wire.pictures_of(key), attempt.message.secret_bytes, *attempt.order.inputs
        )
        attempt.stream_number = await connection.keep(wire.ORDER, key, attempt.message)
        await self._nudge(attempt)

    async def _nudge(self, attempt: Attempt) -> None:
        """Tell the best idle worker to request orders now; others find it when they poll."""
        if worker := self._registry.choose(attempt.order):
            await self._connection.send(f"{wire.NUDGE}.{worker}", wire.Nudge())

    async def _send_cancel(self, key: str) -> None:
        await self._connection.send(wire.CANCEL, wire.CancelOrder(wire.label_of(key)))

    async def _cancel_until_ended(self, attempt: Attempt) -> None:
        """Send the cancel with every beat until the worker's outcome arrives.

        The bot ends the attempt itself where no worker has reported on it, and after
        `timing.cancel` seconds without an outcome.
        """
        clock = asyncio.get_running_loop().time
        give_up_at = clock() + self._timing.cancel
        while not attempt.outcome.done():
            await self._send_cancel(attempt.message.key)
            no_worker = not attempt.worker
            too_late = clock() > give_up_at
            # An outcome may have arrived while the cancel was sent.
            if (no_worker or too_late) and not attempt.outcome.done():
                attempt.outcome.set_exception(PaintingCancelled())
            await asyncio.wait({attempt.outcome}, timeout=self._timing.beat)

    async def _fetch_result(self, attempt: Attempt, outcome: wire.Outcome) -> PaintOutcome:
        """Download the painting, or raise why there is none."""
        if outcome.how == "failed":
            raise CannotPaint(Sentence.received(outcome.sentence, outcome.wording))
        cut_short = outcome.painted is not None and outcome.painted.is_cut_short
        if outcome.how == "cancelled" or (attempt.cancelled and not cut_short):
            raise PaintingCancelled
        if outcome.painted is None:  # the worker lost it, or its outcome could not be read
            raise ExecutorLost(outcome.sentence)
        name = wire.result_of(attempt.message.key, outcome.worker)
        attempt.objects.append(name)
        secret, files = attempt.message.secret_bytes, attempt.order.outputs
        if not await self._connection.retry(
            name, lambda: self._connection.download(name, secret, *files)
        ):
            raise ExecutorLost("The painting is missing on the NATS server.")
        return outcome.painted

    async def _clean_up(self, attempt: Attempt) -> None:
        """Remove an attempt's order and objects from the server."""
        objects = attempt.objects
        if not attempt.has_outcome:
            # A worker may be painting it: stop that. If none has it yet, withdraw the order, so
            # that none takes it later.
            await self._send_cancel(attempt.message.key)
            if attempt.stream_number is not None:
                await self._connection.withdraw(wire.ORDERS, attempt.stream_number)
            # A worker removes its checkpoint when it sends an outcome. None was sent.
            objects.append(wire.checkpoint_of(attempt.message.job_id))
        await self._connection.remove(*objects)

    async def _connect_and_listen(self) -> None:
        await self._connection.open()
        # Orders of an earlier run are void: the bot sends its unfinished jobs again.
        await self._connection.retry("old orders", self._purge_streams)
        await self._connection.listen(f"{wire.WORKER}.>", self._on_hello)
        await self._connection.listen(f"{wire.PROGRESS}.{self._run_id}.*.>", self._on_progress)
        self._run_in_background(self._send_heartbeats())
        self._run_in_background(self._receive_outcomes())

    async def _purge_streams(self) -> None:
        for stream in (wire.ORDERS, wire.OUTCOMES):
            await self._connection.streams.purge_stream(stream)

    async def _send_heartbeats(self) -> None:
        while True:
            await self._connection.send(wire.BOT, wire.BotAlive(self._run_id))
            if self._registry.drop_silent():
                self._notify_listeners()
            self._end_stalled()
            await asyncio.sleep(self._timing.beat)

    def _end_stalled(self) -> None:
        """Count orders as lost that a worker has, or could take, without a step for `timing.stall`.

        Every honest worker reports an order at once, and is told to give it up.
        """
        now = asyncio.get_running_loop().time()
        for attempt in self._attempts.values():
            due = attempt.worker or (attempt.stream_number and self._registry.choose(attempt.order))
            if self._connection.fault or not due:
                attempt.moved_at = now
            elif now - attempt.moved_at > self._timing.stall and not attempt.outcome.done():
                who = attempt.worker or "a worker that does not say so"
                log.warning("%s holds job %d and does not paint", who, attempt.order.job_id)
                attempt.outcome.set_exception(ExecutorLost(f"{who} did not paint it."))

    async def _on_hello(self, message: Msg) -> None:
        """Register a worker, and nudge again for orders that no worker has taken yet."""
        try:
            hello = _decode_hello(message.data)
        except wire.UNREADABLE:
            log.warning("a worker of another version sends on %s", message.subject)
            return
        if hello.id != sender_of(message, wire.WORKER):
            log.warning("what came on %s is no heartbeat of %s", message.subject, hello.id)
            return
        if self._registry.update(hello):
            self._notify_listeners()
        for attempt in tuple(self._attempts.values()):
            if attempt.stream_number is not None and not attempt.worker:
                await self._nudge(attempt)

    async def _on_progress(self, message: Msg) -> None:
        key, _, sender = sender_of(message, f"{wire.PROGRESS}.{self._run_id}").partition(".")
        attempt = self._attempts.get(key)
        if attempt is None:
            if self._unknown.take():
                await self._send_cancel(key)
            return
        if attempt.outcome.done() or not attempt.reports.take():
            return
        try:
            report = wire.decode(wire.ProgressReport, message.data)
        except wire.UNREADABLE as error:
            # Logged once for each kind of fault, because a worker reports every second.
            if (why := type(error).__name__) not in self._logged_faults:
                self._logged_faults.add(why)
                log.warning("a report on %s cannot be read (%s)", message.subject, why)
            return
        if (report.key, report.worker) != (key, sender):
            log.warning("what came from %s is no report of %s", sender, report.worker)
            return
        now = asyncio.get_running_loop().time()
        if not attempt.worker:
            attempt.moved_at = now
        attempt.worker = sender
        if attempt.cancelled:
            await self._send_cancel(key)
        # Two workers may paint one order: a step that the other has passed is not shown again.
        elif report.progress is not None and report.progress.step > attempt.last_step:
            attempt.last_step, attempt.moved_at = report.progress.step, now
            attempt.on_progress(report.progress)

    async def _receive_outcomes(self) -> None:
        while True:
            try:
                message = await self._connection.next_of(wire.OUTCOMES, OUTCOME_WAIT)
                if message is not None:
                    self._on_outcome(message)
                    await message.ack()
            except TROUBLE as error:
                log.info("no outcomes now: %s", error or type(error).__name__)
                await asyncio.sleep(self._timing.retry)

    def _on_outcome(self, message: Msg) -> None:
        sender = sender_of(message, wire.OUTCOME)
        try:
            outcome = wire.decode(wire.Outcome, message.data)
        except wire.UNREADABLE:
            log.exception("an outcome could not be read; is the worker of another version?")
            # The message's id names the order, so that its job does not wait for ever.
            key = wire.key_of(message.headers or {})
            outcome = wire.Outcome(key, sender, "lost", "its outcome could not be read")
        if outcome.worker == sender:
            self._end(outcome)
        else:
            log.warning("what came from %s is no outcome of %s", sender, outcome.worker)

    def _end(self, outcome: wire.Outcome) -> None:
        """End an attempt with its first outcome; drop later ones and their pictures."""
        attempt = self._attempts.get(outcome.key)
        if attempt is not None and not attempt.outcome.done():
            attempt.worker = outcome.worker
            attempt.outcome.set_result(outcome)
            return
        log.info("%s ended a second time; dropped", outcome.key)
        # The same worker's outcome, delivered twice, names the picture that `paint` is downloading.
        is_repeat = attempt is not None and attempt.worker == outcome.worker
        if not is_repeat:
            name = wire.result_of(outcome.key, outcome.worker)
            self._run_in_background(self._connection.remove(name))

    def _notify_listeners(self) -> None:
        for listener in self._listeners:
            listener()

    def _run_in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._on_task_done)

    def _on_task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a background task of the executor failed", exc_info=error)


def _ending_of(animation: Path | None) -> Literal["", ".gif", ".webp"]:
    match animation and animation.suffix:
        case ".gif":
            return ".gif"
        case ".webp":
            return ".webp"
    return ""
