"""Receives what workers send to the bot: heartbeats, reports on orders, and outcomes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Container, Coroutine, Mapping
from functools import lru_cache, partial
from typing import Any

from nats.aio.msg import Msg

from bot.errors import ExecutorLost
from bot.executors.nats import wire
from bot.executors.nats.access import RETRYABLE, explain
from bot.executors.nats.attempt import Attempt
from bot.executors.nats.connection import NatsConnection
from bot.executors.nats.rate_limit import RateLimit
from bot.executors.nats.registry import WorkerRegistry
from bot.executors.nats.sealed_objects import SealedObjects
from bot.executors.nats.senders import sender_of

log = logging.getLogger(__name__)

OUTCOME_WAIT = 5.0  # seconds that one request for an outcome waits
MOST_LOST = 5  # workers that took one order and were not heard of again; it may be its fault

# Cached, because a worker's heartbeat mostly equals its last one.
_decode_heartbeat = lru_cache(maxsize=256)(partial(wire.decode, wire.WorkerHeartbeat))


class Receiver:
    """Passes on what workers send: to the registry, and to the attempt that it is about.

    `attempts` has those under way, by key; `lost_jobs` are jobs of lost ones, so that the next may
    go on from their checkpoints. `nudge` and `cancel` are methods of `OrderSender`.
    `on_workers_change` is called when slots or devices have changed. `run_in_background` starts a
    task that nobody waits for.
    """

    def __init__(
        self,
        connection: NatsConnection,
        objects: SealedObjects,
        registry: WorkerRegistry,
        run_id: str,
        attempts: Mapping[str, Attempt],
        lost_jobs: Container[int],
        nudge: Callable[[Attempt], Awaitable[None]],
        cancel: Callable[[str], Awaitable[None]],
        on_workers_change: Callable[[], None],
        run_in_background: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._connection = connection
        self._objects = objects
        self._registry = registry
        self._run_id = run_id
        self._attempts = attempts
        self._lost_jobs = lost_jobs
        self._nudge = nudge
        self._cancel = cancel
        self._on_workers_change = on_workers_change
        self._run_in_background = run_in_background
        self._late_report_limit = RateLimit(connection.timing.reports)  # for ended attempts
        self._logged_faults: set[str] = set()  # why reports were unreadable; each logged once

    async def listen(self) -> None:
        """Subscribe to heartbeats and reports."""
        await self._connection.listen(f"{wire.WORKER}.>", self._on_worker_heartbeat)
        await self._connection.listen(f"{wire.PROGRESS}.{self._run_id}.*.>", self._on_report)

    async def receive_outcomes(self) -> None:
        """End attempts with the outcomes that workers put into the stream; until cancelled."""
        while True:
            try:
                message = await self._connection.pull(wire.OUTCOMES, OUTCOME_WAIT)
                if message is not None:
                    self._on_outcome(message)
                    await message.ack()
            except RETRYABLE as error:
                log.info("no outcomes now: %s", explain(error))
                await asyncio.sleep(self._connection.timing.retry)

    async def _on_worker_heartbeat(self, message: Msg) -> None:
        """Update the registry by a heartbeat, and nudge again for orders that nobody has taken."""
        try:
            heartbeat = _decode_heartbeat(message.data)
        except wire.UNREADABLE:
            log.warning("a worker of another version sends on %s", message.subject)
            return
        if heartbeat.id != sender_of(message, wire.WORKER):
            log.warning("what came on %s is no heartbeat of %s", message.subject, heartbeat.id)
            return
        if self._registry.update(heartbeat):
            self._on_workers_change()
        for attempt in tuple(self._attempts.values()):
            if heartbeat.is_leaving:  # its orders have not cost it
                attempt.takers.discard(heartbeat.id)
            if attempt.stream_number is not None and not attempt.worker:
                await self._nudge(attempt)

    async def _on_report(self, message: Msg) -> None:
        """Note which worker has taken an order, and pass its progress on."""
        key, worker = wire.key_and_worker_of(message.subject, self._run_id)
        attempt = self._attempts.get(key)
        if attempt is None:  # it has ended, and this worker did not receive a cancel
            if self._late_report_limit.allows_one():
                await self._cancel(key)
            return
        if attempt.outcome.done() or not attempt.report_limit.allows_one():
            return
        report = self._read_report(message)
        if report is None:
            return
        job_id = report.progress.job_id if report.progress else attempt.order.job_id
        if (report.key, report.worker, job_id) != (key, worker, attempt.order.job_id):
            log.warning(
                "what came from %s for job %d is no report on it, but of %s on job %d",
                worker,
                attempt.order.job_id,
                report.worker,
                job_id,
            )
            return
        now = asyncio.get_running_loop().time()
        if not attempt.worker:
            attempt.awaiting_step_since = now
        attempt.worker = worker
        if report.progress is None:
            attempt.takers.add(worker)
            if len(attempt.takers) > MOST_LOST:
                attempt.end(ExecutorLost(f"{MOST_LOST} workers were lost with it"))
        if attempt.cancelled:
            await self._cancel(key)
        # Two workers may paint one order: only steps beyond the highest so far are shown.
        elif report.progress is not None and report.progress.step > attempt.last_step:
            attempt.last_step, attempt.awaiting_step_since = report.progress.step, now
            attempt.on_progress(report.progress)

    def _read_report(self, message: Msg) -> wire.ProgressReport | None:
        try:
            return wire.decode(wire.ProgressReport, message.data)
        except wire.UNREADABLE as error:
            # Logged once for each kind of fault, because a worker reports every second.
            fault = type(error).__name__
            if fault not in self._logged_faults:
                self._logged_faults.add(fault)
                log.warning("a report on %s cannot be read (%s)", message.subject, fault)
            return None

    def _on_outcome(self, message: Msg) -> None:
        worker = sender_of(message, wire.OUTCOME)
        try:
            outcome = wire.decode(wire.Outcome, message.data)
        except wire.UNREADABLE:
            log.exception("an outcome could not be read; is the worker of another version?")
            # Its order is lost, so that the job does not wait for ever. The message id names it.
            key = wire.key_of(message.headers or {})
            outcome = wire.Outcome(key, worker, "lost", "its outcome could not be read")
        if outcome.worker != worker:
            log.warning("what came from %s is no outcome of %s", worker, outcome.worker)
            return
        attempt = self._attempts.get(outcome.key)
        if attempt is None or attempt.ended.done():
            self._drop(outcome)
        elif not attempt.has_outcome:
            attempt.worker = outcome.worker
            attempt.outcome.set_result(outcome)
        elif attempt.worker != outcome.worker:  # otherwise its painting is being downloaded
            self._drop(outcome)

    def _drop(self, outcome: wire.Outcome) -> None:
        """Remove the painting of a late outcome, or of a second worker's.

        The worker may have written the job's checkpoint after it was removed.
        """
        log.info("a late or second outcome of %s; dropped", outcome.key)
        names = [wire.result_name(outcome.key, outcome.worker)]
        job_id = wire.job_of(outcome.key, self._run_id)
        under_way = {attempt.order.job_id for attempt in self._attempts.values()}
        if job_id is not None and job_id not in under_way and job_id not in self._lost_jobs:
            names.append(wire.checkpoint_of(job_id))
        self._run_in_background(self._objects.remove(*names))
