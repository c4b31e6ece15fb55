"""Pictures that cost far more than their size: refused or painted, and others do not notice."""

import asyncio
import json
import sys
from functools import partial
from pathlib import Path

import pytest

from bot.simulator import Simulator
from tests.attacks.files import jpeg_of_scans
from tests.end_to_end import bot_process
from tests.end_to_end.harness import (
    muralize,
    picture,
    private_answers,
    query,
    results,
    running_bot,
    waits_for_an_answer,
)
from tests.ticks import ticking

ENDLESS = jpeg_of_scans(6000, 6000)  # minutes of a processor


@pytest.mark.slow
async def test_each_kind_ends_in_seconds_and_bounded_memory() -> None:
    """Every costly file is refused or accepted within 5 s of the processor and 512 MiB."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.attacks.costs"), stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    measured = json.loads(printed)
    for name, (seconds, outcome, peak) in measured.items():
        assert seconds < 5.0, f"{name}: {outcome}"
        assert peak <= 512, name


@pytest.mark.slow
async def test_others_are_served_meanwhile(simulator: Simulator, data_dir: Path) -> None:
    """While a member's pictures are decoded in vain, others of the same server get paintings.

    The member is told; all first answers come at once.
    """
    async with running_bot(simulator, data_dir), ticking() as ticks:
        attacks = [muralize(simulator, "cleo", content=ENDLESS + bytes([n])) for n in range(3)]
        others = [muralize(simulator, user) for user in ("ada", "ben")]
        await simulator.until(lambda: len(results(simulator)) == len(others))
        assert not any(private_answers(simulator, one) for one in attacks[1:])
        (told,) = await simulator.until(lambda: private_answers(simulator, attacks[0]))
        assert "takes too long to decode" in told.content
        assert max(ticks.between(*wait) for wait in waits_for_an_answer(simulator)) < 1000


@pytest.mark.slow
async def test_sigterm_is_obeyed_meanwhile(simulator: Simulator, data_dir: Path) -> None:
    """A bot that decodes an endless picture ends at once, and so do its children."""
    bot = bot_process.start(simulator.world.token, simulator.api_base, data_dir, "load_quick")
    await simulator.until(lambda: simulator.gateway.connected)
    muralize(simulator, "ada", content=ENDLESS)
    await simulator.until(lambda: query(data_dir, "SELECT 1 FROM requests"))
    await asyncio.sleep(0.3)  # by now it is being decoded
    bot.terminate()
    await asyncio.to_thread(bot.join, 120)
    assert bot.exitcode == 0
    assert [row[0] for row in query(data_dir, "SELECT resumed FROM requests")] == [0]


@pytest.mark.slow
async def test_nothing_is_resumed_more_than_twice(simulator: Simulator, data_dir: Path) -> None:
    """A request during which the bot dies three times is given up at the fourth start."""
    asked = None
    for times in range(3):
        bot = bot_process.start(simulator.world.token, simulator.api_base, data_dir, "load_quick")
        await simulator.until(lambda: simulator.gateway.connected)
        if asked is None:
            asked = muralize(simulator, "ada", content=ENDLESS)
        await simulator.until(partial(was_resumed, data_dir, times))
        bot.kill()
        await asyncio.to_thread(bot.join)
        await simulator.until(lambda: not simulator.gateway.connected)
    async with running_bot(simulator, data_dir):
        shown = await simulator.until(
            lambda: [
                one.content
                for one in simulator.world.messages.values()
                if "interrupted several times" in one.content
            ],
        )
        assert len(shown) == 1
        await simulator.until(lambda: not query(data_dir, "SELECT 1 FROM requests"))


def was_resumed(data_dir: Path, times: int) -> bool:
    """Say whether the only request was resumed so often."""
    return [row[0] for row in query(data_dir, "SELECT resumed FROM requests")] == [times]


async def test_a_mask_is_checked_too(simulator: Simulator, data_dir: Path) -> None:
    """Every attachment goes through the decoding child, the mask included."""
    async with running_bot(simulator, data_dir):
        asked = muralize(simulator, "ada", mask=b"\x89PNG\r\n\x1a\n" + picture()[8:60])
        (told,) = await simulator.until(lambda: private_answers(simulator, asked))
        assert told.content.startswith("The mask is")
