"""The bot's end: sends orders out, hears of them, and fetches what workers have painted."""

import asyncio
import itertools
import logging
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from nats.aio.msg import Msg

from bot.errors import ExecutorLost, PaintingCancelled, PaintingFailed
from bot.executors.contract import OnProgress, PaintOrder, WorkerState
from bot.executors.nats import wire
from bot.executors.nats.crowd import Crowd
from bot.executors.nats.link import TROUBLE, Access, Link
from engine.request import PaintOutcome

log = logging.getLogger(__name__)

OUTCOME_WAIT = 5.0  # seconds that one look for an outcome lasts

# a worker says the same every second for as long as nothing changes
_hello = lru_cache(maxsize=256)(partial(wire.decode, wire.Hello))


@dataclass(eq=False)
class _Attempt:
    order: PaintOrder
    sent: wire.Order
    on_progress: OnProgress
    ended: asyncio.Future[wire.Outcome]
    number: int | None = None  # in the stream of orders
    worker: str = ""  # that has it
    step: int = 0
    cancelled: bool = False
    objects: list[str] = field(default_factory=list)


class NatsExecutor:
    """Implements `contract.Executor` with workers that come and go.

    It alone decides what is delivered: an order that two workers painted, because one was taken
    for dead, ends once.
    """

    def __init__(self, access: Access, tempo: wire.Tempo | None = None) -> None:
        self._tempo = tempo or wire.Tempo()
        self._run = uuid.uuid4().hex[:12]
        self._link = Link(access, self._tempo, "muralscape bot", self._changed)
        self._crowd = Crowd(self._tempo.silence)
        self._numbers = itertools.count(1)
        self._attempts: dict[str, _Attempt] = {}
        self._listeners: list[Callable[[], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def capacity(self) -> int:
        """How many orders its workers can paint at a time; 0 while none could be sent."""
        return 0 if self._link.fault else self._crowd.slots

    @property
    def devices(self) -> tuple[str, ...]:
        """What the workers paint on."""
        return self._crowd.devices

    @property
    def workers(self) -> tuple[WorkerState, ...]:
        """Who is there, and at what."""
        job_ids = {key: attempt.order.job_id for key, attempt in self._attempts.items()}
        return self._crowd.states(job_ids)

    @property
    def fault(self) -> str | None:
        """Why nothing is painted elsewhere just now; None when it is."""
        if self._closed:
            return "the executor was closed"
        if self._link.fault or self.capacity:
            return self._link.fault
        return self._crowd.fault or "no worker is connected"

    def watch(self, listener: Callable[[], None]) -> None:
        """Call `listener` when capacity or devices have changed."""
        self._listeners.append(listener)

    def seconds(self, order: PaintOrder) -> float:
        """Guess how long the fastest worker that is free, or else any, takes for an order."""
        return float("inf") if self._link.fault else self._crowd.seconds(order)

    async def start(self) -> None:
        """Begin to look for the server and its workers; neither has to be there yet."""
        self._do(self._live())

    async def close(self) -> None:
        """Leave. Paintings under way are lost to this bot; workers stop them."""
        self._closed = True
        for attempt in tuple(self._attempts.values()):
            await self._link.send(wire.CANCEL, wire.Stop(attempt.sent.key))
            if not attempt.ended.done():
                attempt.ended.set_exception(ExecutorLost("The executor was closed."))
        await asyncio.sleep(0)  # whoever waits for a painting hears of it before its task ends
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._link.close()

    async def paint(self, order: PaintOrder, on_progress: OnProgress) -> PaintOutcome:
        """Have one order painted; see `contract.Executor.paint`."""
        if self._closed:
            raise ExecutorLost("The executor was closed.")
        sent = self._write(order)
        ended: asyncio.Future[wire.Outcome] = asyncio.get_running_loop().create_future()
        attempt = self._attempts[sent.key] = _Attempt(order, sent, on_progress, ended)
        sending = asyncio.ensure_future(self._send(attempt))
        try:
            both: set[asyncio.Future[Any]] = {sending, ended}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if sending.done() and not ended.done():
                sending.result()  # a picture that cannot be read
            outcome = await ended
            return await self._received(attempt, outcome)
        finally:
            sending.cancel()
            del self._attempts[sent.key]
            if not self._closed:
                self._do(self._clear_away(attempt))

    async def cancel(self, job_id: int) -> None:
        """Stop a painting; see `contract.Executor.cancel`."""
        for attempt in self._attempts.values():
            if attempt.sent.job_id == job_id and not attempt.cancelled:
                attempt.cancelled = True
                self._do(self._stop(attempt))

    def _write(self, order: PaintOrder) -> wire.Order:
        return wire.Order(
            key=f"{self._run}-{order.job_id}-{next(self._numbers)}",
            run=self._run,
            job_id=order.job_id,
            settings=order.settings,
            styles=len(order.styles),
            mask=order.mask is not None,
            timelapse=order.timelapse is not None,
        )

    async def _send(self, attempt: _Attempt) -> None:
        sent, order, link = attempt.sent, attempt.order, self._link
        await link.until_open()
        attempt.objects.append(wire.pictures_of(sent.key))
        await link.upload(wire.pictures_of(sent.key), *order.inputs)
        attempt.number = await link.keep(wire.ORDER, sent.key, sent)
        await self._nudge(attempt)

    async def _nudge(self, attempt: _Attempt) -> None:
        """Tell the worker that will be done first. Any idle one finds the order after a while."""
        if worker := self._crowd.choose(attempt.order):
            await self._link.send(f"{wire.NUDGE}.{worker}", wire.Stop(attempt.sent.key))

    async def _stop(self, attempt: _Attempt) -> None:
        """See to it that a cancelled attempt ends."""
        give_up = asyncio.get_running_loop().time() + self._tempo.cancel
        while not attempt.ended.done():
            await self._link.send(wire.CANCEL, wire.Stop(attempt.sent.key))
            out_of_time = asyncio.get_running_loop().time() > give_up
            if not attempt.ended.done() and (out_of_time or not attempt.worker):
                attempt.ended.set_exception(PaintingCancelled())
            await asyncio.wait({attempt.ended}, timeout=self._tempo.beat)

    async def _received(self, attempt: _Attempt, outcome: wire.Outcome) -> PaintOutcome:
        """Fetch what was painted, or raise why it was not."""
        key, order = attempt.sent.key, attempt.order
        if outcome.how == "failed":
            raise PaintingFailed(outcome.sentence)
        if outcome.how == "cancelled" or attempt.cancelled:
            raise PaintingCancelled
        if outcome.painted is None:
            raise ExecutorLost(outcome.sentence)
        name = wire.result_of(key, outcome.worker)
        attempt.objects.append(name)
        if not await self._link.insist(name, lambda: self._link.download(name, *order.outputs)):
            raise ExecutorLost("The server has lost what was painted.")
        return outcome.painted

    async def _clear_away(self, attempt: _Attempt) -> None:
        """Leave nothing of an attempt on the server; its worker sees to the checkpoint."""
        ended, objects = attempt.ended, attempt.objects
        if not ended.done() or ended.cancelled() or ended.exception() is not None:
            # given up from here; a worker may be at it, or about to
            await self._link.send(wire.CANCEL, wire.Stop(attempt.sent.key))
            if attempt.number is not None:
                await self._link.withdraw(wire.ORDERS, attempt.number)
            objects.append(wire.checkpoint_of(attempt.sent.job_id))
        await self._link.remove(*objects)

    async def _live(self) -> None:
        await self._link.open()
        # what an earlier run of the bot ordered, it orders again
        await self._link.insist("old orders", self._forget_the_past)
        client = self._link.client
        await client.subscribe(f"{wire.WORKER}.*", cb=self._met)
        await client.subscribe(f"{wire.PROGRESS}.{self._run}", cb=self._progressed)
        self._do(self._beat())
        self._do(self._hear_outcomes())

    async def _forget_the_past(self) -> None:
        for stream in (wire.ORDERS, wire.OUTCOMES):
            await self._link.streams.purge_stream(stream)

    async def _beat(self) -> None:
        while True:
            await self._link.send(wire.BOT, wire.Run(self._run))
            if self._crowd.forget():
                self._changed()
            await asyncio.sleep(self._tempo.beat)

    async def _met(self, message: Msg) -> None:
        """Hear of a worker."""
        try:
            hello = _hello(message.data)
        except wire.UNREADABLE:
            log.warning("a worker of another version speaks on %s", message.subject)
            return
        if self._crowd.meet(hello):
            self._changed()
        # who was nudged before may have had other work by then
        for attempt in tuple(self._attempts.values()):
            if attempt.number is not None and not attempt.worker:
                await self._nudge(attempt)

    async def _progressed(self, message: Msg) -> None:
        step = wire.decode(wire.Step, message.data)
        attempt = self._attempts.get(step.key)
        if attempt is None or attempt.ended.done():
            if attempt is None:
                await self._link.send(wire.CANCEL, wire.Stop(step.key))
            return
        attempt.worker = step.worker
        if attempt.cancelled:
            await self._link.send(wire.CANCEL, wire.Stop(step.key))
        # where two paint one order, the one that is ahead is heard
        elif step.progress is not None and step.progress.step > attempt.step:
            attempt.step = step.progress.step
            attempt.on_progress(step.progress)

    async def _hear_outcomes(self) -> None:
        while True:
            try:
                message = await self._link.next_of(wire.OUTCOMES, OUTCOME_WAIT)
                if message is not None:
                    self._hear(message)
                    await message.ack()
            except TROUBLE as error:
                log.info("no outcomes just now: %s", error or type(error).__name__)
                await asyncio.sleep(self._tempo.retry)

    def _hear(self, message: Msg) -> None:
        try:
            self._ended(wire.decode(wire.Outcome, message.data))
        except wire.UNREADABLE:
            log.exception("an outcome could not be read; is the worker of another version?")
            # it bears the order's name all the same; nobody else will end that
            key, _, worker = (message.headers or {}).get("Nats-Msg-Id", "").partition("/")
            self._ended(wire.Outcome(key, worker, "lost", "its outcome could not be read"))

    def _ended(self, outcome: wire.Outcome) -> None:
        """Take the first outcome of an attempt; what came later is dropped, and its pictures."""
        attempt = self._attempts.get(outcome.key)
        if attempt is not None and not attempt.ended.done():
            attempt.worker = outcome.worker
            attempt.ended.set_result(outcome)
            return
        log.info("%s ended a second time; dropped", outcome.key)
        if attempt is None or attempt.worker != outcome.worker:  # its pictures are not being read
            self._do(self._link.remove(wire.result_of(outcome.key, outcome.worker)))

    def _changed(self) -> None:
        for listener in self._listeners:
            listener()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a task of the executor ended", exc_info=error)
