"""The executor that has workers paint, on other machines, over a NATS server."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

from bot.background import BackgroundTasks, cancel_all
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
from bot.executors.nats.streams import prepare_streams
from engine.errors import Sentence
from engine.request import PaintOutcome

T = TypeVar("T")
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
            prepare=partial(prepare_streams, lease=self._timing.lease),
        )
        self._objects = SealedObjects(self._connection)
        self._registry = WorkerRegistry(self._timing.silence)
        self._attempts: dict[str, Attempt] = {}  # under way, by key
        self._lost_jobs: set[int] = set()  # of which the last attempt was lost
        self._listeners: list[Callable[[], None]] = []
        self._tasks: set[asyncio.Task[Any]] = set()  # the event loop holds only weak references
        self._clean_ups: set[asyncio.Task[None]] = set()  # those of `_tasks` that clean up
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
            self._lost_jobs,
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
        self._run_in_background(self._run())

    async def close(self) -> None:
        """Disconnect. Paintings in progress are lost; their workers are told to stop."""
        self._closed = True
        attempts = tuple(self._attempts.values())
        for attempt in attempts:
            attempt.end(ExecutorLost("The executor was closed."))
        for attempt in attempts:
            await self._sender.cancel(attempt.message.key)
        if self._clean_ups and self._connection.fault is None:
            await asyncio.wait(self._clean_ups, timeout=self._timing.clean_up)
        while self._tasks:  # a task may start another while it is cancelled
            await cancel_all(tuple(self._tasks))
        await self._connection.close()

    async def paint(self, order: PaintOrder, on_progress: OnProgress) -> PaintOutcome:
        """Have a worker paint one order; see `contract.Executor.paint`."""
        if self._closed:
            raise ExecutorLost("The executor was closed.")
        attempt = self._new_attempt(order, on_progress)
        self._attempts[attempt.message.key] = attempt
        self._lost_jobs.discard(order.job_id)
        sending = self._create_task(self._sender.send(attempt))
        painting = self._create_task(self._outcome_of(attempt, sending))
        try:
            # The bot may end the attempt while a request still waits for the NATS server.
            either: set[asyncio.Future[Any]] = {painting, attempt.ended}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if attempt.ended.done():
                attempt.ended.result()  # raises why the bot ended it
            return painting.result()
        except ExecutorLost:
            attempt.lost = True
            self._lost_jobs.add(order.job_id)
            raise
        finally:
            painting.cancel()
            sending.cancel()
            attempt.ended.cancel()
            del self._attempts[attempt.message.key]
            if not self._closed:
                clean_up = self._run_in_background(self._clean_up(attempt, sending, painting))
                self._clean_ups.add(clean_up)
                clean_up.add_done_callback(self._clean_ups.discard)

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
            ended=loop.create_future(),
            report_limit=RateLimit(self._timing.reports),
            awaiting_step_since=loop.time(),
        )

    async def _outcome_of(self, attempt: Attempt, sending: asyncio.Task[None]) -> PaintOutcome:
        """Wait for the outcome of an order that is being sent, and download the painting.

        An outcome may come first, where the server's acknowledgement of the order was lost.
        """
        either: set[asyncio.Future[Any]] = {sending, attempt.outcome}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not attempt.has_outcome:
            sending.result()  # raises why the order was not sent
        return await self._fetch_result(attempt, await attempt.outcome)

    async def _clean_up(self, attempt: Attempt, *tasks: asyncio.Task[Any]) -> None:
        await cancel_all(tasks)  # so that they store nothing more
        await self._sender.clean_up(attempt)

    async def _cancel_until_ended(self, attempt: Attempt) -> None:
        """Send the cancel with every heartbeat until the attempt has ended.

        Its worker has `timing.cancel` seconds to answer; after that the bot ends the attempt.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._timing.cancel
        while not attempt.ended.done():
            await self._sender.cancel(attempt.message.key)
            if self._has_nothing_to_wait_for(attempt, clock() > deadline):
                attempt.end(PaintingCancelled())
            await asyncio.wait({attempt.ended}, timeout=self._timing.beat)

    def _has_nothing_to_wait_for(self, attempt: Attempt, is_late: bool) -> bool:
        """Whether to end a cancelled attempt now; `is_late` once its worker's time is over."""
        if not attempt.has_outcome:
            return is_late or not attempt.worker
        # Its painting is being downloaded. The frames of a film that are done are wanted most.
        has_fault = self._connection.fault is not None
        if attempt.outcome.result().is_cut_short:
            return is_late and has_fault
        return is_late or has_fault

    async def _fetch_result(self, attempt: Attempt, outcome: wire.Outcome) -> PaintOutcome:
        """Download the painting, or raise why there is none."""
        if outcome.how == "failed":
            raise CannotPaint(Sentence.received(outcome.sentence, outcome.wording))
        # After a cancel a painting is wanted only if the worker cut it short for that.
        if outcome.how == "cancelled" or (attempt.cancelled and not outcome.is_cut_short):
            raise PaintingCancelled
        if outcome.painted is None:  # the worker lost it, or its outcome could not be read
            raise ExecutorLost(outcome.sentence)
        name = wire.result_name(attempt.message.key, outcome.worker)
        secret, files = attempt.message.secret_bytes, attempt.order.outputs
        is_there = await self._connection.retry(
            name, lambda: self._objects.download(name, secret, *files)
        )
        if not is_there:
            raise ExecutorLost("The painting is missing on the NATS server.")
        return outcome.painted

    async def _run(self) -> None:
        """Connect, then send heartbeats and receive outcomes until cancelled."""
        await self._connection.open()
        await self._receiver.listen()
        async with BackgroundTasks() as loops:
            loops.keep("heartbeats of the bot", self._send_heartbeats)
            loops.keep("outcomes of workers", self._receiver.receive_outcomes)
            await loops.until(asyncio.Event())

    async def _send_heartbeats(self) -> None:
        """On each beat send the bot's heartbeat, drop silent workers, and end stalled attempts."""
        while True:
            await self._connection.send(wire.BOT, wire.BotHeartbeat(self._run_id))
            if self._registry.drop_silent():
                self._notify_listeners()
            self._end_stalled()
            await asyncio.sleep(self._timing.beat)

    def _end_stalled(self) -> None:
        """End attempts that have waited for a step for `timing.stall` seconds."""
        now = asyncio.get_running_loop().time()
        for attempt in self._attempts.values():
            if self._connection.fault or not self._awaits_step(attempt):
                attempt.awaiting_step_since = now
            elif now - attempt.awaiting_step_since > self._timing.stall:
                worker = attempt.worker or "a worker that does not say so"
                log.warning("%s holds job %d and does not paint", worker, attempt.order.job_id)
                attempt.end(ExecutorLost(f"{worker} did not paint it."))

    def _awaits_step(self, attempt: Attempt) -> bool:
        """Whether a worker should be painting: one has reported, or an idle one could take it.

        The idle one may have taken it without a report.
        """
        if attempt.has_outcome:
            return False
        if attempt.worker:
            return True
        is_in_stream = attempt.stream_number is not None
        return is_in_stream and self._registry.choose(attempt.order) is not None

    def _notify_listeners(self) -> None:
        for listener in self._listeners:
            try:
                listener()
            except Exception:  # must end neither our tasks nor those of nats-py, which call this
                log.exception("a listener of the executor failed")

    def _create_task(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a task that `close` cancels."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _run_in_background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task that nobody waits for; its error is logged."""
        task = self._create_task(work)
        task.add_done_callback(_log_error)
        return task


def _log_error(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("a background task of the executor failed", exc_info=error)
