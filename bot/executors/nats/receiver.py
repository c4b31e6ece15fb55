"""Receives what workers send to the bot: heartbeats, reports on orders, and outcomes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import lru_cache, partial
from typing import Any

from nats.aio.msg import Msg

from bot.executors.nats import wire
from bot.executors.nats.access import TROUBLE
from bot.executors.nats.attempt import Attempt
from bot.executors.nats.connection import NatsConnection
from bot.executors.nats.rate_limit import RateLimit
from bot.executors.nats.registry import WorkerRegistry
from bot.executors.nats.sealed_objects import SealedObjects
from bot.executors.nats.senders import sender_of

log = logging.getLogger(__name__)

OUTCOME_WAIT = 5.0  # seconds that one request for an outcome waits

# Cached, because a worker's heartbeat mostly equals its last one.
_decode_hello = lru_cache(maxsize=256)(partial(wire.decode, wire.Hello))


class Receiver:
    """Passes on what workers send: to the registry, and to the attempt that it is about.

    `attempts` has those under way, by key. `nudge` and `cancel` are methods of `OrderSender`.
    `on_workers_change` is called when slots or devices have changed. `run_in_background` starts a
    coroutine that nobody waits for.
    """

    def __init__(
        self,
        connection: NatsConnection,
        objects: SealedObjects,
        registry: WorkerRegistry,
        run_id: str,
        attempts: Mapping[str, Attempt],
        nudge: Callable[[Attempt], Awaitable[None]],
        cancel: Callable[[str], Awaitable[None]],
        on_workers_change: Callable[[], None],
        run_in_background: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._connection = connection
        self._objects = objects
        self._registry = registry
        self._run_id = run_id
        self._attempts = attempts
        self._nudge = nudge
        self._cancel = cancel
        self._on_workers_change = on_workers_change
        self._run_in_background = run_in_background
        self._late_report_limit = RateLimit(connection.timing.reports)  # for ended attempts
        self._logged_faults: set[str] = set()  # why reports were unreadable; each logged once

    async def listen(self) -> None:
        """Subscribe to heartbeats and reports."""
        await self._connection.listen(f"{wire.WORKER}.>", self._on_hello)
        await self._connection.listen(f"{wire.PROGRESS}.{self._run_id}.*.>", self._on_report)

    async def receive_outcomes(self) -> None:
        """End attempts with the outcomes that workers put into the stream; until cancelled."""
        while True:
            try:
                message = await self._connection.pull(wire.OUTCOMES, OUTCOME_WAIT)
                if message is not None:
                    self._on_outcome(message)
                    await message.ack()
            except TROUBLE as error:
                log.info("no outcomes now: %s", error or type(error).__name__)
                await asyncio.sleep(self._connection.timing.retry)

    async def _on_hello(self, message: Msg) -> None:
        """Update the registry by a heartbeat, and nudge again for orders that nobody has taken."""
        try:
            hello = _decode_hello(message.data)
        except wire.UNREADABLE:
            log.warning("a worker of another version sends on %s", message.subject)
            return
        if hello.id != sender_of(message, wire.WORKER):
            log.warning("what came on %s is no heartbeat of %s", message.subject, hello.id)
            return
        if self._registry.update(hello):
            self._on_workers_change()
        for attempt in tuple(self._attempts.values()):
            if attempt.stream_number is not None and not attempt.worker:
                await self._nudge(attempt)

    async def _on_report(self, message: Msg) -> None:
        """Note which worker has taken an order, and pass its progress on."""
        key, worker = wire.key_and_worker_of(message.subject, self._run_id)
        attempt = self._attempts.get(key)
        if attempt is None:  # it has ended, and this worker missed the cancel sent then
            if self._late_report_limit.allows_one():
                await self._cancel(key)
            return
        if attempt.outcome.done() or not attempt.report_limit.allows_one():
            return
        report = self._read_report(message)
        if report is None:
            return
        if (report.key, report.worker) != (key, worker):
            log.warning("what came from %s is no report of %s", worker, report.worker)
            return
        now = asyncio.get_running_loop().time()
        if not attempt.worker:
            attempt.step_due_since = now
        attempt.worker = worker
        if attempt.cancelled:
            await self._cancel(key)
        # Two workers may paint one order: only steps beyond the highest so far are shown.
        elif report.progress is not None and report.progress.step > attempt.last_step:
            attempt.last_step, attempt.step_due_since = report.progress.step, now
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
            # The message's id names the order, so that its job does not wait for ever.
            key = wire.key_of(message.headers or {})
            outcome = wire.Outcome(key, worker, "lost", "its outcome could not be read")
        if outcome.worker != worker:
            log.warning("what came from %s is no outcome of %s", worker, outcome.worker)
            return
        attempt = self._attempts.get(outcome.key)
        if attempt is not None and not attempt.outcome.done():
            attempt.worker = outcome.worker
            attempt.outcome.set_result(outcome)
        else:
            self._drop_late(outcome, attempt)

    def _drop_late(self, outcome: wire.Outcome, attempt: Attempt | None) -> None:
        """Remove the painting of an outcome whose attempt has ended, unless it is being fetched."""
        log.info("a late or second outcome of %s; dropped", outcome.key)
        # JetStream may deliver the outcome that ended the attempt a second time, while the executor
        # still downloads its painting: that stays.
        is_being_fetched = attempt is not None and attempt.worker == outcome.worker
        if not is_being_fetched:
            painting = wire.result_name(outcome.key, outcome.worker)
            self._run_in_background(self._objects.remove(painting))
