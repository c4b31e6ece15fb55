"""Painting on this machine and on workers: each order where it finishes first."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import ExecutorLost, PaintingCancelled
from bot.executors.composite import CompositeExecutor
from bot.executors.contract import PaintOrder
from bot.executors.local import LocalExecutor
from bot.executors.nats.access import Access
from bot.executors.nats.executor import NatsExecutor
from bot.executors.rates import START_RATES
from engine.request import PaintOutcome, PaintSettings
from engine.work import work_of
from tests.bot.executors.clockwork import Script
from tests.bot.executors.conftest import (
    FAST,
    SETUP,
    MakeOrder,
    until,
    working,
)
from tests.bot.executors.nats_server import NatsServer
from tests.bot.executors.scripted_executor import ScriptedExecutor

Painting = asyncio.Task[PaintOutcome]


def an_order(job_id: int) -> PaintOrder:
    """Make an order; its files are never read."""
    nowhere = Path("nowhere")
    return PaintOrder(job_id, PaintSettings(size=128, steps=100), nowhere, (), nowhere)


LOCAL_SECONDS = START_RATES["cpu"] * work_of(an_order(0).settings)  # seconds, as assumed for a CPU


class Pair:
    """Two scripted executors and the composite of both."""

    def __init__(self) -> None:
        self.local = ScriptedExecutor("cpu")
        self.remote = ScriptedExecutor("cuda:0")
        self.both = CompositeExecutor(self.local, self.remote)
        self._paintings: list[Painting] = []

    async def begin(self, job_id: int) -> Painting:
        """Begin an order; return once one of the two has it."""
        painting = asyncio.create_task(self.both.paint(an_order(job_id), lambda _: None))
        self._paintings.append(painting)
        await until(lambda: job_id in self.local.painting | self.remote.painting)
        return painting

    async def end(self) -> None:
        """Cancel what is left."""
        await self.both.close()
        for painting in self._paintings:
            painting.cancel()
        await asyncio.gather(*self._paintings, return_exceptions=True)


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    """Both started: a local CPU, and a remote GPU with an infinite prediction."""
    pair = Pair()
    await pair.both.start()
    await until(lambda: pair.both.capacity == 2)
    yield pair
    await pair.end()


async def test_counts_and_names_both(pair: Pair) -> None:
    """Capacity and devices are those of both, this machine's first."""
    pair.remote.change(3)
    assert pair.both.capacity == 4
    assert pair.both.devices == ("cpu", "cuda:0")


async def test_the_faster_is_chosen(pair: Pair) -> None:
    """An order goes where it takes less time, whichever that is."""
    pair.remote.each = LOCAL_SECONDS / 2
    await pair.begin(1)
    assert pair.remote.painting == {1}
    pair.remote.finish(1)
    pair.remote.each = LOCAL_SECONDS * 2
    await pair.begin(2)
    assert pair.local.painting == {2}


@pytest.mark.parametrize(("times_faster", "second"), [(1.5, "local"), (3.0, "remote")])
async def test_a_busy_executor_finishes_its_paintings_first(
    pair: Pair, times_faster: float, second: str
) -> None:
    """A second order waits for a busy device only where that device is still done sooner."""
    pair.remote.each = LOCAL_SECONDS / times_faster
    await pair.begin(1)
    await pair.begin(2)
    assert pair.remote.painting == ({1} if second == "local" else {1, 2})
    assert pair.local.painting == ({2} if second == "local" else set())


async def test_room_for_several_at_a_time(pair: Pair) -> None:
    """Where three can be painted at a time, the fourth is the first to wait or to go elsewhere."""
    pair.remote.change(3)
    pair.remote.each = LOCAL_SECONDS / 1.5
    for job_id in range(1, 5):
        await pair.begin(job_id)
    assert pair.remote.painting == {1, 2, 3}
    assert pair.local.painting == {4}


async def test_measured_speed_counts_more_than_the_guess(pair: Pair) -> None:
    """Once this machine has painted, what it took decides."""
    pair.remote.each = LOCAL_SECONDS * 2
    first = await pair.begin(1)
    pair.local.finish(1, seconds=LOCAL_SECONDS * 4)
    await first
    await pair.begin(2)
    assert pair.remote.painting == {2}


async def test_the_time_of_workers_does_not_count_for_this_machine(pair: Pair) -> None:
    """A slow painting elsewhere does not make this machine count as slow."""
    pair.remote.each = LOCAL_SECONDS / 2
    first = await pair.begin(1)
    pair.remote.finish(1, seconds=LOCAL_SECONDS * 100)
    await first
    pair.remote.each = LOCAL_SECONDS * 2
    await pair.begin(2)
    assert pair.local.painting == {2}


