"""The real engine, in a real process, at small sizes."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import av
import psutil
import pytest
import pytest_asyncio
import torch
from PIL import Image

from bot.errors import CannotPaint, PaintingCancelled
from bot.executors.contract import PaintOrder, PaintProgress
from bot.executors.engine_painter import load_painter
from bot.executors.engine_process import EngineSetup
from bot.executors.local import LocalExecutor
from engine.errors import Stopped
from engine.request import PaintSettings, Progress
from tests.attacks.files import jpeg_of_scans

pytestmark = pytest.mark.asyncio(loop_scope="module")

SETUP = EngineSetup(
    weights="bundled", device="cpu", precision="fp32", progress_seconds=0.0, preview_seconds=0.0
)


@pytest.fixture
def order(tmp_path: Path) -> PaintOrder:
    """A painting of a gradient in the style of stripes, 48 pixels wide, in a few steps."""
    content, style = tmp_path / "content", tmp_path / "style"
    Image.linear_gradient("L").convert("RGB").resize((96, 64)).save(content, "PNG")
    stripes = Image.new("RGB", (64, 64), "navy")
    stripes.paste("gold", (0, 16, 64, 32))
    stripes.save(style, "PNG")
    return PaintOrder(
        job_id=1,
        settings=PaintSettings(size=48, steps=6),
        content=content,
        styles=(style,),
        result=tmp_path / "result.png",
        timelapse=tmp_path / "timelapse.mp4",
    )


def having(order: PaintOrder, **settings: object) -> PaintOrder:
    """The same order with other settings."""
    changed = replace(order.settings, **settings)  # type: ignore[arg-type]
    return replace(order, settings=changed)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def executor() -> AsyncIterator[LocalExecutor]:
    """One engine process for all tests here, with the bundled weights on the CPU."""
    executor = LocalExecutor([SETUP])
    await executor.start()
    yield executor
    await executor.close()


async def test_paints(executor: LocalExecutor, order: PaintOrder) -> None:
    """A painting, its losses, its previews and its time-lapse come back."""
    heard: list[PaintProgress] = []
    outcome = await executor.paint(order, heard.append)
    assert executor.devices == ("cpu",)
    with Image.open(order.result) as picture:
        assert picture.size == (outcome.width, outcome.height) == (48, 32)
    assert (outcome.steps, outcome.device, outcome.precision) == (6, "cpu", "fp32")
    losses = outcome.losses
    assert losses.total == pytest.approx(losses.content + losses.style)
    assert "bundled" in outcome.weights.lower()
    assert heard[-1].step == heard[-1].total_steps == 6
    assert heard[-1].loss == losses.total
    assert all(progress.preview for progress in heard)
    assert order.timelapse is not None
    with av.open(str(order.timelapse)) as film:
        assert film.streams.video[0].frames >= 6


@pytest.mark.slow
async def test_the_first_painting_is_as_fast_as_the_second(
    executor: LocalExecutor, order: PaintOrder, tmp_path: Path
) -> None:
    """Loading and warming up are over when the executor has started."""
    order = having(replace(order, timelapse=None), steps=8)
    (pid,) = executor.pids
    painter = psutil.Process(pid)
    seconds = []  # of the processor's time: a busy machine makes no difference to it
    for number in range(3):
        began = sum(painter.cpu_times()[:2])
        result = tmp_path / f"{number}.png"
        await executor.paint(replace(order, result=result), lambda _: None)
        seconds.append(sum(painter.cpu_times()[:2]) - began)
    assert seconds[0] < 2 * max(seconds[1:]) + 0.1


async def test_stops_and_goes_on(executor: LocalExecutor, order: PaintOrder) -> None:
    """A painting that is cancelled stops in the engine; the process stays and paints the next."""
    pids = executor.pids
    begun = asyncio.Event()
    long = having(replace(order, timelapse=None), steps=2000)
    painting = asyncio.create_task(executor.paint(long, lambda _: begun.set()))
    await begun.wait()
    await executor.cancel(order.job_id)
    with pytest.raises(PaintingCancelled):
        await painting
    await executor.paint(order, lambda _: None)
    assert executor.pids == pids


async def test_a_cancel_does_not_wait_for_a_slow_picture(
    executor: LocalExecutor, order: PaintOrder
) -> None:
    """A picture whose decoding takes minutes is given up at a cancel; the engine process lives."""
    pids = executor.pids
    order.content.write_bytes(jpeg_of_scans(6000, 6000))
    painting = asyncio.create_task(executor.paint(order, lambda _: None))
    decoding = await _decoding_child(pids[0])
    await asyncio.wait({painting}, timeout=0.5)
    await executor.cancel(order.job_id)
    with pytest.raises(PaintingCancelled):
        await painting
    assert executor.pids == pids
    assert not decoding.is_running()


async def _decoding_child(pid: int) -> psutil.Process:
    """Wait for the child in which an engine process decodes."""
    async with asyncio.timeout(120):
        while True:
            for child in psutil.Process(pid).children():
                if "engine.decoding" in child.cmdline():
                    return child
            await asyncio.sleep(0.01)


async def test_refuses_in_words(executor: LocalExecutor, order: PaintOrder) -> None:
    """What the engine refuses is a sentence for the member, without a path of the host's."""
    with pytest.raises(CannotPaint, match="There is no preset 'sketch'"):
        await executor.paint(having(order, preset="sketch"), lambda _: None)
    order.content.write_bytes(b"no picture")
    with pytest.raises(CannotPaint, match="content picture") as caught:
        await executor.paint(order, lambda _: None)
    assert str(order.content.parent) not in str(caught.value)


