"""A worker that was let in and hinders the others: it claims orders, does nothing, floods."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.errors import ExecutorLost
from bot.executors.contract import PaintProgress
from bot.executors.nats import wire
from bot.executors.nats.access import Access
from bot.executors.nats.executor import NatsExecutor
from bot.executors.nats.rate_limit import RateLimit
from tests.bot.executors.clockwork import Script
from tests.bot.executors.conftest import FAST, MakeOrder, until
from tests.bot.executors.nats_server import NatsServer
from tests.bot.executors.test_nats_twice import ManualWorker, Site, painted

PROGRESS = PaintProgress(1, 1, 100, 1.0, 1.0, 0.0, 1.0, 1.0)
IDLE = wire.WorkerHeartbeat("idle", ("a clock",), ("mural",), slots=1, busy=(), rate=1.0)


@pytest.fixture(params=[2.0])
async def site(nats_server: NatsServer, request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    """A bot that waits so many seconds for a step and reads ten reports per second."""
    timing = replace(FAST, stall=request.param, reports=10.0)
    executor = NatsExecutor(Access(nats_server.url), timing)
    async with ManualWorker(nats_server.url) as worker:
        await executor.start()
        await until(lambda: executor.fault == "no worker is connected")
        yield Site(executor, worker)
        await executor.close()


async def test_an_order_that_is_held_is_taken_away(site: Site, order_for: MakeOrder) -> None:
    """Whoever keeps the lease and paints nothing loses the order; the job can go to another."""
    painting = site.paint(order_for(Script()))
    taken, message = await site.worker.take()
    report = wire.encode(wire.ProgressReport(taken.key, "holder", PROGRESS))
    async with asyncio.timeout(120):
        while not painting.done():
            await message.in_progress()
            subject = wire.progress_of(taken, "holder")
            await site.worker.client.publish(subject, report)  # the same step
            await asyncio.wait({painting}, timeout=0.1)
    with pytest.raises(ExecutorLost, match="holder did not paint it"):
        await painting
    await site.next_is_well(order_for(Script()))


async def test_an_order_that_is_hidden_is_taken_away(site: Site, order_for: MakeOrder) -> None:
    """The same where nobody says that it has the order, while another worker is idle."""
    painting = site.paint(order_for(Script()))
    await site.worker.take()
    heartbeat = wire.encode(IDLE)
    async with asyncio.timeout(120):
        while not painting.done():
            await site.worker.client.publish(f"{wire.WORKER}.idle", heartbeat)
            await asyncio.wait({painting}, timeout=0.1)
    with pytest.raises(ExecutorLost, match="did not paint it"):
        await painting


@pytest.mark.parametrize("site", [600.0], indirect=True)
async def test_a_flood_of_reports_is_not_read(site: Site, order_for: MakeOrder) -> None:
    """Of a thousand reports at once some twenty are read, and other orders are painted."""
    heard: list[int] = []
    painting = asyncio.create_task(
        site.executor.paint(order_for(Script()), lambda progress: heard.append(progress.step))
    )
    taken, message = await site.worker.take()
    for step in range(1, 1001):
        progress = replace(PROGRESS, step=step, total_steps=1000)
        said = wire.encode(wire.ProgressReport(taken.key, "loud", progress))
        await site.worker.client.publish(wire.progress_of(taken, "loud"), said)
        await site.worker.client.publish(f"{wire.PROGRESS}.{taken.run_id}.nothing.loud", said)
    await site.worker.upload(taken, "loud", 10)
    await site.worker.report(painted(taken, "loud"))
    await message.ack()
    assert (await asyncio.wait_for(painting, 120)).device == "loud"
    assert 1 <= len(heard) < 200


def test_a_rate_limit_fills_again() -> None:
    """Two seconds' messages are read at once, then as many as the seconds give."""
    now = 0.0
    limit = RateLimit(5.0, lambda: now)
    assert [limit.allows_one() for _ in range(12)].count(True) == 10
    now = 1.0
    assert [limit.allows_one() for _ in range(12)].count(True) == 5
    now = 100.0
    assert [limit.allows_one() for _ in range(12)].count(True) == 10
