"""A worker with the real engine goes on with what another one was killed at."""

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nats
import numpy as np
import pytest
from nats.aio.msg import Msg
from PIL import Image

from bot.executors.contract import PaintOrder
from bot.executors.engine_process import EngineSetup
from bot.executors.local import LocalExecutor
from bot.executors.nats import wire
from engine.request import PaintOutcome, PaintSettings
from tests.bot.executors.conftest import nats_executor, until
from tests.bot.executors.nats_server import NatsServer

pytestmark = pytest.mark.slow

SETUP = EngineSetup(weights="bundled", device="cpu", precision="fp32", progress_seconds=0.0)
WORKER = """
import asyncio, sys
from bot.executors.nats.access import Access
from bot.executors.nats.worker import Worker
from tests.bot.executors.conftest import FAST
from tests.bot.executors.test_nats_real_engine import SETUP

if __name__ == "__main__":
    asyncio.run(Worker(Access(sys.argv[1]), [SETUP], "w", FAST).run())
"""
STEPS = 100
KILLED_AFTER = 40


def make_order(folder: Path) -> PaintOrder:
    """Order a gradient in the style of stripes, 48 pixels wide."""
    content, style = folder / "content", folder / "style"
    Image.linear_gradient("L").convert("RGB").resize((96, 64)).save(content, "PNG")
    stripes = Image.new("RGB", (64, 64), "navy")
    stripes.paste("gold", (0, 16, 64, 32))
    stripes.save(style, "PNG")
    settings = PaintSettings(size=48, steps=STEPS)
    return PaintOrder(1, settings, content, (style,), folder / "result.png")


def add_worker(folder: Path, url: str) -> subprocess.Popen[bytes]:
    """Start a worker in a process of its own."""
    script = folder / "worker.py"
    script.write_text(WORKER)
    root = Path(__file__).parents[3]
    return subprocess.Popen(
        [sys.executable, str(script), url],
        env=os.environ | {"PYTHONPATH": str(root)},
        stderr=subprocess.DEVNULL,
    )


def steps_of(said: list[wire.ProgressReport], worker: str = "") -> list[int]:
    """List the steps that a worker, or any, has told of."""
    return [step.progress.step for step in said if step.progress and worker in ("", step.worker)]


async def paint_here(order: PaintOrder) -> PaintOutcome:
    """Paint an order without an interruption."""
    executor = LocalExecutor([SETUP])
    await executor.start()
    try:
        return await executor.paint(order, lambda _: None)
    finally:
        await executor.close()


async def test_goes_on_from_the_checkpoint(nats_server: NatsServer, tmp_path: Path) -> None:
    """After kill -9 of a worker another goes on, and paints what one alone would have painted."""
    order = make_order(tmp_path)
    alone = replace(order, result=tmp_path / "alone.png")
    said: list[wire.ProgressReport] = []

    async def hear(message: Msg) -> None:
        said.append(wire.decode(wire.ProgressReport, message.data))

    client = await nats.connect(nats_server.url)
    await client.subscribe(f"{wire.PROGRESS}.>", cb=hear)
    workers = [add_worker(tmp_path, nats_server.url)]
    try:
        async with nats_executor(nats_server.url) as executor:
            await until(lambda: executor.capacity == 1)
            painting = asyncio.create_task(executor.paint(order, lambda _: None))
            await until(lambda: steps_of(said))
            workers.append(add_worker(tmp_path, nats_server.url))
            await until(lambda: max(steps_of(said)) >= KILLED_AFTER)
            workers[0].kill()
            async with asyncio.timeout(120):
                outcome, expected = await asyncio.gather(painting, paint_here(alone))
    finally:
        await client.close()
        for worker in workers:
            worker.kill()
            worker.wait()
    first, second = dict.fromkeys(step.worker for step in said)
    assert max(steps_of(said, first)) < STEPS
    assert min(steps_of(said, second)) > 1  # it did not begin anew
    with Image.open(order.result) as ours, Image.open(alone.result) as theirs:
        assert np.array_equal(np.asarray(ours), np.asarray(theirs))
    assert (outcome.losses, outcome.curve) == (expected.losses, expected.curve)
