"""SIGTERM at whatever moment: a clean exit, and nothing is lost."""

import asyncio
from collections import Counter
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from bot.simulator import Simulator
from tests.end_to_end import bot_process
from tests.end_to_end.harness import UNTOLD, muralize, query, results
from tests.end_to_end.painters import hold, release


def start(simulator: Simulator, data_dir: Path) -> ForkServerProcess:
    """Start a bot in a process of its own."""
    return bot_process.start(simulator.world.token, simulator.api_base, data_dir, "load_steady")


async def end(simulator: Simulator, bot: ForkServerProcess) -> None:
    """Send SIGTERM and wait for a clean exit."""
    bot.terminate()
    await asyncio.to_thread(bot.join, 120)
    assert bot.exitcode == 0
    await simulator.until(lambda: not simulator.gateway.connected)


@pytest.mark.parametrize(
    "moment",
    [
        "painting",
        pytest.param("logging in", marks=pytest.mark.slow),
        pytest.param("connecting", marks=pytest.mark.slow),
        pytest.param("delivering", marks=pytest.mark.slow),
    ],
)
async def test_sigterm(simulator: Simulator, data_dir: Path, moment: str) -> None:
    """Three jobs survive it: after the next start each is delivered once."""
    hold(data_dir, 10)
    bot = start(simulator, data_dir)
    await simulator.until(lambda: simulator.gateway.connected)
    asked = [muralize(simulator, user) for user in ("ada", "ben", "cleo")]
    await simulator.until(lambda: all(one.original for one in asked))
    await simulator.until(lambda: states(data_dir) == {"painting": 1, "queued": 2})
    bot.kill()
    await asyncio.to_thread(bot.join)
    await simulator.until(lambda: not simulator.gateway.connected)

    slow = simulator.faults.slow(0.5, path="^/webhooks/" if moment == "delivering" else "^/users/")
    if moment == "delivering":
        release(data_dir)
        slow.when = lambda *_: states(data_dir)[moment] > 0
    signs = {"logging in": "^/gateway$", "connecting": "^/gateway/bot$"}
    path = signs.get(moment, "")
    calls = len(simulator.record.find("GET", path))
    bot = start(simulator, data_dir)
    if path:
        await simulator.until(lambda: len(simulator.record.find("GET", path)) > calls)
    else:
        # only then is what the database says the new bot's doing
        await simulator.until(lambda: simulator.gateway.connected)
        await simulator.until(
            lambda: slow.hits if moment == "delivering" else states(data_dir)[moment]
        )
    release(data_dir)
    await end(simulator, bot)
    simulator.faults.lift(slow)

    bot = start(simulator, data_dir)
    # It may have nothing to do: it is up before it is asked to stop.
    await simulator.until(lambda: simulator.gateway.connected)
    await simulator.until(lambda: not query(data_dir, UNTOLD))
    await end(simulator, bot)
    assert Counter(message.interaction for message in results(simulator)) == Counter(asked)


def states(data_dir: Path) -> Counter[str]:
    """Count the jobs in each state."""
    return Counter(row[0] for row in query(data_dir, "SELECT state FROM jobs"))