async def test_the_hosts_folders_stay_unnamed(executor: LocalExecutor, order: PaintOrder) -> None:
    """Where a painting cannot be written, its member reads so, without the path."""
    nowhere = replace(order, result=order.result.parent / "gone" / "result.png", timelapse=None)
    with pytest.raises(CannotPaint, match="could not be written") as refused:
        await executor.paint(nowhere, lambda _: None)
    assert "gone" not in refused.value.sentence


@pytest.mark.slow
async def test_weights_that_are_not_there(tmp_path: Path) -> None:
    """A file of weights that does not exist is said when the executor starts."""
    executor = LocalExecutor([replace(SETUP, weights=str(tmp_path / "none.safetensors"))])
    with pytest.raises(CannotPaint, match=r"none\.safetensors"):
        await executor.start()


async def test_a_checkpoint_that_is_refused_is_let_go_of(order: PaintOrder, tmp_path: Path) -> None:
    """Painted from the beginning, without the error that holds all that the first try has made."""
    painter = load_painter(SETUP)
    order = replace(order, timelapse=None, resume=tmp_path / "others.pth")
    (tmp_path / "others.pth").write_bytes(b"no checkpoint")
    held: list[BaseException | None] = []

    def should_stop() -> bool:
        held.append(sys.exc_info()[1])
        return False

    outcome = painter.paint(order, lambda _: None, should_stop)
    assert outcome.steps == len(held) == 6
    assert set(held) == {None}


async def test_a_checkpoint_of_nonsense_is_painted_over(
    order: PaintOrder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Numbers from which no step can be taken, as a bad disk gives, cost only what was painted."""
    painter = load_painter(SETUP)
    file = tmp_path / "checkpoint.pth"
    order = replace(order, timelapse=None, checkpoint=file)
    steps: list[Progress] = []
    with pytest.raises(Stopped):
        painter.paint(order, steps.append, lambda: len(steps) > 2)
    saved = torch.load(file, weights_only=True)
    for value in saved["stepper"].values():
        if value.is_floating_point():
            value.fill_(1e30)
    torch.save(saved, file)
    outcome = painter.paint(replace(order, resume=file), lambda _: None, lambda: False)
    assert outcome.steps == 6
    assert "begins anew" in caplog.text


async def test_paint_around_a_tile_stays(
    executor: LocalExecutor, order: PaintOrder, tmp_path: Path
) -> None:
    """The paint under the mask comes back pixel by pixel; elsewhere the tile is painted."""
    paint = Image.effect_noise((48, 32), 90).convert("RGB")
    mask = Image.new("L", (48, 32))
    mask.paste(255, (0, 0, 16, 32))
    around = (tmp_path / "paint", tmp_path / "paint_mask", tmp_path / "whole")
    for picture, path in zip((paint, mask, paint), around, strict=True):
        picture.save(path, "PNG")
    await executor.paint(replace(order, surroundings=around), lambda _: None)
    with Image.open(order.result) as result:
        assert result.crop((0, 0, 16, 32)).tobytes() == paint.crop((0, 0, 16, 32)).tobytes()
        assert result.crop((16, 0, 48, 32)).tobytes() != paint.crop((16, 0, 48, 32)).tobytes()
