"""A bot that cancels, closes or loses a painting at an awkward moment: it ends, and leaves nothing.

Its jobs go on where they can.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from nats.js.api import StreamState

from bot.errors import ExecutorLost, PaintingCancelled
from bot.executors.contract import PaintOrder, PaintProgress
from bot.executors.nats import wire
from bot.executors.nats.access import Access
from bot.executors.nats.executor import NatsExecutor
from bot.executors.nats.streams import create_streams
from engine.request import PaintOutcome, PaintSettings
from tests.bot.executors.clockwork import Script
from tests.bot.executors.conftest import (
    FAST,
    SETUP,
    SHORT_TIMEOUTS,
    MakeOrder,
    nats_executor,
    until,
    working,
)
from tests.bot.executors.nats_server import NatsServer
from tests.bot.executors.proxy import bad_network
from tests.bot.executors.test_nats_twice import ManualWorker, painted

OBJECTS = f"OBJ_{wire.PICTURES}"
STALLING = replace(FAST, stall=2.0)
ALL_ALLOWED = "authorization { users: [{ user: bot, password: bot }] }"
NO_PURGE = f"""
authorization {{ users: [{{ user: bot, password: bot, permissions: {{
  publish: {{ deny: "$JS.API.STREAM.PURGE.{wire.ORDERS}" }}
}} }}] }}
"""


@pytest.fixture
async def stalling(nats_server: NatsServer) -> AsyncIterator[NatsExecutor]:
    """A bot that takes an order away after two seconds without a step."""
    executor = NatsExecutor(Access(nats_server.url), STALLING)
    await executor.start()
    yield executor
    await executor.close()


def paint(executor: NatsExecutor, order: PaintOrder) -> asyncio.Task[PaintOutcome]:
    """Have an order painted."""
    return asyncio.create_task(executor.paint(order, lambda _: None))


async def until_stream(
    worker: ManualWorker, stream: str, condition: Callable[[StreamState], bool]
) -> None:
    """Wait until the state of a stream is so."""
    async with asyncio.timeout(60):
        while True:
            info = await worker.streams.stream_info(stream)
            if condition(info.state):
                return
            await asyncio.sleep(0.01)


async def until_delivered(worker: ManualWorker, stream: str) -> None:
    """Wait until a message of a stream has been delivered."""
    async with asyncio.timeout(60):
        while True:
            info = await worker.streams.consumer_info(stream, stream)
            if info.delivered is not None and info.delivered.consumer_seq:
                return
            await asyncio.sleep(0.01)


def is_empty(state: StreamState) -> bool:
    """Whether a stream has no message."""
    return state.messages == 0


async def test_a_cancel_before_the_first_connection(
    tmp_path: Path, order_for: MakeOrder, caplog: pytest.LogCaptureFixture
) -> None:
    """A painting that waits for a server is cancelled, and nothing fails in the background."""
    server = NatsServer(tmp_path / "nats")
    async with nats_executor(server.url) as executor:
        order = order_for(Script())
        painting = paint(executor, order)
        await asyncio.sleep(0)  # it has been called
        await executor.cancel(order.job_id)
        with pytest.raises(PaintingCancelled):
            await painting
        server.start()
        await until(lambda: executor.fault == "no worker is connected")
    server.kill()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("way", ["closed", "cancelled"])
async def test_an_end_during_the_download(
    nats_server: NatsServer, order_for: MakeOrder, way: str
) -> None:
    """A painting ends at once, although its picture is still on its way to the bot."""
    async with (
        ManualWorker(nats_server.url) as worker,
        bad_network(nats_server.port) as network,
        nats_executor(network.url) as executor,
    ):
        await until(lambda: executor.fault == "no worker is connected")
        order = order_for(Script())
        painting = paint(executor, order)
        taken, message = await worker.take()
        await worker.upload(taken, "a", 10, size=20_000_000)
        network.delay = (0.05, 0.05)  # for each 16 KiB: a minute in all
        await worker.report(painted(taken, "a"))
        await message.ack()
        await until_stream(worker, wire.OUTCOMES, is_empty)
        assert not painting.done()
        if way == "closed":
            await executor.close()
            with pytest.raises(ExecutorLost):
                await asyncio.wait_for(painting, 30)
        else:
            await executor.cancel(order.job_id)
            with pytest.raises(PaintingCancelled):
                await asyncio.wait_for(painting, 30)
            network.delay = (0.0, 0.0)
            await until_stream(worker, OBJECTS, is_empty)
        assert not order.result.exists()


@pytest.mark.slow
async def test_an_order_that_waits_while_old_ones_are_purged(
    nats_server: NatsServer, order_for: MakeOrder, caplog: pytest.LogCaptureFixture
) -> None:
    """An order of this run is painted, even where the purge of earlier orders has to be retried."""
    nats_server.configure(NO_PURGE)
    url = nats_server.url.replace("//", "//bot:bot@")
    async with ManualWorker(url) as manual:
        await create_streams(manual.streams, FAST.lease)
        await manual.streams.publish(wire.ORDER, b"an order of an earlier run")
        async with nats_executor(url) as executor:
            painting = paint(executor, order_for(Script()))
            await until(lambda: "retried until it succeeds" in caplog.text)
            nats_server.configure(ALL_ALLOWED)
            await until_stream(manual, wire.ORDERS, lambda state: state.first_seq > 1)
            async with working(url):
                assert (await asyncio.wait_for(painting, 60)).steps > 0


@pytest.mark.slow
async def test_a_stalled_attempt_leaves_its_checkpoint(
    stalling: NatsExecutor, nats_server: NatsServer, order_for: MakeOrder, tmp_path: Path
) -> None:
    """The next attempt at a job resumes from the checkpoint of the one that has stalled."""
    go_on = tmp_path / "go on"
    order = order_for(Script(steps=10, wait_for=str(go_on)))
    async with ManualWorker(nats_server.url) as manual, working(nats_server.url):
        with pytest.raises(ExecutorLost, match="did not paint it"):
            await stalling.paint(order, lambda _: None)
        await until(lambda: stalling.workers and not stalling.workers[0].paintings)
        go_on.touch()
        outcome = await asyncio.wait_for(stalling.paint(order, lambda _: None), 60)
        assert outcome.curve[0][0] > 1
        await until_stream(manual, OBJECTS, is_empty)


@pytest.mark.slow
async def test_the_next_attempt_on_the_same_worker(
    stalling: NatsExecutor, nats_server: NatsServer, order_for: MakeOrder, tmp_path: Path
) -> None:
    """A worker with two devices paints a job on the second while the first hangs with it."""
    once = tmp_path / "once"
    script = Script(steps=10, step_seconds=0.3, fault="hang", once=str(once))
    order = order_for(script)
    heard: list[PaintProgress] = []
    async with working(nats_server.url, timeouts=SHORT_TIMEOUTS, setups=[SETUP, SETUP]):
        with pytest.raises(ExecutorLost, match="did not paint it"):
            await stalling.paint(order, lambda _: None)
        async with asyncio.timeout(60):
            await stalling.paint(order, heard.append)
            await stalling.paint(order_for(Script()), lambda _: None)
    assert {progress.job_id for progress in heard} == {order.job_id}


async def test_an_order_whose_bot_the_worker_does_not_know_yet(nats_server: NatsServer) -> None:
    """A worker that missed the heartbeats of a new run leaves its orders until it hears one."""
    async with ManualWorker(nats_server.url) as bot:
        await create_streams(bot.streams, FAST.lease)
        async with working(nats_server.url) as worker:
            # As often as needed, because the worker may still be starting.
            while worker._bot_run_id != "earlier":
                await bot.client.publish(wire.BOT, wire.encode(wire.BotHeartbeat("earlier")))
                await asyncio.sleep(0.05)
            order = wire.Order("key", "later", 1, PaintSettings(), 1, False, False, "ab" * 32)
            await bot.streams.publish(wire.ORDER, wire.encode(order))
            await until_delivered(bot, wire.ORDERS)
            await bot.client.publish(wire.BOT, wire.encode(wire.BotHeartbeat("later")))
            await until_stream(bot, wire.OUTCOMES, lambda state: state.messages == 1)


async def test_what_a_bot_leaves_behind(nats_server: NatsServer, order_for: MakeOrder) -> None:
    """A bot that cancels its painting and closes leaves no order and no picture on the server."""
    async with ManualWorker(nats_server.url) as manual:
        async with nats_executor(nats_server.url) as executor:
            await until(lambda: executor.fault == "no worker is connected")
            order = order_for(Script())
            painting = paint(executor, order)
            await until_stream(manual, wire.ORDERS, lambda state: state.messages == 1)
            await executor.cancel(order.job_id)
            with pytest.raises(PaintingCancelled):
                await painting
        for stream in (OBJECTS, wire.ORDERS):
            assert is_empty((await manual.streams.stream_info(stream)).state)


async def test_listeners_that_fail(
    nats_server: NatsServer, order_for: MakeOrder, caplog: pytest.LogCaptureFixture
) -> None:
    """An error of whoever listens is logged, and the executor paints and reconnects as ever."""

    def fail(*_: object) -> None:
        raise RuntimeError("authorization to fail")

    executor = NatsExecutor(Access(nats_server.url), FAST)
    executor.watch(fail)
    await executor.start()
    async with working(nats_server.url):
        for _ in range(2):
            await until(lambda: executor.capacity)
            await asyncio.wait_for(executor.paint(order_for(Script()), fail), 60)
            nats_server.kill()
            await until(lambda: not executor.capacity)
            nats_server.start()
        await until(lambda: executor.capacity)
    await until(lambda: not executor.capacity)  # the worker has left
    await executor.close()
    failures = [record for record in caplog.records if record.exc_info]
    assert failures
    assert all("authorization to fail" in str(record.exc_info) for record in failures)
    assert "does not accept the token" not in caplog.text
