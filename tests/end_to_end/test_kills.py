"""kill -9 of the bot and of its engine process: nothing is lost, nothing comes twice."""

import asyncio
import os
import random
import signal
from collections import Counter
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from bot.settings import LimitSettings
from bot.simulator import Simulator
from bot.simulator.model import Interaction
from tests.end_to_end import bot_process
from tests.end_to_end.harness import (
    UNTOLD,
    Bot,
    button,
    muralize,
    painting,
    query,
    results,
    running_bot,
)
from tests.end_to_end.painters import hold, release

KILLS = 10


@pytest.mark.slow
async def test_the_bot_is_killed_ten_times(simulator: Simulator, data_dir: Path) -> None:
    """Whenever the bot dies between command and result, each job is delivered exactly once."""
    moments = random.Random(1508)
    asked = []

    def start() -> ForkServerProcess:
        token, base = simulator.world.token, simulator.api_base
        return bot_process.start(token, base, data_dir, "load_steady")

    bot = start()
    for _ in range(KILLS):
        await simulator.until(lambda: simulator.gateway.connected)
        asked.append(muralize(simulator))
        answered = asked[-1]
        await simulator.until(lambda: answered.original)  # noqa: B023 - awaited here
        await asyncio.sleep(moments.uniform(0.0, 1.2))
        bot.kill()
        await asyncio.to_thread(bot.join)
        await simulator.until(lambda: not simulator.gateway.connected)
        bot = start()
    try:
        # The last bot may have nothing to do: it is up before it is asked to stop.
        await simulator.until(lambda: simulator.gateway.connected)
        await simulator.until(lambda: len(results(simulator)) >= len(asked))
        await simulator.until(lambda: not query(data_dir, UNTOLD))
    finally:
        bot.terminate()
        await asyncio.to_thread(bot.join)
    assert bot.exitcode == 0
    assert Counter(message.interaction for message in results(simulator)) == Counter(asked)


async def test_the_engine_process_is_killed(simulator: Simulator, data_dir: Path) -> None:
    """A painter that dies is replaced and its job painted again; given up after two deaths.

    Its member can have it painted again.
    """
    hold(data_dir, 10)
    async with running_bot(simulator, data_dir) as bot:
        asked = muralize(simulator)
        await kill_painter(bot, simulator, 1)
        release(data_dir)
        await simulator.until(lambda: results(simulator))
        (message,) = results(simulator)
        assert message.interaction is asked

        hold(data_dir, 10)
        unlucky = muralize(simulator)
        await kill_painter(bot, simulator, 2)
        await kill_painter(bot, simulator, 2)
        release(data_dir)
        await simulator.until(
            lambda: unlucky.original and "Not painted" in unlucky.original.content
        )
        assert unlucky.original is not None
        assert "stopped twice" in unlucky.original.content
        again = button(unlucky.original, "again")
        pressed = simulator.people.press(unlucky.original.id, again, "ada")
        await simulator.until(lambda: pressed in [one.interaction for one in results(simulator)])


@pytest.mark.slow
async def test_the_engine_process_is_killed_ten_times(simulator: Simulator, data_dir: Path) -> None:
    """Whenever the painter dies, each job comes once, or fails with a message at a second death."""
    moments = random.Random(6576)
    asked = []
    async with running_bot(simulator, data_dir, painter="load_steady") as bot:
        for _ in range(KILLS):
            asked.append(muralize(simulator))
            answered = asked[-1]
            await simulator.until(lambda: answered.original)  # noqa: B023 - awaited here
            await asyncio.sleep(moments.uniform(0.0, 1.2))
            (pid,) = bot.executor.pids
            os.kill(pid, signal.SIGKILL)
            await simulator.until(lambda: pid not in bot.executor.pids)  # noqa: B023 - same
            await simulator.until(lambda: bot.executor.pids)

        def given_up() -> list[Interaction]:
            return [one for one in asked if "Not painted" in getattr(one.original, "content", "")]

        await simulator.until(lambda: len(results(simulator)) + len(given_up()) >= len(asked))
        await simulator.until(lambda: not query(data_dir, UNTOLD))
    arrived = [message.interaction for message in results(simulator)]
    assert Counter(arrived) + Counter(given_up()) == Counter(asked)
    assert len(given_up()) <= KILLS // 2  # a job is given up for two deaths, not for one
    assert arrived


async def kill_painter(bot: Bot, simulator: Simulator, job_id: int) -> None:
    """Kill the engine process in the middle of a job, and wait until that is noticed."""
    await simulator.until(lambda: bot.app.jobs.progress(job_id))
    os.kill(bot.executor.pids[0], signal.SIGKILL)
    await simulator.until(lambda: bot.app.jobs.progress(job_id) is None)


async def test_sigterm_puts_back_what_is_painted(simulator: Simulator, data_dir: Path) -> None:
    """A stopped bot leaves a card that says the painting waits; the next start paints it."""
    impatient = LimitSettings(shutdown_seconds=0.1)
    async with running_bot(simulator, data_dir, painter="load_slow", limits=impatient):
        asked = muralize(simulator)
        await painting(simulator, asked)
        late = simulator.faults.slow(0.5, method="PATCH", path="@original", times=1)
        await simulator.until(lambda: late.hits)  # an edit is under way when the bot stops
    assert asked.original is not None
    assert "Waiting" in asked.original.content
    async with running_bot(simulator, data_dir):
        await simulator.until(lambda: results(simulator))
    (message,) = results(simulator)
    assert message.interaction is asked
