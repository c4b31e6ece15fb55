"""Two processes of the real engine on one processor, each with its painting."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image

from bot.errors import ExecutorLost, PaintingCancelled
from bot.executors.contract import PaintOrder, PaintProgress
from bot.executors.engine_process import EngineSetup
from bot.executors.local import LocalExecutor
from engine.request import PaintOutcome, PaintSettings
from tests.bot.executors.conftest import until
from tests.bot.executors.held_engine import GO_ON, HELD_AFTER

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

SETUP = EngineSetup(
    weights="bundled",
    device="cpu",
    precision="fp32",
    painter="tests.bot.executors.held_engine:load",
    progress_seconds=0.0,
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def executor() -> AsyncIterator[LocalExecutor]:
    """Two engine processes on the CPU."""
    executor = LocalExecutor([SETUP, SETUP])
    await executor.start()
    yield executor
    await executor.close()


def order(folder: Path, job_id: int) -> PaintOrder:
    """A painting of a gradient in the style of noise, 32 pixels wide."""
    own = folder / str(job_id)
    own.mkdir()
    content, style = own / "content.png", own / "style.png"
    Image.linear_gradient("L").convert("RGB").resize((32, 32)).save(content)
    Image.radial_gradient("L").convert("RGB").resize((32, 32)).save(style)
    settings = PaintSettings(size=32, steps=6)
    return PaintOrder(job_id, settings, content, (style,), own / "result.png")


async def held(executor: LocalExecutor, order: PaintOrder) -> asyncio.Task[PaintOutcome]:
    """Begin a painting, and return once it waits after its second step."""
    steps: list[int] = []

    def hear(progress: PaintProgress) -> None:
        assert progress.job_id == order.job_id
        steps.append(progress.step)

    painting = asyncio.create_task(executor.paint(order, hear))
    await until(lambda: steps[-1:] == [HELD_AFTER])
    return painting


async def test_one_of_two_is_cancelled(executor: LocalExecutor, tmp_path: Path) -> None:
    """Both are painted at a time; the other is finished, with the picture that it has alone."""
    cancelled, finished, alone = (order(tmp_path, job_id) for job_id in (1, 2, 3))
    pids = executor.pids
    paintings = [await held(executor, cancelled), await held(executor, finished)]
    await executor.cancel(cancelled.job_id)
    with pytest.raises(PaintingCancelled):
        await paintings[0]
    finished.result.with_name(GO_ON).touch()
    assert (await paintings[1]).steps == 6
    assert (executor.pids, executor.devices) == (pids, ("cpu", "cpu"))
    alone.result.with_name(GO_ON).touch()
    await executor.paint(alone, lambda _: None)
    with Image.open(finished.result) as one, Image.open(alone.result) as other:
        assert one.tobytes() == other.tobytes()


async def test_one_of_two_is_killed(executor: LocalExecutor, tmp_path: Path) -> None:
    """It is lost and replaced; the other is finished by the process that began it."""
    lost, finished = order(tmp_path, 1), order(tmp_path, 2)
    mortal, other = executor.pids
    paintings = [await held(executor, lost), await held(executor, finished)]
    os.kill(mortal, signal.SIGKILL)
    with pytest.raises(ExecutorLost):
        await paintings[0]
    assert executor.fault is None
    await until(lambda: executor.capacity == 2)
    assert other in executor.pids
    again = await held(executor, replace(lost, job_id=3))
    for painting, path in ((paintings[1], finished.result), (again, lost.result)):
        path.with_name(GO_ON).touch()
        await painting
        assert path.exists()
