"""While a NATS server's store is full, paintings wait; none is lost or painted twice."""

import asyncio
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import nats
import pytest
from nats.js import JetStreamContext
from nats.js.errors import APIError

from bot.executors.contract import PaintOrder, PaintProgress
from bot.executors.nats.executor import NatsExecutor
from tests.bot.executors.clockwork import Script
from tests.bot.executors.conftest import MakeOrder, nats_executor, until, working
from tests.bot.executors.nats_server import NatsServer

SCRIPT = Script(steps=40, step_seconds=0.02)
SOON = 120.0  # seconds; a busy machine's


@pytest.fixture
def small_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A server that may store 4 MB."""
    server = NatsServer(tmp_path / "nats", store="max_file_store: 4MB").start()
    yield server
    server.kill()


async def fill(streams: JetStreamContext) -> None:
    """Fill the store with messages of another application."""
    await streams.add_stream(name="FILLER", subjects=["filler"])
    for size in (65_536, 64):
        with suppress(APIError):
            while True:
                await streams.publish("filler", bytes(size))


async def paint_all(executor: NatsExecutor, orders: list[PaintOrder]) -> Counter[int]:
    """Paint orders at once; count how often each ended with its picture."""
    ended: Counter[int] = Counter()

    async def paint(order: PaintOrder) -> None:
        await executor.paint(order, lambda _: None)
        ended[order.job_id] += order.result.exists()

    await asyncio.gather(*(paint(order) for order in orders))
    return ended


async def test_orders_wait_for_room(small_server: NatsServer, order_for: MakeOrder) -> None:
    """Orders that come while the store is full are painted once there is room, each once."""
    client = await nats.connect(small_server.url)
    streams = client.jetstream()
    async with working(small_server.url), nats_executor(small_server.url) as executor:
        await until(lambda: executor.capacity)
        await fill(streams)
        orders = [order_for(Script()) for _ in range(3)]
        painting = asyncio.create_task(paint_all(executor, orders))
        await until(lambda: "stores nothing (insufficient resources)" in (executor.fault or ""))
        assert executor.capacity == 0
        assert executor.seconds(orders[0]) == float("inf")
        await streams.purge_stream("FILLER")
        async with asyncio.timeout(SOON):
            ended = await painting
        assert ended == {1: 1, 2: 1, 3: 1}
        await until(lambda: executor.fault is None and executor.capacity == 1)
    await client.close()


async def test_a_painting_under_way_waits_for_room(
    small_server: NatsServer, order_for: MakeOrder, tmp_path: Path
) -> None:
    """What is painted while the store fills up is delivered once there is room, painted once."""
    client = await nats.connect(small_server.url)
    streams = client.jetstream()
    heard: list[PaintProgress] = []
    go_on = tmp_path / "go on"
    order = order_for(Script(steps=40, wait_for=str(go_on)))
    async with working(small_server.url), nats_executor(small_server.url) as executor:
        painting = asyncio.create_task(executor.paint(order, heard.append))
        await until(lambda: heard)
        await fill(streams)
        go_on.touch()
        await until(lambda: heard[-1].step == 40)
        assert not painting.done()
        await streams.purge_stream("FILLER")
        async with asyncio.timeout(SOON):
            await painting
        await executor.paint(order_for(Script()), lambda _: None)
    await client.close()
    steps = [progress.step for progress in heard]
    assert steps == sorted(set(steps))
    assert order.result.exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MB; skips where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.slow
async def test_a_full_disk(small_disk: Path, order_for: MakeOrder) -> None:
    """A server that met a full disk is said to need a restart, and after it painting goes on."""
    server = NatsServer(small_disk / "nats").start()
    filler = small_disk / "filler"
    try:
        async with working(server.url), nats_executor(server.url) as executor:
            begun = asyncio.Event()
            under_way = order_for(SCRIPT)
            late = asyncio.create_task(executor.paint(under_way, lambda _: begun.set()))
            await begun.wait()
            with filler.open("wb", buffering=0) as file, suppress(OSError):
                while file.write(bytes(4096)) == 4096:
                    pass
            waiting = [order_for(Script()) for _ in range(3)]
            rest = asyncio.create_task(paint_all(executor, waiting))
            await until(lambda: "no space left on device; once" in (executor.fault or ""))
            filler.unlink()
            server.kill()
            server.start()
            async with asyncio.timeout(SOON):
                await late
                assert await rest == {2: 1, 3: 1, 4: 1}
            assert under_way.result.exists()
    finally:
        server.kill()
