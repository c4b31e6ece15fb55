"""Delays, stalls and broken connections between bot, server and workers: each order ends once."""

import asyncio
import os
import random
import re
import subprocess
import sys
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import nats
import pytest
from nats.js.api import AckPolicy, RetentionPolicy

from bot.executors.contract import PaintOrder, PaintProgress
from bot.executors.nats import wire
from bot.executors.nats.executor import NatsExecutor
from engine.request import PaintSettings
from tests.bot.executors.clockwork import Script
from tests.bot.executors.conftest import MakeOrder, nats_executor, until, working
from tests.bot.executors.nats_server import NatsServer
from tests.bot.executors.proxy import bad_network

pytestmark = pytest.mark.slow

SOON = 120.0  # seconds; a busy machine's

# 4 Mbit/s with room for six packets: what comes faster is dropped, and TCP sends it again
NARROW = """
ip link set lo mtu 1500 up && tc qdisc add dev lo root tbf rate 4mbit burst 6kb limit 9kb || exit 77
"$@" && tc -s qdisc show dev lo
"""
ON_A_NARROW_LINK = """
import asyncio, sys
from pathlib import Path
from tests.bot.executors.test_nats_network import paint_on_a_link_of_its_own

if __name__ == "__main__":
    asyncio.run(paint_on_a_link_of_its_own(Path(sys.argv[1])))
"""


async def paint_all(executor: NatsExecutor, orders: list[PaintOrder]) -> Counter[int]:
    """Paint orders at once; count how often each ended with its picture."""
    ended: Counter[int] = Counter()

    async def paint(order: PaintOrder) -> None:
        await executor.paint(order, lambda _: None)
        ended[order.job_id] += order.result.exists()

    async with asyncio.timeout(SOON):
        await asyncio.gather(*(paint(order) for order in orders))
    return ended


def with_large_content(order: PaintOrder, script: Script, size: int) -> PaintOrder:
    """Make an order's content some bytes long."""
    order.content.write_bytes(script.bytes().ljust(size))
    return replace(order, styles=())


async def test_a_slow_network(nats_server: NatsServer, order_for: MakeOrder) -> None:
    """With 10 to 30 ms for each 16 KiB, orders take longer and that is all."""
    async with bad_network(nats_server.port) as network:
        network.delay = (0.01, 0.03)
        async with working(network.url), nats_executor(network.url) as executor:
            await until(lambda: executor.capacity)
            heard: list[PaintProgress] = []
            order = with_large_content(order_for(Script()), Script(steps=30), 150_000)
            await executor.paint(order, heard.append)
            assert await paint_all(executor, [order_for(Script()) for _ in range(3)]) == {
                2: 1,
                3: 1,
                4: 1,
            }
    steps = [progress.step for progress in heard]
    assert steps == sorted(set(steps))
    assert order.result.exists()


async def test_connections_that_break(nats_server: NatsServer, order_for: MakeOrder) -> None:
    """While connections of the bot and two workers break at random, ten orders end once each."""
    chance = random.Random(3)
    async with AsyncExitStack() as stack:
        networks = [await stack.enter_async_context(bad_network(nats_server.port)) for _ in "123"]
        for network in networks[:2]:
            await stack.enter_async_context(working(network.url))
        executor = await stack.enter_async_context(nats_executor(networks[2].url))
        await until(lambda: executor.capacity == 2)
        orders = [order_for(Script(steps=10, step_seconds=0.03)) for _ in range(10)]
        painting = asyncio.create_task(paint_all(executor, orders))
        while not painting.done() and sum(network.connections for network in networks) < 25:
            chance.choice(networks).cut()
            await asyncio.wait({painting}, timeout=chance.uniform(0.05, 0.4))
        assert await painting == {order.job_id: 1 for order in orders}
        assert sum(network.connections for network in networks) > 5


