"""Messages that come twice or too late: each order has one result."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from dataclasses import asdict, replace

import nats
import pytest
from nats.aio.msg import Msg
from PIL import Image

from bot.errors import CannotPaint, ExecutorLost
from bot.executors.contract import PaintOrder, PaintProgress
from bot.executors.nats import wire
from bot.executors.nats.executor import NatsExecutor
from bot.executors.nats.objects import Objects
from bot.executors.nats.receiver import MOST_LOST
from bot.executors.nats.sealing import seal
from bot.executors.nats.worker import MOST_DELIVERIES
from engine.request import PaintOutcome
from tests.bot.executors.clockwork import Script
from tests.bot.executors.conftest import MakeOrder, nats_executor, until, working
from tests.bot.executors.nats_server import NatsServer
from tests.bot.outcomes import OUTCOME


class ManualWorker:
    """A worker that takes and answers orders when the test says so."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def __aenter__(self) -> "ManualWorker":
        self.client = await nats.connect(self._url)
        self.streams = self.client.jetstream()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.client.close()

    async def take(self) -> tuple[wire.Order, Msg]:
        """Take the next order, as soon as there is one."""
        orders = await self.streams.pull_subscribe_bind(wire.ORDERS, wire.ORDERS)
        message = (await orders.fetch(1, timeout=120))[0]
        return wire.decode(wire.Order, message.data), message

    async def upload(self, order: wire.Order, worker: str, shade: int, size: int = 0) -> None:
        """Store a grey painting of at least `size` bytes, as a worker of that name."""
        objects = Objects(self.streams, wire.PICTURES)
        name = wire.result_name(order.key, worker)
        picture = picture_of(shade).ljust(size)
        await objects.write(name, [seal(order.secret_bytes, f"{name} 0", picture)])

    async def say(self, order: wire.Order, worker: str, step: int | None = None) -> None:
        """Report that a worker of that name has taken an order, or has done a step of many."""
        progress = None
        if step is not None:
            progress = PaintProgress(order.job_id, step, 99, 1.0, 1.0, 0.0, 1.0, 1.0)
        said = wire.encode(wire.ProgressReport(order.key, worker, progress))
        await self.client.publish(wire.progress_of(order, worker), said)

    async def leave(self, worker: str) -> None:
        """Send the heartbeat of a worker that leaves."""
        heartbeat = wire.WorkerHeartbeat(worker, (), (), 0, (), None)
        await self.client.publish(f"{wire.WORKER}.{worker}", wire.encode(heartbeat))

    async def checkpoint(self, order: wire.Order) -> None:
        """Store a checkpoint of an order's job."""
        objects = Objects(self.streams, wire.PICTURES)
        name = wire.checkpoint_of(order.job_id)
        await objects.write(name, [seal(order.secret_bytes, f"{name} 0", b"checkpoint")])

    async def report(self, outcome: wire.Outcome, name: str = "") -> None:
        """Say how an order ended; with another name it is another message to the server."""
        headers = {wire.MESSAGE_ID: name or f"{outcome.key}/{outcome.worker}"}
        subject = f"{wire.OUTCOME}.{outcome.worker}"
        await self.streams.publish(subject, wire.encode(outcome), headers=headers)

    async def stored(self) -> int:
        """Count the messages that objects are made of."""
        return (await self.streams.stream_info(f"OBJ_{wire.PICTURES}")).state.messages

    async def orders(self) -> int:
        """Count the orders that the server has."""
        return (await self.streams.stream_info(wire.ORDERS)).state.messages


def picture_of(shade: int) -> bytes:
    """Paint a PNG of one shade of grey."""
    buffer = io.BytesIO()
    Image.new("L", (4, 4), shade).save(buffer, "PNG")
    return buffer.getvalue()


def shade_of(order: PaintOrder) -> object:
    """Say which painting was received."""
    with Image.open(order.result) as picture:
        return picture.getpixel((0, 0))


def painted(order: wire.Order, worker: str) -> wire.Outcome:
    """Say that a worker has painted an order."""
    outcome = replace(OUTCOME, device=worker)
    return wire.Outcome(order.key, worker, "painted", painted=outcome)


class Site:
    """A bot's executor and a manual worker."""

    def __init__(self, executor: NatsExecutor, hand: ManualWorker) -> None:
        self.executor = executor
        self.worker = hand

    def paint(self, order: PaintOrder) -> asyncio.Task[PaintOutcome]:
        """Have an order painted."""
        return asyncio.create_task(self.executor.paint(order, lambda _: None))

    async def next_is_well(self, order: PaintOrder) -> None:
        """Paint another order; what was said before it has been heard by then."""
        painting = self.paint(order)
        taken, message = await self.worker.take()
        await self.worker.upload(taken, "next", 77)
        await self.worker.report(painted(taken, "next"))
        await message.ack()
        async with asyncio.timeout(120):
            assert (await painting).device == "next"
        assert shade_of(order) == 77


