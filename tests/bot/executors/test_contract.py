"""What every executor must do, here or over a NATS server."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bot.errors import CannotPaint, ExecutorLost, PaintingCancelled
from bot.executors.contract import Executor, PaintOrder, PaintProgress
from bot.executors.local import LocalExecutor
from bot.executors.process_handle import Timeouts
from engine.request import FilmSettings, PaintSettings
from tests.bot.executors.clockwork import Script
from tests.bot.executors.conftest import (
    SETUP,
    SHORT_TIMEOUTS,
    MakeOrder,
    nats_executor,
    until,
    working,
)
from tests.bot.executors.nats_server import NatsServer


@pytest.fixture
def timeouts() -> Timeouts:
    """When an engine process is killed; `@HASTY` chooses other times."""
    return Timeouts()


HASTY = pytest.mark.parametrize("timeouts", [SHORT_TIMEOUTS], ids=[""])


@pytest.fixture(params=["local", "nats"])
async def executor(
    request: pytest.FixtureRequest, timeouts: Timeouts, tmp_path: Path
) -> AsyncIterator[Executor]:
    """One engine process, clockwork inside: here, or a worker's."""
    if request.param == "local":
        local = LocalExecutor([SETUP], timeouts)
        await local.start()
        yield local
        await local.close()
        return
    server = NatsServer(tmp_path / "nats").start()
    async with (
        working(server.url, timeouts=timeouts),
        nats_executor(server.url) as elsewhere,
    ):
        await until(lambda: elsewhere.capacity)
        yield elsewhere
    server.kill()


def ignore(progress: PaintProgress) -> None:
    """Hear progress and do nothing."""


def film_of(order: PaintOrder) -> PaintOrder:
    """An order of a film, from a GIF."""
    folder = order.result.parent
    settings = replace(order.settings, film=FilmSettings(72, 6.0))
    return replace(
        order, settings=settings, film=folder / "film.mp4", animation=folder / "film.gif"
    )


async def begin(
    executor: Executor, order_for: MakeOrder, script: Script
) -> tuple[int, asyncio.Task[object]]:
    """Begin a painting; return when its first step was reported."""
    order = order_for(script)
    begun = asyncio.Event()
    painting: asyncio.Task[object]
    painting = asyncio.create_task(executor.paint(order, lambda _: begun.set()))
    await asyncio.wait_for(begun.wait(), 120)
    return order.job_id, painting


async def test_paints(executor: Executor, order_for: MakeOrder) -> None:
    """The picture lies where the order says, and the outcome tells how it was made."""
    order = order_for(Script(steps=5))
    outcome = await executor.paint(order, ignore)
    with Image.open(order.result) as picture:
        assert picture.size == (64, 32)
    assert (outcome.steps, outcome.losses.total, outcome.device) == (5, 20.0, "clockwork")
    assert outcome.curve == ((1, 100.0), (5, 20.0))


async def test_settings_and_mask_reach_the_painter(
    executor: Executor, order_for: MakeOrder, tmp_path: Path
) -> None:
    """What a member chose arrives where it is painted; so do the mask, and what lies around."""
    mask, film = tmp_path / "mask", tmp_path / "film"
    mask.write_bytes(b" through a mask")
    around = (tmp_path / "paint", tmp_path / "paint_mask", tmp_path / "whole")
    for path in around:
        path.write_bytes(b" " + path.name.encode())
    settings = PaintSettings("draft", seed=7, brush="bold")
    order = replace(
        order_for(Script()), settings=settings, mask=mask, timelapse=film, surroundings=around
    )
    outcome = await executor.paint(order, ignore)
    assert (outcome.preset, outcome.seed) == ("draft", 7)
    assert film.read_bytes().endswith(b" through a mask paint paint_mask whole")


async def test_names_its_devices(executor: Executor) -> None:
    """A started executor says how much it can do at a time, and on what."""
    assert executor.capacity == 1
    assert executor.devices == ("clockwork",)


async def test_reports_progress(executor: Executor, order_for: MakeOrder) -> None:
    """Progress comes in order, every 20 ms at most, and ends with the last step."""
    heard: list[PaintProgress] = []
    order = order_for(Script(steps=100, step_seconds=0.005))
    await executor.paint(order, heard.append)
    steps = [progress.step for progress in heard]
    assert steps == sorted(set(steps))
    assert 5 <= len(steps) <= heard[-1].seconds / SETUP.progress_seconds + 2
    assert steps[-1] == heard[-1].total_steps == 100
    assert heard[-1].job_id == order.job_id


async def test_sends_previews(executor: Executor, order_for: MakeOrder) -> None:
    """Previews are small JPEGs, the first with the first report, the others seldom."""
    heard: list[PaintProgress] = []
    await executor.paint(order_for(Script(steps=100, step_seconds=0.005)), heard.append)
    previews = [progress.preview for progress in heard if progress.preview]
    assert heard[0].preview
    assert 2 <= len(previews) <= heard[-1].seconds / SETUP.preview_seconds + 2
    picture = Image.open(io.BytesIO(previews[-1]))
    assert (picture.format, picture.size) == ("JPEG", (384, 192))


