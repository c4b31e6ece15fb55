"""Executors to test, and orders for them."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.executors.contract import PaintOrder
from bot.executors.engine_process import EngineSetup
from bot.executors.local import LocalExecutor
from bot.executors.nats import wire
from bot.executors.nats.access import Access
from bot.executors.nats.executor import NatsExecutor
from bot.executors.nats.worker import Worker
from bot.executors.process_handle import Timeouts
from engine.request import PaintSettings
from tests.bot.executors.clockwork import Script
from tests.bot.executors.nats_server import NatsServer

SETUP = EngineSetup(
    painter="tests.bot.executors.clockwork:load",
    progress_seconds=0.02,
    preview_seconds=0.2,
    alive_seconds=0.1,
)
# For tests that wait for one of them. All others have the defaults: on a busy machine an engine
# process may be silent for seconds.
SHORT_TIMEOUTS = Timeouts(silence=2.5, cancel=1.0)

MakeOrder = Callable[[Script], PaintOrder]


@pytest.fixture
def order_for(tmp_path: Path) -> MakeOrder:
    """Make an order that a clockwork painter paints by a script."""
    numbers = itertools.count(1)

    def make(script: Script) -> PaintOrder:
        job_id = next(numbers)
        folder = tmp_path / str(job_id)
        folder.mkdir()
        content = folder / "content"
        content.write_bytes(script.bytes())
        return PaintOrder(
            job_id=job_id,
            settings=PaintSettings(),
            content=content,
            styles=(content,),
            result=folder / "result.png",
        )

    return make


# As fast as a loopback server allows; a lease is long enough for a busy machine.
FAST = wire.NatsTiming(
    beat=0.1,
    silence=1.0,
    lease=1.5,
    poll=0.2,
    upload=0.02,
    retry=0.1,
    ping=0.5,
    connect=2.0,
    cancel=3.0,
    reports=1000.0,
    clean_up=30.0,
)


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A NATS server of the test's own."""
    server = NatsServer(tmp_path / "nats").start()
    yield server
    server.kill()


@asynccontextmanager
async def working(
    url: str,
    ca_file: Path | None = None,
    timeouts: Timeouts | None = None,
    setups: Sequence[EngineSetup] = (SETUP,),
    timing: wire.NatsTiming = FAST,
) -> AsyncIterator[Worker]:
    """Run a worker in this process, clockwork in its engine processes."""
    worker = Worker(Access(url, ca_file=ca_file), setups, "worker", timing, timeouts)
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        await worker.leave(0.0)
        await asyncio.wait_for(running, 120)


async def until(condition: Callable[[], object], within: float = 120.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - what is waited for is no event
            await asyncio.sleep(0.01)


@pytest.fixture
async def executor() -> AsyncIterator[LocalExecutor]:
    """One engine process, clockwork inside."""
    executor = LocalExecutor([SETUP])
    await executor.start()
    yield executor
    await executor.close()


@asynccontextmanager
async def nats_executor(
    url: str, ca_file: Path | None = None, timing: wire.NatsTiming = FAST
) -> AsyncIterator[NatsExecutor]:
    """Run an executor on a NATS server, without workers yet."""
    executor = NatsExecutor(Access(url, ca_file=ca_file), timing)
    await executor.start()
    try:
        yield executor
    finally:
        await executor.close()