async def test_devices_that_come_and_go(pair: Pair) -> None:
    """Without workers this machine paints; a new worker gets orders, one that left gets none."""
    changes: list[int] = []
    pair.both.watch(lambda: changes.append(pair.both.capacity))
    pair.remote.each = LOCAL_SECONDS / 100
    pair.remote.change(0)
    await pair.begin(1)
    pair.remote.change(1)
    await pair.begin(2)
    pair.remote.change(0)
    await pair.begin(3)
    assert pair.local.painting == {1, 3}
    assert pair.remote.painting == {2}
    assert changes == [1, 2, 1]


async def test_an_engine_that_is_being_replaced_gets_no_order(pair: Pair) -> None:
    """While this machine's engine is dead, orders go to slower workers rather than wait for it."""
    pair.remote.each = LOCAL_SECONDS * 2
    pair.local.fault = "the engine is being started"
    await pair.begin(1)
    assert pair.remote.painting == {1}
    pair.remote.change(0)
    await pair.begin(2)
    assert pair.local.painting == {2}


async def test_what_is_lost_leaves_its_place(pair: Pair) -> None:
    """A painting that was lost does not count as one that the next has to wait for."""
    pair.remote.each = LOCAL_SECONDS / 1.5
    first = await pair.begin(1)
    pair.remote.lose(1)
    with pytest.raises(ExecutorLost):
        await first
    await pair.begin(2)
    assert pair.remote.painting == {2}


async def test_a_cancel_reaches_the_executor_that_paints(pair: Pair) -> None:
    """A job is cancelled where it is painted; the others go on, and an unknown one is no fault."""
    pair.remote.each = LOCAL_SECONDS / 1.5
    paintings = [await pair.begin(1), await pair.begin(2)]
    for job_id, painting in zip((1, 2), paintings, strict=True):
        await pair.both.cancel(job_id)
        with pytest.raises(PaintingCancelled):
            await painting
    await pair.both.cancel(4711)


async def test_a_fault_is_one_only_if_both_have_one(pair: Pair) -> None:
    """As long as one of the two can paint there is none; else both are named."""
    pair.local.fault = "the engine died"
    faults = [pair.both.fault]
    pair.remote.fault = "no worker is connected"
    faults.append(pair.both.fault)
    assert faults == [None, "the engine died; no worker is connected"]


async def test_workers_need_not_wait_for_the_engine_here() -> None:
    """Until this machine's engine has started its work is done elsewhere; then it is told of."""
    pair = Pair()
    pair.local.may_start.clear()
    pair.remote.each = LOCAL_SECONDS * 2
    changes: list[int] = []
    pair.both.watch(lambda: changes.append(pair.both.capacity))
    await pair.both.start()
    assert pair.both.capacity == 1
    await pair.begin(1)
    assert pair.remote.painting == {1}
    pair.local.may_start.set()
    await until(lambda: changes == [2])
    await pair.begin(2)
    assert pair.local.painting == {2}
    await pair.end()


async def test_an_engine_that_cannot_be_started() -> None:
    """Where this machine never will paint, workers do; without them that is the fault."""
    pair = Pair()
    pair.local.refusal = "There are no weights at all."
    await pair.both.start()
    await pair.begin(1)
    assert pair.remote.painting == {1}
    faults = [pair.both.fault]
    pair.remote.fault = "no worker is connected"
    faults.append(pair.both.fault)
    assert faults == [None, "There are no weights at all.; no worker is connected"]
    await pair.end()


async def test_closing_while_the_engine_starts() -> None:
    """Both are closed, without waiting for an engine that is still being started."""
    pair = Pair()
    pair.local.may_start.clear()
    await pair.both.start()
    await asyncio.wait_for(pair.both.close(), 120)
    assert pair.local.closed
    assert pair.remote.closed


async def test_an_engine_process_and_a_worker_at_once(
    nats_server: NatsServer, order_for: MakeOrder
) -> None:
    """With one process here and one worker, orders at once are painted by both."""
    async with working(nats_server.url) as worker:
        here = LocalExecutor([SETUP])
        both = CompositeExecutor(here, NatsExecutor(Access(nats_server.url), FAST))
        await both.start()
        await until(lambda: both.capacity == 2)
        script = Script(steps=20, step_seconds=0.02)
        orders = [order_for(script) for _ in range(4)]
        async with asyncio.timeout(120):
            outcomes = await asyncio.gather(*(both.paint(o, lambda _: None) for o in orders))
        assert all(order.result.exists() for order in orders)
        painters = {outcome.weights for outcome in outcomes}
        assert painters == {f"process {pid}" for pid in (*here.pids, *worker.pids)}
        await both.close()
