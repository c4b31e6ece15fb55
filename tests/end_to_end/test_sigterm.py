"""SIGTERM at whatever moment: a clean exit in the time of grace, and nothing is lost."""

import asyncio
from collections import Counter
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from bot.simulator import Simulator
from tests.end_to_end import bot_process
from tests.end_to_end.harness import UNTOLD, muralize, query, results

GRACE = 15.0  # seconds; five are given to what is painted and as many to what is sent


def start(simulator: Simulator, data_dir: Path, painter: str = "load_steady") -> ForkServerProcess:
    """Start a bot in a process of its own."""
    return bot_process.start(simulator.world.token, simulator.api_base, data_dir, painter)


async def end(simulator: Simulator, bot: ForkServerProcess) -> None:
    """Send SIGTERM and wait for a clean exit."""
    bot.terminate()
    await asyncio.to_thread(bot.join, GRACE)
    assert bot.exitcode == 0
    await simulator.until(lambda: not simulator.gateway.connected, 10)


@pytest.mark.parametrize("moment", ["logging in", "connecting", "painting", "delivering"])
async def test_sigterm(simulator: Simulator, data_dir: Path, moment: str) -> None:
    """Three jobs survive it: after the next start each is delivered once."""
    bot = start(simulator, data_dir, "load_slow")
    await simulator.until(lambda: simulator.gateway.connected, 20)
    asked = [muralize(simulator, user) for user in ("ada", "ben", "cleo")]
    await simulator.until(lambda: all(one.original for one in asked), 10)
    await simulator.until(lambda: states(data_dir)["painting"], 20)
    bot.kill()
    await asyncio.to_thread(bot.join)
    await simulator.until(lambda: not simulator.gateway.connected, 10)

    slow = simulator.faults.slow(0.5, path="^/webhooks/" if moment == "delivering" else "^/users/")
    signs = {"logging in": "^/gateway$", "connecting": "^/gateway/bot$"}
    path = signs.get(moment, "")
    calls = len(simulator.record.find("GET", path))
    bot = start(simulator, data_dir)
    if path:
        await simulator.until(lambda: len(simulator.record.find("GET", path)) > calls, 20)
    else:
        # only then is what the database says the new bot's doing
        await simulator.until(lambda: simulator.gateway.connected, 20)
        await simulator.until(lambda: states(data_dir)[moment], 20)
    await end(simulator, bot)
    simulator.faults.lift(slow)

    bot = start(simulator, data_dir)
    await simulator.until(lambda: not query(data_dir, UNTOLD), 60)
    await end(simulator, bot)
    assert Counter(message.interaction for message in results(simulator)) == Counter(asked)


def states(data_dir: Path) -> Counter[str]:
    """Count the jobs in each state."""
    return Counter(row[0] for row in query(data_dir, "SELECT state FROM jobs"))