@pytest.fixture
async def site(nats_server: NatsServer) -> AsyncIterator[Site]:
    """A server, a bot's executor and a manual worker."""
    async with ManualWorker(nats_server.url) as worker, nats_executor(nats_server.url) as executor:
        await until(lambda: executor.fault == "no worker is connected")
        yield Site(executor, worker)


async def test_a_result_that_is_published_twice(site: Site, order_for: MakeOrder) -> None:
    """A worker repeats a report that was not acknowledged: one result."""
    order = order_for(Script())
    painting = site.paint(order)
    taken, message = await site.worker.take()
    await site.worker.upload(taken, "a", 10)
    await site.worker.report(painted(taken, "a"))
    await site.worker.report(painted(taken, "a"))  # dropped by the server
    await site.worker.report(painted(taken, "a"), "by another name")  # dropped by the bot
    await message.ack()
    assert (await painting).device == "a"
    assert shade_of(order) == 10
    order.result.unlink()
    await site.next_is_well(order_for(Script()))
    assert not order.result.exists()


async def test_a_worker_whose_lease_ran_out_is_late(site: Site, order_for: MakeOrder) -> None:
    """Another took its order and ended it first: that counts, what the late one left is removed."""
    order = order_for(Script())
    painting = site.paint(order)
    taken, late = await site.worker.take()
    again, message = await site.worker.take()  # as soon as the lease is over
    assert again == taken
    assert message.metadata.num_delivered == 2
    await site.worker.upload(taken, "quick", 20)
    await site.worker.report(painted(taken, "quick"))
    await message.ack()
    assert (await painting).device == "quick"
    await site.worker.checkpoint(taken)
    await site.worker.upload(taken, "late", 30)
    await site.worker.report(painted(taken, "late"))
    await late.ack()
    await site.next_is_well(order_for(Script()))
    assert shade_of(order) == 20
    async with asyncio.timeout(120):
        while await site.worker.stored():  # noqa: ASYNC110 - what is waited for is no event
            await asyncio.sleep(0.05)


async def test_a_late_worker_that_is_first_all_the_same(site: Site, order_for: MakeOrder) -> None:
    """The first report counts, and a later one changes nothing."""
    order = order_for(Script())
    painting = site.paint(order)
    taken, late = await site.worker.take()
    _, message = await site.worker.take()
    for worker, shade in (("late", 30), ("quick", 20)):
        await site.worker.upload(taken, worker, shade)
    await site.worker.report(painted(taken, "late"))
    await site.worker.report(wire.Outcome(taken.key, "quick", "lost", "its engine died"))
    await late.ack()
    await message.ack()
    assert (await painting).device == "late"
    assert shade_of(order) == 30
    await site.next_is_well(order_for(Script()))


async def test_an_acknowledged_order_is_not_given_out_again(
    site: Site, order_for: MakeOrder
) -> None:
    """An acknowledged order is not redelivered, even if the lease was over before."""
    painting = site.paint(order_for(Script()))
    taken, late = await site.worker.take()
    _, message = await site.worker.take()
    await site.worker.report(wire.Outcome(taken.key, "a", "failed", "It cannot be painted."))
    await message.ack_sync()
    await late.ack()
    with pytest.raises(CannotPaint, match="It cannot be painted"):
        await painting
    # the server handles this question after both; what it has deleted it cannot give out
    assert await site.worker.orders() == 0


async def test_progress_of_two_workers(
    site: Site, order_for: MakeOrder, caplog: pytest.LogCaptureFixture
) -> None:
    """Where two paint one order, the steps that are told never go back, and are of its job."""
    heard: list[int] = []
    order = order_for(Script())
    painting = asyncio.create_task(
        site.executor.paint(order, lambda progress: heard.append(progress.step))
    )
    taken, message = await site.worker.take()
    job_id, another = order.job_id, order.job_id + 1
    for worker, step, job in (
        ("a", 1, job_id),
        ("b", 1, job_id),
        ("b", 2, another),
        ("a", 5, job_id),
        ("b", 3, job_id),
        ("b", 6, job_id),
        ("a", 6, job_id),
    ):
        progress = PaintProgress(job, step, 9, 1.0, 1.0, 0.0, 1.0, 1.0)
        said = wire.encode(wire.ProgressReport(taken.key, worker, progress))
        await site.worker.client.publish(wire.progress_of(taken, worker), said)
    await until(lambda: len(heard) >= 3)
    await site.worker.upload(taken, "a", 10)
    await site.worker.report(painted(taken, "a"))
    await message.ack()
    await painting
    assert heard == [1, 5, 6]
    assert f"is no report on it, but of b on job {another}" in caplog.text


