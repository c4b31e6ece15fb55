"""Workers in processes of their own behind a real NATS server, that die, come and go."""

import asyncio
import itertools
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import nats
import pytest
from nats.js.errors import DigestMismatchError, NotFoundError

from bot.errors import PaintingCancelled
from bot.executors.contract import PaintOrder, PaintProgress
from bot.executors.nats import wire
from bot.executors.nats.access import Access
from bot.executors.nats.executor import NatsExecutor
from bot.executors.nats.objects import Objects
from bot.executors.nats.sealing import unseal
from engine.request import PaintSettings
from tests.bot.executors.clockwork import Script
from tests.bot.executors.conftest import FAST, nats_executor, until
from tests.bot.executors.nats_server import NatsServer

WORKER = """
import asyncio, signal, sys
from bot.executors.nats.access import Access
from bot.executors.nats.worker import Worker
from tests.bot.executors.conftest import FAST, SETUP

async def main():
    worker = Worker(Access(sys.argv[1]), [SETUP], "w", FAST)
    running = asyncio.create_task(worker.run())
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    await asked.wait()
    await worker.leave(float(sys.argv[2]))
    await running

if __name__ == "__main__":
    asyncio.run(main())
"""


class Site:
    """A NATS server, a bot's executor, and workers that a test starts and kills."""

    def __init__(self, folder: Path, server: NatsServer, executor: NatsExecutor) -> None:
        self.folder = folder
        self.server = server
        self.executor = executor
        self.workers: list[subprocess.Popen[bytes]] = []
        self._numbers = itertools.count(1)
        (folder / "worker.py").write_text(WORKER)

    def add_worker(self, grace: float = 5.0) -> subprocess.Popen[bytes]:
        """Start a worker in a process of its own."""
        worker = subprocess.Popen(
            [sys.executable, str(self.folder / "worker.py"), self.server.url, str(grace)],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
            stderr=subprocess.DEVNULL,
        )
        self.workers.append(worker)
        return worker

    def order(self, script: Script) -> PaintOrder:
        """Make an order that is painted by a script."""
        job_id = next(self._numbers)
        folder = self.folder / str(job_id)
        folder.mkdir()
        (folder / "content").write_bytes(script.bytes())
        content = folder / "content"
        result = folder / "result.png"
        return PaintOrder(job_id, PaintSettings(), content, (content,), result)

    def end(self) -> None:
        """Kill what is left."""
        for worker in self.workers:
            worker.kill()
            worker.wait()
        self.server.kill()


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A server and an executor; no worker yet."""
    server = NatsServer(tmp_path / "nats").start()
    async with nats_executor(server.url) as executor:
        site = Site(tmp_path, server, executor)
        yield site
    site.end()


@pytest.mark.slow
async def test_sixty_jobs_through_deaths_and_a_restart(site: Site) -> None:
    """Workers are killed and added, the server restarts: each of 60 jobs is painted once."""
    chance = random.Random(7)
    workers = [site.add_worker() for _ in range(3)]
    await until(lambda: site.executor.capacity == 3)
    room = asyncio.Semaphore(3)
    ended: Counter[int] = Counter()

    async def paint(order: PaintOrder) -> None:
        async with room:
            await site.executor.paint(order, lambda _: None)
        assert order.result.exists()
        ended[order.job_id] += 1

    script = Script(steps=8, step_seconds=0.02)
    paintings = [asyncio.create_task(paint(site.order(script))) for _ in range(60)]
    for deaths in range(3):
        enough = 10 * (deaths + 1)
        await until(lambda: len(ended) >= enough)  # noqa: B023 - awaited
        victim = workers.pop(chance.randrange(len(workers)))
        victim.kill()
        workers.append(site.add_worker())
        if deaths == 1:
            site.server.kill()
            site.server.start()
    async with asyncio.timeout(120):
        await asyncio.gather(*paintings)
    assert ended == dict.fromkeys(range(1, 61), 1)


@pytest.mark.slow
async def test_a_successor_goes_on_where_the_dead_one_was(site: Site, tmp_path: Path) -> None:
    """After kill -9 of a worker another one begins after the last step that the server knows of."""
    first = site.add_worker()
    await until(lambda: site.executor.capacity == 1)
    go_on = tmp_path / "go on"
    order = site.order(Script(steps=60, step_seconds=0.01, wait_for=str(go_on)))
    painting = asyncio.create_task(site.executor.paint(order, lambda _: None))
    async with asyncio.timeout(120):
        while await step_kept(site) < 30:  # noqa: ASYNC110 - by what the server has
            await asyncio.sleep(0.05)
    first.kill()
    go_on.touch()
    site.add_worker()
    async with asyncio.timeout(120):
        outcome = await painting
    assert outcome.curve[0][0] == 31
    assert outcome.steps == 60


async def step_kept(site: Site) -> int:
    """Read from the server how far the only order is; 0 while there is no checkpoint of it."""
    orders = [attempt.message for attempt in site.executor._attempts.values()]
    name = wire.checkpoint_of(1)
    client = await nats.connect(site.server.url)
    try:
        (data,) = await Objects(client.jetstream(), wire.PICTURES).read(name)
        return int(unseal(orders[0].secret_bytes, f"{name} 0", data))
    except (NotFoundError, DigestMismatchError):
        return 0
    finally:
        await client.close()


@pytest.mark.slow
async def test_a_worker_that_is_asked_to_leave_hands_its_job_back(site: Site) -> None:
    """On SIGTERM a worker stops taking orders, and another goes on with what it painted."""
    leaving = site.add_worker(grace=0.0)
    await until(lambda: site.executor.capacity == 1)
    heard: list[PaintProgress] = []
    order = site.order(Script(steps=100, step_seconds=0.02))
    painting = asyncio.create_task(site.executor.paint(order, heard.append))
    await until(lambda: heard and heard[-1].step >= 20)
    site.add_worker()
    leaving.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(leaving.wait, 120) == 0
    async with asyncio.timeout(120):
        await painting


async def test_without_a_server_or_workers_jobs_wait(tmp_path: Path) -> None:
    """The bot starts without its server, says what is missing, and paints when all is there."""
    server = NatsServer(tmp_path / "nats")
    async with nats_executor(server.url) as executor:
        site = Site(tmp_path, server, executor)
        try:
            assert "cannot be reached" in (executor.fault or "")
            assert executor.capacity == 0
            server.start()
            await until(lambda: executor.fault == "no worker is connected")
            site.add_worker()
            await until(lambda: executor.fault is None)
            server.kill()
            await until(lambda: "cannot be reached" in (executor.fault or ""))
            painting = asyncio.create_task(executor.paint(site.order(Script()), lambda _: None))
            server.start()
            async with asyncio.timeout(120):
                await painting
        finally:
            await executor.close()  # before its server: it removes what the painting has left
            site.end()


@pytest.mark.slow
async def test_a_worker_that_wakes_late_delivers_nothing_twice(site: Site) -> None:
    """A worker that froze until its lease had lapsed ends a job that another has ended: dropped."""
    frozen = site.add_worker()
    await until(lambda: site.executor.capacity == 1)
    begun = asyncio.Event()
    order = site.order(Script(steps=20, step_seconds=0.03))
    painting = asyncio.create_task(site.executor.paint(order, lambda _: begun.set()))
    await begun.wait()
    frozen.send_signal(signal.SIGSTOP)
    site.add_worker()
    async with asyncio.timeout(120):
        await painting
    order.result.unlink()
    frozen.send_signal(signal.SIGCONT)
    again = site.order(Script(steps=20, step_seconds=0.03))
    async with asyncio.timeout(120):
        await site.executor.paint(again, lambda _: None)
    await until(lambda: site.executor.capacity == 2)
    assert again.result.exists()
    assert not order.result.exists()


async def test_a_token_is_asked_for(tmp_path: Path) -> None:
    """A NATS server with a token admits clients that have it; others say so and try again."""
    server = NatsServer(tmp_path / "nats", 'authorization { token: "s3cret" }').start()
    try:
        stranger = NatsExecutor(Access(server.url, "wrong"), FAST)
        friend = NatsExecutor(Access(server.url, "s3cret"), FAST)
        await stranger.start()
        await friend.start()
        await until(lambda: friend.fault == "no worker is connected")
        await until(lambda: "does not accept the token" in (stranger.fault or ""))
        await friend.close()
        server.kill()
        server.config.write_text(server.config.read_text().replace("s3cret", "wrong"))
        server.start()
        await until(lambda: stranger.fault == "no worker is connected")
        await stranger.close()
    finally:
        server.kill()


async def test_a_job_cancelled_before_anyone_took_it(site: Site) -> None:
    """With no worker there a cancel ends the job at once."""
    order = site.order(Script())
    painting = asyncio.create_task(site.executor.paint(order, lambda _: None))
    await asyncio.sleep(0.2)
    await site.executor.cancel(order.job_id)
    with pytest.raises(PaintingCancelled):
        await asyncio.wait_for(painting, 120)