async def test_fails_in_words(executor: Executor, order_for: MakeOrder) -> None:
    """What the engine refuses comes back as its sentence; the next order is painted."""
    with pytest.raises(CannotPaint, match="choose a size of at most 512"):
        await executor.paint(order_for(Script(fault="refuse")), ignore)
    await executor.paint(order_for(Script()), ignore)


async def test_cancels_between_steps(executor: Executor, order_for: MakeOrder) -> None:
    """A cancelled painting stops by itself, and the same process paints the next one."""
    process = (await executor.paint(order_for(Script()), ignore)).weights
    job_id, painting = await begin(executor, order_for, Script(steps=1000, step_seconds=0.02))
    await executor.cancel(job_id)
    with pytest.raises(PaintingCancelled):
        await painting
    assert (await executor.paint(order_for(Script()), ignore)).weights == process


async def test_films_come_back(executor: Executor, order_for: MakeOrder) -> None:
    """The order of a film gives an MP4, and what its content was beside it."""
    order = film_of(order_for(Script(steps=5)))
    outcome = await executor.paint(order, ignore)
    assert (outcome.frames, outcome.is_cut_short) == (5, False)
    assert [file.read_bytes() for file in order.outputs[1:]] == [
        b"film of 5 as .mp4",
        b"film of 5 as .gif",
    ]


async def test_a_cancelled_film_is_handed_over(executor: Executor, order_for: MakeOrder) -> None:
    """What is done of a film comes back after a cancel, and says that it is not the whole."""
    order = film_of(order_for(Script(steps=72, step_seconds=0.1)))
    begun = asyncio.Event()
    painting = asyncio.create_task(executor.paint(order, lambda _: begun.set()))
    await asyncio.wait_for(begun.wait(), 120)
    await executor.cancel(order.job_id)
    outcome = await painting
    assert 1 <= outcome.frames < outcome.frames_asked == 72
    assert order.outputs[1].read_bytes() == f"film of {outcome.frames} as .mp4".encode()


async def test_cancelling_what_is_not_painted(executor: Executor, order_for: MakeOrder) -> None:
    """A cancel that comes too late, or for a job that was never there, touches nothing else."""
    order = order_for(Script())
    await executor.paint(order, ignore)
    await executor.cancel(order.job_id)
    await executor.cancel(4711)
    await executor.paint(order_for(Script(steps=20, step_seconds=0.01)), ignore)


async def test_cancels_what_waits(executor: Executor, order_for: MakeOrder) -> None:
    """An order that waits for another to end is cancelled without waiting any longer."""
    job_id, painting = await begin(executor, order_for, Script(steps=1000, step_seconds=0.02))
    waits = order_for(Script())
    waiting = asyncio.create_task(executor.paint(waits, ignore))
    await asyncio.sleep(0.2)
    await executor.cancel(waits.job_id)
    with pytest.raises(PaintingCancelled):
        await waiting
    assert not painting.done()
    await executor.cancel(job_id)
    with pytest.raises(PaintingCancelled):
        await painting
    await executor.paint(order_for(Script()), ignore)


@HASTY
async def test_kills_what_does_not_stop(executor: Executor, order_for: MakeOrder) -> None:
    """A painting that ignores its cancel is ended all the same."""
    script = Script(steps=1000, step_seconds=0.02, stubborn=True)
    job_id, painting = await begin(executor, order_for, script)
    await executor.cancel(job_id)
    with pytest.raises(PaintingCancelled):
        await painting
    await executor.paint(order_for(Script()), ignore)


@HASTY
@pytest.mark.parametrize("fault", ["raise", "die", "hang"])
async def test_is_lost_and_replaced(executor: Executor, order_for: MakeOrder, fault: str) -> None:
    """Where the painter crashes, dies or hangs, the order is lost and the next one is painted."""
    with pytest.raises(ExecutorLost):
        await executor.paint(order_for(Script(fault=fault)), ignore)
    await executor.paint(order_for(Script()), ignore)


@HASTY
async def test_slow_steps_are_no_hang(executor: Executor, order_for: MakeOrder) -> None:
    """A slow painting that reports its steps is not stopped."""
    await executor.paint(order_for(Script(steps=6, step_seconds=0.5)), ignore)


async def test_closing_loses_what_is_painted(executor: Executor, order_for: MakeOrder) -> None:
    """A painting under way when the executor is closed is lost, not left hanging."""
    _, painting = await begin(executor, order_for, Script(steps=1000, step_seconds=0.02))
    await executor.close()
    with pytest.raises(ExecutorLost):
        await asyncio.wait_for(painting, 120)