async def test_a_painting_that_the_server_lost(site: Site, order_for: MakeOrder) -> None:
    """An order is lost when its result was reported and the picture is missing."""
    painting = site.paint(order_for(Script()))
    taken, message = await site.worker.take()
    await site.worker.report(painted(taken, "a"))
    await message.ack()
    with pytest.raises(ExecutorLost, match="is missing on the NATS server"):
        await painting


async def test_an_object_without_its_chunks(site: Site, order_for: MakeOrder) -> None:
    """A picture of which only the name is left, as a cut in the midst leaves it, is not there."""
    painting = site.paint(order_for(Script()))
    taken, message = await site.worker.take()
    await site.worker.upload(taken, "a", 10)
    await site.worker.streams.purge_stream(f"OBJ_{wire.PICTURES}", subject="$O.*.C.>")
    await site.worker.report(painted(taken, "a"))
    await message.ack()
    with pytest.raises(ExecutorLost, match="is missing on the NATS server"):
        await asyncio.wait_for(painting, 120)


async def test_outcomes_that_cannot_be_read(site: Site, order_for: MakeOrder) -> None:
    """Nonsense among the outcomes is dropped, and the next one is heard."""
    for nonsense in (b"{", b"[]", b'{"key": 1}', b"\xff"):
        await site.worker.streams.publish(f"{wire.OUTCOME}.a", nonsense)
    await site.next_is_well(order_for(Script()))
    state = (await site.worker.streams.stream_info(wire.OUTCOMES)).state
    assert state.messages == 0


@pytest.mark.parametrize(
    "odd", [{"painted": "yes"}, {"painted": {"width": "wide"}}, {"sentence": None}, {"how": []}]
)
async def test_an_outcome_of_another_version(
    site: Site, order_for: MakeOrder, odd: dict[str, object]
) -> None:
    """An unreadable outcome ends its order as lost, so that its job does not wait for ever."""
    painting = site.paint(order_for(Script()))
    taken, message = await site.worker.take()
    outcome = wire.Outcome(taken.key, "a", "lost")
    headers = {"Nats-Msg-Id": f"{taken.key}/a"}
    said = json.dumps(asdict(outcome) | odd).encode()
    await site.worker.streams.publish(f"{wire.OUTCOME}.a", said, headers=headers)
    await message.ack()
    with pytest.raises(ExecutorLost):
        await asyncio.wait_for(painting, 120)
    await site.next_is_well(order_for(Script()))


async def test_an_order_that_costs_every_worker(
    site: Site, nats_server: NatsServer, order_for: MakeOrder
) -> None:
    """An order that five workers took and did not end is lost at the sixth: its job goes on."""
    painting = site.paint(order_for(Script()))
    for number in range(MOST_LOST):
        taken, message = await site.worker.take()
        await site.worker.say(taken, f"gpu.{number}")
        await message.nak()
    async with working(nats_server.url):
        with pytest.raises(ExecutorLost, match="5 workers were lost with it"):
            await asyncio.wait_for(painting, 120)
    async with asyncio.timeout(120):
        while await site.worker.orders():  # noqa: ASYNC110 - what is waited for is no event
            await asyncio.sleep(0.05)


async def test_an_order_that_costs_no_worker(
    site: Site, nats_server: NatsServer, order_for: MakeOrder
) -> None:
    """It may be handed back by workers that leave, and refused by idle ones, as often as it is."""
    steps: asyncio.Queue[int] = asyncio.Queue()
    order = order_for(Script())
    painting = asyncio.create_task(
        site.executor.paint(order, lambda progress: steps.put_nowait(progress.step))
    )
    for number in range(MOST_LOST + 2):
        taken, message = await site.worker.take()
        worker = f"gpu.{number}"
        await site.worker.say(taken, worker)
        await site.worker.say(taken, worker, number + 1)
        assert await asyncio.wait_for(steps.get(), 120) == number + 1
        await site.worker.leave(worker)
        await message.nak()
    for _ in range(MOST_DELIVERIES):  # as a worker does that lacks the preset
        _, message = await site.worker.take()
        await message.nak()
    async with working(nats_server.url):
        assert (await asyncio.wait_for(painting, 120)).device == "clockwork"
