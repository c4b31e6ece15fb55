"""Checks the engine on a device: precision, weights, and the time of a step."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from bot.check.findings import Finding, failed, passed, warned
from bot.errors import PaintingEnded
from bot.executors.contract import Executor, PaintOrder
from engine.request import PaintOutcome, PaintSettings
from engine.samples import CONTENTS, STYLES

SIDE = 256  # pixels
STEPS = 4


async def check_engine(
    executor: Executor, device: str = "auto", paintings: int = 1
) -> AsyncIterator[Finding]:
    """Start an executor as the bot does, paint a few small steps, and close it.

    `device` is how the settings name what it paints on, and `paintings` how often.
    """
    try:
        await executor.start()
        outcome = await _paint(executor)
    except PaintingEnded as error:
        advice = f"correct engine.device (here {device}), .precision or .weights"
        yield failed("engine", str(error), advice)
        return
    finally:
        await executor.close()
    found = f"{outcome.device} in {outcome.precision}"
    if paintings > 1:
        found += f", {paintings} paintings at a time"
    if outcome.device.startswith("cpu"):
        yield warned(
            "device",
            f"{found}: a painting can take minutes",
            "run on a machine with an NVIDIA card; with Docker, take compose.gpu.yaml",
        )
    else:
        yield passed("device", found)
    yield passed("weights", outcome.weights)
    seconds = outcome.seconds / max(1, outcome.steps)
    yield passed("step", f"{seconds:.3f} s for a step of {outcome.width}x{outcome.height} pixels")


async def _paint(executor: Executor) -> PaintOutcome:
    with tempfile.TemporaryDirectory() as folder:
        order = PaintOrder(
            job_id=0,
            settings=PaintSettings(size=SIDE, steps=STEPS),
            content=CONTENTS[0].path,
            styles=(STYLES[0].path,),
            result=Path(folder) / "result.png",
        )
        return await executor.paint(order, lambda _: None)