async def test_a_worker_whose_connection_stalls(
    nats_server: NatsServer, order_for: MakeOrder, tmp_path: Path
) -> None:
    """A worker notices that its connection is dead, takes a new one, and its painting counts."""
    heard: list[PaintProgress] = []
    go_on = tmp_path / "go on"
    order = order_for(Script(steps=40, step_seconds=0.02, wait_for=str(go_on)))
    async with (
        bad_network(nats_server.port) as network,
        working(network.url),
        nats_executor(nats_server.url) as executor,
    ):
        painting = asyncio.create_task(executor.paint(order, heard.append))
        await until(lambda: heard)
        network.stall()
        go_on.touch()
        async with asyncio.timeout(SOON):
            await painting
        assert network.connections >= 2
        assert await paint_all(executor, [order_for(Script())]) == {2: 1}
    steps = [progress.step for progress in heard]
    assert steps == sorted(set(steps))
    assert order.result.exists()


async def test_a_bot_whose_connection_stalls(nats_server: NatsServer, order_for: MakeOrder) -> None:
    """When the bot's uploads stall, they are repeated on a new connection."""
    async with (
        working(nats_server.url),
        bad_network(nats_server.port) as network,
        nats_executor(network.url) as executor,
    ):
        await until(lambda: executor.capacity)
        network.delay = (0.01, 0.01)
        orders = [with_large_content(order_for(Script()), Script(), 3_000_000) for _ in range(4)]
        painting = asyncio.create_task(paint_all(executor, orders))
        await asyncio.sleep(0.2)  # some of it is under way
        network.stall()
        network.delay = (0.0, 0.0)
        assert await painting == {order.job_id: 1 for order in orders}
        assert network.connections >= 2


async def paint_on_a_link_of_its_own(folder: Path) -> None:
    """Paint four orders with 200 kB of content each; fail unless each ends once."""
    server = NatsServer(folder / "nats").start()
    orders = []
    for number in range(4):
        content = folder / f"content-{number}"
        content.write_bytes(Script(steps=10, step_seconds=0.02).bytes().ljust(200_000))
        result = folder / f"{number}.png"
        orders.append(PaintOrder(number, PaintSettings(), content, (), result))
    try:
        async with (
            working(server.url),
            working(server.url),
            nats_executor(server.url) as executor,
        ):
            await until(lambda: executor.capacity == 2)
            assert await paint_all(executor, orders) == {order.job_id: 1 for order in orders}
    finally:
        server.kill()


def test_a_link_that_drops_packets(tmp_path: Path) -> None:
    """On a narrow link of the kernel's, where packets are lost, each order ends once."""
    script = tmp_path / "narrow.py"
    script.write_text(ON_A_NARROW_LINK)
    inside = [sys.executable, str(script), str(tmp_path)]
    try:
        ended = subprocess.run(
            ["unshare", "--net", "sh", "-c", NARROW, "sh", *inside],
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * SOON,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        )
    except FileNotFoundError:
        pytest.skip("there is no unshare")
    if ended.returncode == 77 or "unshare failed" in ended.stderr:
        pytest.skip("no network of its own can be made here")
    assert ended.returncode == 0, ended.stderr
    dropped = re.search(r"dropped (\d+)", ended.stdout)
    assert dropped is not None
    assert int(dropped[1]) > 0


async def test_streams_of_an_older_version(nats_server: NatsServer, order_for: MakeOrder) -> None:
    """Streams that were made for other subjects are brought up to date: orders are painted."""
    older = await nats.connect(nats_server.url)
    await older.jetstream().add_stream(
        name=wire.OUTCOMES, subjects=[wire.OUTCOME], retention=RetentionPolicy.WORK_QUEUE
    )
    await older.jetstream().add_consumer(
        wire.OUTCOMES,
        durable_name=wire.OUTCOMES,
        ack_policy=AckPolicy.EXPLICIT,
        filter_subject=wire.OUTCOME,
    )
    await older.close()
    async with nats_executor(nats_server.url) as executor, working(nats_server.url):
        async with asyncio.timeout(SOON):
            assert (await executor.paint(order_for(Script()), lambda _: None)).steps > 0
