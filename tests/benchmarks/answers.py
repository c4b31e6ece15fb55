"""How long 200 commands in 20 seconds wait for their first answer, from a Discord that limits rates
and whose uploads take time."""

import asyncio
import statistics
import tempfile
from pathlib import Path

from bot.app.timing import Timing
from bot.settings import LimitSettings
from bot.simulator import Simulator
from engine.device import Device
from tests.end_to_end.harness import muralize, results, running_bot, waits_for_an_answer

MEMBERS, COMMANDS, SECONDS = 60, 200, 20.0
LIMITS = LimitSettings(jobs_per_member=COMMANDS, jobs_per_guild=COMMANDS)


def run(device: Device) -> dict[str, float]:
    """Send the commands and print the seconds until each was answered; `device` paints nothing."""
    with tempfile.TemporaryDirectory() as folder:
        waits, limited, painted = asyncio.run(_measure(Path(folder)))
    figures = {
        "answers.median_seconds": statistics.median(waits),
        "answers.slowest_seconds": max(waits),
        "answers.rate_limited": float(limited),
        "answers.painted": float(painted),
    }
    for name, figure in figures.items():
        print(f"{name:<28} {figure:.3f}")
    return figures


async def _measure(folder: Path) -> tuple[list[float], int, int]:
    async with Simulator() as simulator:
        assert simulator.atelier is not None
        for number in range(MEMBERS):
            user = simulator.world.add_user(f"member{number}", f"Member {number}")
            simulator.world.join(simulator.atelier.guild, user)
        async with running_bot(
            simulator, folder, painter="load_brisk", limits=LIMITS, timing=Timing()
        ):
            for number in range(COMMANDS):
                muralize(simulator, f"member{number % MEMBERS}")
                await asyncio.sleep(SECONDS / COMMANDS)
            await simulator.until(lambda: len(results(simulator)) == COMMANDS, 300)
        waits = [answer - created for created, answer in waits_for_an_answer(simulator)]
        return waits, len(simulator.record.find(status=429)), len(results(simulator))
