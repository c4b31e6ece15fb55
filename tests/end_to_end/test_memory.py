"""The bot's memory over a thousand jobs."""

import asyncio
from pathlib import Path

import psutil
import pytest

from bot.app.timing import Timing
from bot.simulator import Simulator
from bot.simulator.model import Interaction, Message
from tests.bot.clients import patient
from tests.end_to_end import bot_process
from tests.end_to_end.harness import button, is_result, muralize

pytestmark = pytest.mark.slow

JOBS = 1000
WARM = 300  # after which every cache has its size and every pool its connections
AT_A_TIME = 12
MIB = 2**20
# SQLite's page caches and the allocator's arenas still fill up meanwhile; a picture or a message
# kept for each job would be several times that.
ALLOWED = 16 * MIB


async def test_memory_stays_flat_over_a_thousand_jobs(data_dir: Path) -> None:
    """From the 300th job to the 1,000th the bot's process does not grow by 16 MiB."""
    async with Simulator(limits=patient()) as simulator:
        token, base = simulator.world.token, simulator.api_base
        bot = bot_process.start(token, base, data_dir, "load_quick", Timing(long_wait=600.0))
        try:
            await simulator.until(lambda: simulator.gateway.connected)
            process = psutil.Process(bot.pid)
            asked = [muralize(simulator) for _ in range(40)]
            first = [await arrived(simulator, one) for one in asked]
            await again(simulator, first[0], WARM - len(first))
            before = process.memory_info().rss
            await again(simulator, first[0], JOBS - WARM)
            grown = process.memory_info().rss - before
        finally:
            bot.terminate()
            await asyncio.to_thread(bot.join)
    assert bot.exitcode == 0
    assert grown < ALLOWED, f"grew by {grown / MIB:.1f} MiB from {before / MIB:.1f} MiB"


async def again(simulator: Simulator, result: Message, count: int) -> None:
    """Have a picture painted so many times more, a few at a time."""
    turns = asyncio.Semaphore(AT_A_TIME)

    async def once() -> None:
        async with turns:
            press = simulator.people.press(result.id, button(result, "again"), "ben")
            # the simulator forgets it: the bot is to be measured, not this process
            del simulator.world.messages[(await arrived(simulator, press)).id]

    await asyncio.gather(*(once() for _ in range(count)))


async def arrived(simulator: Simulator, asked: Interaction) -> Message:
    """Wait for the painting that an interaction asked for."""
    message = await simulator.until(
        lambda: asked.original if asked.original and is_result(asked.original) else None
    )
    assert message is not None
    return message
