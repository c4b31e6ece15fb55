"""Executors to test, and orders for them."""

import itertools
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.executors.contract import PaintOrder
from bot.executors.engine_process import EngineSetup
from bot.executors.local import LocalExecutor
from bot.executors.process_handle import Patience
from tests.bot.executors.clockwork import Script

SETUP = EngineSetup(
    painter="tests.bot.executors.clockwork:load",
    progress_seconds=0.02,
    preview_seconds=0.2,
    alive_seconds=0.1,
)
IMPATIENT = Patience(start=20.0, silence=1.5, idle=5.0, cancel=0.3)

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
            content=content,
            styles=(content,),
            preset="mural",
            size=None,
            steps=None,
            strength=1.0,
            keep_colors=False,
            seed=0,
            result=folder / "result.png",
        )

    return make


@pytest.fixture
async def executor() -> AsyncIterator[LocalExecutor]:
    """One engine process, clockwork inside."""
    executor = LocalExecutor([SETUP], IMPATIENT)
    await executor.start()
    yield executor
    await executor.close()
