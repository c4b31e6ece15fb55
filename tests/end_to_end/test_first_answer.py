"""What a member is promised is on the disk by then, and a slow disk does not keep them waiting."""

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.simulator import Simulator
from tests.end_to_end.harness import muralize, results, running_bot


async def test_requests_are_kept_before_they_are_answered(
    simulator: Simulator, data_dir: Path
) -> None:
    """A bot killed the moment an answer of it arrives has the request on its disk."""
    answered: list[int] = []
    kept: list[int] = []

    def look(_: str, path: str) -> bool:
        answered.append(int(path.split("/")[2]))
        with closing(sqlite3.connect(data_dir / "muralscape.db")) as reader:
            found = reader.execute(
                "SELECT interaction_id FROM requests WHERE interaction_id = ?", answered[-1:]
            )
            kept.extend(number for (number,) in found)
        return False

    async with running_bot(simulator, data_dir):
        simulator.faults.fail(500, path="/callback$", when=look)
        asked = [muralize(simulator) for _ in range(5)]
        await simulator.until(lambda: len(results(simulator)) == len(asked), 20)
    assert sorted(answered) == sorted(interaction.id for interaction in asked)
    assert kept == answered


async def test_a_disk_that_hangs(simulator: Simulator, data_dir: Path) -> None:
    """A member is answered within Discord's 3 s all the same, and gets the painting."""
    async with running_bot(simulator, data_dir):
        with closing(sqlite3.connect(data_dir / "muralscape.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # the bot cannot write until this is closed
            asked = muralize(simulator)
            await simulator.until(lambda: asked.original, 10)
        await simulator.until(lambda: results(simulator), 20)
    (message,) = results(simulator)
    assert message.interaction is asked
