"""A bot that cancels, closes or loses a painting at an awkward moment: it ends, and leaves nothing.

Its jobs go on where they can.
"""

import asyncio
import logging
import os
import signal
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
from bot.executors.nats.worker import Worker
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
from tests.bot.executors.proxy import BadNetwork, bad_network
from tests.bot.executors.test_nats_twice import ManualWorker, painted

OBJECTS = f"OBJ_{wire.PICTURES}"
STALLING = replace(FAST, stall=2.0)
ALL_ALLOWED = "authorization { users: [{ user: bot, password: bot }] }"
NO_PURGE = f"""
authorization {{ users: [{{ user: bot, password: bot, permissions: {{
  publish: {{ deny: "$JS.API.STREAM.PURGE.{wire.ORDERS}" }}
}} }}] }}
"""
NO_ORDERS = f"""
authorization {{ users: [
  {{ user: bot, password: bot, permissions: {{ publish: {{ deny: "{wire.ORDER}" }} }} }},
  {{ user: worker, password: worker }},
] }}
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


async def until_run_is_known(worker: Worker, bot: ManualWorker, run_id: str) -> None:
    """Send heartbeats of a bot until a worker has heard one: it may still be starting."""
    while worker._bot_run_id != run_id:
        await bot.client.publish(wire.BOT, wire.encode(wire.BotHeartbeat(run_id)))
        await asyncio.sleep(0.05)


async def until_delivered(worker: ManualWorker, stream: str, times: int) -> None:
    """Wait until messages of a stream have been delivered so many times."""
    async with asyncio.timeout(60):
        while True:
            info = await worker.streams.consumer_info(stream, stream)
            if info.delivered is not None and info.delivered.consumer_seq >= times:
                return
            await asyncio.sleep(0.01)


def is_empty(state: StreamState) -> bool:
    """Whether a stream has no message."""
    return state.messages == 0


async def begin_download(worker: ManualWorker, network: BadNetwork) -> None:
    """Paint the next order, and have the bot begin to download it, which takes a minute."""
    taken, message = await worker.take()
    await worker.upload(taken, "a", 10, size=20_000_000)
    network.delay = (0.05, 0.05)  # for each 16 KiB
    await worker.report(painted(taken, "a"))
    await message.ack()
    await until_stream(worker, wire.OUTCOMES, is_empty)


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
        await begin_download(worker, network)
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


async def test_a_cancel_during_the_download(nats_server: NatsServer, order_for: MakeOrder) -> None:
    """A painting that is done is still downloaded, unless that takes too long."""
    patient = replace(FAST, cancel=120.0)
    async with (
        ManualWorker(nats_server.url) as worker,
        bad_network(nats_server.port) as network,
        nats_executor(network.url, timing=patient) as executor,
    ):
        await until(lambda: executor.fault == "no worker is connected")
        order = order_for(Script())
        painting = paint(executor, order)
        await begin_download(worker, network)
        cancels = await worker.client.subscribe(wire.CANCEL)
        await executor.cancel(order.job_id)
        for _ in range(2):  # each after another look at the painting
            await cancels.next_msg(timeout=30)
        network.delay = (0.0, 0.0)
        assert (await asyncio.wait_for(painting, 60)).device == "a"
        assert order.result.exists()


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


async def test_one_of_a_workers_two_processes_dies(
    nats_server: NatsServer, order_for: MakeOrder, tmp_path: Path
) -> None:
    """Until it is replaced the worker takes one order at a time, and says so."""
    hold, go_on = tmp_path / "hold", tmp_path / "go on"
    setups = [replace(SETUP, weights=str(hold)), SETUP]
    async with (
        working(nats_server.url, setups=setups) as worker,
        nats_executor(nats_server.url) as executor,
    ):
        await until(lambda: executor.capacity == 2)
        mortal, other = worker.pids
        hold.touch()  # the next process does not get ready
        os.kill(mortal, signal.SIGKILL)
        await until(lambda: executor.capacity == 1)
        script = Script(steps=4, wait_for=str(go_on))
        orders = [order_for(script), order_for(script)]
        paintings = [asyncio.create_task(executor.paint(one, lambda _: None)) for one in orders]
        await until(lambda: [state.paintings for state in executor.workers] == [1])
        go_on.touch()
        for painting in paintings:
            assert (await painting).weights == f"process {other}"
        hold.unlink()
        await until(lambda: executor.capacity == 2)


async def test_an_order_whose_bot_the_worker_does_not_know_yet(nats_server: NatsServer) -> None:
    """A worker that missed the heartbeats of a new run leaves its orders until it hears one."""
    timing = replace(FAST, poll=1.0)  # so long, the order is not delivered too often
    async with ManualWorker(nats_server.url) as bot:
        await create_streams(bot.streams, lease=120)
        async with working(nats_server.url, timing=timing) as worker:
            await until_run_is_known(worker, bot, "earlier")
            order = wire.Order("key", "later", 1, PaintSettings(), 1, False, False, "ab" * 32)
            await bot.streams.publish(wire.ORDER, wire.encode(order))
            # The second delivery: the worker has left the first one, as the lease is not over.
            await until_delivered(bot, wire.ORDERS, times=2)
            await bot.client.publish(wire.BOT, wire.encode(wire.BotHeartbeat("later")))
            await until_stream(bot, wire.OUTCOMES, lambda state: state.messages == 1)


async def test_an_order_of_an_earlier_run_that_comes_late(nats_server: NatsServer) -> None:
    """An order that the server stored after the purge of earlier ones is given up, unpainted."""
    async with ManualWorker(nats_server.url) as bot:
        await create_streams(bot.streams, FAST.lease)
        async with working(nats_server.url) as worker:
            await until_run_is_known(worker, bot, "later")
            order = wire.Order("key", "earlier", 1, PaintSettings(), 1, False, False, "ab" * 32)
            await bot.streams.publish(wire.ORDER, wire.encode(order))
            await until_stream(bot, wire.ORDERS, is_empty)
            assert is_empty((await bot.streams.stream_info(wire.OUTCOMES)).state)


async def test_an_outcome_before_the_acknowledgement(
    nats_server: NatsServer, order_for: MakeOrder
) -> None:
    """A painting is fetched although the server's acknowledgement of its order never comes."""
    nats_server.configure(NO_ORDERS)
    async with (
        ManualWorker(nats_server.url.replace("//", "//worker:worker@")) as worker,
        nats_executor(nats_server.url.replace("//", "//bot:bot@")) as executor,
    ):
        await until(lambda: executor.fault == "no worker is connected")
        order = order_for(Script())
        painting = paint(executor, order)
        await until_stream(worker, OBJECTS, lambda state: state.messages == 2)  # its pictures
        (attempt,) = executor._attempts.values()
        await worker.upload(attempt.message, "a", 10)
        await worker.report(painted(attempt.message, "a"))
        assert (await asyncio.wait_for(painting, 60)).device == "a"
        await until_stream(worker, OBJECTS, is_empty)


@pytest.mark.slow
async def test_cleaning_up_while_the_server_is_away(
    nats_server: NatsServer, order_for: MakeOrder, caplog: pytest.LogCaptureFixture
) -> None:
    """The order and pictures of a cancelled painting go once the server is back."""
    async with nats_executor(nats_server.url) as executor:
        await until(lambda: executor.fault == "no worker is connected")
        order = order_for(Script())
        painting = paint(executor, order)
        async with ManualWorker(nats_server.url) as manual:
            await until_stream(manual, wire.ORDERS, lambda state: state.messages == 1)
            await until(lambda: next(iter(executor._attempts.values())).stream_number)
        nats_server.kill()
        await until(lambda: executor.fault != "no worker is connected")
        await executor.cancel(order.job_id)
        with pytest.raises(PaintingCancelled):
            await painting
        await until(lambda: "removing message" in caplog.text)
        nats_server.start()
        async with ManualWorker(nats_server.url) as manual:
            for stream in (OBJECTS, wire.ORDERS):
                await until_stream(manual, stream, is_empty)


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
