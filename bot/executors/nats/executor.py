"""The executor that has workers paint, on other machines, over a NATS server."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from bot.errors import CannotPaint, ExecutorLost, PaintingCancelled
from bot.executors.contract import OnProgress, PaintOrder, WorkerState
from bot.executors.nats import wire
from bot.executors.nats.access import Access
from bot.executors.nats.attempt import Attempt
from bot.executors.nats.connection import NatsConnection
from bot.executors.nats.orders import OrderSender
from bot.executors.nats.rate_limit import RateLimit
from bot.executors.nats.receiver import Receiver
from bot.executors.nats.registry import WorkerRegistry
from bot.executors.nats.sealed_objects import SealedObjects
from bot.executors.nats.sealing import SECRET_BYTES
from bot.executors.nats.streams import create_streams
from engine.errors import Sentence
from engine.request import PaintOutcome

log = logging.getLogger(__name__)


class NatsExecutor:
    """Implements `contract.Executor` with workers that connect to the same NATS server.

    JetStream redelivers an order when its worker seems lost, so two workers may paint it. The first
    outcome counts, and others are dropped.
    """

    def __init__(
        self,
        access: Access,
        timing: wire.NatsTiming | None = None,
        secret: bytes | None = None,
    ) -> None:
        """Each job's secret is derived from `secret`, which is random by default.

        Given the secret of an earlier run, this one can read the checkpoints of that run.
        """
        self._timing = timing or wire.NatsTiming()
        self._run_id = secrets.token_hex(6)
        self._connection = NatsConnection(
            access,
            self._timing,
            "muralscape bot",
            self._notify_listeners,
            prepare=partial(create_streams, lease=self._timing.lease),
        )
        self._objects = SealedObjects(self._connection)
        self._registry = WorkerRegistry(self._timing.silence)
        self._attempts: dict[str, Attempt] = {}  # under way, by key
        self._listeners: list[Callable[[], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._sender = OrderSender(
            self._connection,
            self._objects,
            self._registry,
            self._run_id,
            secret or secrets.token_bytes(SECRET_BYTES),
        )
        self._receiver = Receiver(
            self._connection,
            self._objects,
            self._registry,
            self._run_id,
            self._attempts,
            self._sender.nudge,
            self._sender.cancel,
            self._notify_listeners,
            self._run_in_background,
        )

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
            await self._sender.cancel(attempt.message.key)
            if not attempt.outcome.done():
                attempt.outcome.set_exception(ExecutorLost("The executor was closed."))
        await asyncio.sleep(0)  # lets each `paint` raise before the background tasks are cancelled
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._connection.close()

    async def paint(self, order: PaintOrder, on_progress: OnProgress) -> PaintOutcome:
        """Have a worker paint one order; see `contract.Executor.paint`."""
        if self._closed:
            raise ExecutorLost("The executor was closed.")
        attempt = self._new_attempt(order, on_progress)
        key, outcome = attempt.message.key, attempt.outcome
        self._attempts[key] = attempt
        sending = asyncio.ensure_future(self._sender.send(attempt))
        try:
            # Sending waits for the NATS server; a cancel may end the attempt before that answers.
            sent_or_ended: set[asyncio.Future[Any]] = {sending, outcome}
            await asyncio.wait(sent_or_ended, return_when=asyncio.FIRST_COMPLETED)
            if not outcome.done():
                sending.result()  # raises what sending raised, such as an unreadable picture
            return await self._fetch_result(attempt, await outcome)
        finally:
            sending.cancel()
            del self._attempts[key]
            if not self._closed:
                self._run_in_background(self._sender.clean_up(attempt))

    async def cancel(self, job_id: int) -> None:
        """Stop a painting; see `contract.Executor.cancel`."""
        for attempt in self._attempts.values():
            if attempt.message.job_id == job_id and not attempt.cancelled:
                attempt.cancelled = True
                self._run_in_background(self._cancel_until_ended(attempt))

    def _new_attempt(self, order: PaintOrder, on_progress: OnProgress) -> Attempt:
        loop = asyncio.get_running_loop()
        return Attempt(
            order,
            self._sender.new_message(order),
            on_progress,
            outcome=loop.create_future(),
            report_limit=RateLimit(self._timing.reports),
            step_due_since=loop.time(),
        )

    async def _cancel_until_ended(self, attempt: Attempt) -> None:
        """Send the cancel with every heartbeat until the worker's outcome arrives.

        Where no worker has reported on the attempt, the bot ends it at once; otherwise after
        `timing.cancel` seconds without an outcome.
        """
        clock = asyncio.get_running_loop().time
        give_up_at = clock() + self._timing.cancel
        while not attempt.outcome.done():
            await self._sender.cancel(attempt.message.key)
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
        name = wire.result_name(attempt.message.key, outcome.worker)
        if outcome.painted is not None:
            attempt.objects.append(name)  # to be removed, whether it is wanted or not
        # After a cancel a painting is wanted only if the worker cut it short for that.
        cut_short = outcome.painted is not None and outcome.painted.is_cut_short
        if outcome.how == "cancelled" or (attempt.cancelled and not cut_short):
            raise PaintingCancelled
        if outcome.painted is None:  # the worker lost it, or its outcome could not be read
            raise ExecutorLost(outcome.sentence)
        secret, files = attempt.message.secret_bytes, attempt.order.outputs
        is_there = await self._connection.retry(
            name, lambda: self._objects.download(name, secret, *files)
        )
        if not is_there:
            raise ExecutorLost("The painting is missing on the NATS server.")
        return outcome.painted

    async def _connect_and_listen(self) -> None:
        await self._connection.open()
        # Orders of an earlier run are void: the bot sends its unfinished jobs again.
        await self._connection.retry("old orders", self._purge_streams)
        await self._receiver.listen()
        self._run_in_background(self._beat())
        self._run_in_background(self._receiver.receive_outcomes())

    async def _purge_streams(self) -> None:
        for stream in (wire.ORDERS, wire.OUTCOMES):
            await self._connection.streams.purge_stream(stream)

    async def _beat(self) -> None:
        """On each beat send the bot's heartbeat, drop silent workers, and end stalled attempts."""
        while True:
            await self._connection.send(wire.BOT, wire.BotAlive(self._run_id))
            if self._registry.drop_silent():
                self._notify_listeners()
            self._end_stalled()
            await asyncio.sleep(self._timing.beat)

    def _end_stalled(self) -> None:
        """End attempts that have waited for a step for `timing.stall` seconds.

        A step is due while a worker has the order. It is also due while nobody reports to have it,
        although an idle worker could take it: one may have taken it without a report.
        """
        now = asyncio.get_running_loop().time()
        for attempt in self._attempts.values():
            if self._connection.fault or not self._is_step_due(attempt):
                attempt.step_due_since = now
            elif now - attempt.step_due_since > self._timing.stall and not attempt.outcome.done():
                worker = attempt.worker or "a worker that does not say so"
                log.warning("%s holds job %d and does not paint", worker, attempt.order.job_id)
                attempt.outcome.set_exception(ExecutorLost(f"{worker} did not paint it."))

    def _is_step_due(self, attempt: Attempt) -> bool:
        if attempt.worker:
            return True
        is_in_stream = attempt.stream_number is not None
        return is_in_stream and self._registry.choose(attempt.order) is not None

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
