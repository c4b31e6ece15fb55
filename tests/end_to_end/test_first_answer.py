"""What a member is promised is on the disk by then, and a slow disk does not keep them waiting."""

import asyncio
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from bot.simulator import Simulator
from tests.end_to_end.harness import (
    FAST,
    UNTOLD,
    button,
    muralize,
    query,
    results,
    running_bot,
    waits_for_an_answer,
)
from tests.ticks import ticking


async def test_requests_are_kept_before_they_are_answered(
    simulator: Simulator, data_dir: Path
) -> None:
    """A bot killed the moment an answer of it arrives has the request on its disk."""
    answered: list[int] = []
    kept: list[int] = []

    def look(_: str, path: str) -> bool:
        answered.append(int(path.split("/")[2]))
        with closing(sqlite3.connect(data_dir / "muralscape.db", timeout=120)) as reader:
            found = reader.execute(
                "SELECT interaction_id FROM requests WHERE interaction_id = ?", answered[-1:]
            )
            kept.extend(number for (number,) in found)
        return False

    async with running_bot(simulator, data_dir):
        simulator.faults.fail(500, path="/callback$", when=look)
        asked = [muralize(simulator) for _ in range(5)]
        await simulator.until(lambda: len(results(simulator)) == len(asked))
    assert sorted(answered) == sorted(interaction.id for interaction in asked)
    assert kept == answered


async def test_buttons_are_kept_before_they_are_answered(
    simulator: Simulator, data_dir: Path
) -> None:
    """So is what a button asks for; a start after the crash paints it."""
    kept: list[str] = []

    def look(_: str, path: str) -> bool:
        with closing(sqlite3.connect(data_dir / "muralscape.db", timeout=120)) as reader:
            number = int(path.split("/")[2])
            found = "SELECT request FROM requests WHERE interaction_id = ?"
            kept.extend(row for (row,) in reader.execute(found, [number]))
        return False

    async with running_bot(simulator, data_dir):
        asked = muralize(simulator)
        await simulator.until(lambda: results(simulator))
        simulator.faults.fail(500, path="/callback$", when=look)
        assert asked.original is not None
        pressed = simulator.people.press(
            asked.original.id, button(asked.original, "stronger"), "ben"
        )
        await simulator.until(lambda: len(results(simulator)) == 2)
    assert [json.loads(row)["change"] for row in kept] == ["stronger"]

    # as a bot leaves it that was killed after the answer: the request is there and no job
    with closing(sqlite3.connect(data_dir / "muralscape.db", timeout=120)) as writer, writer:
        writer.execute("DELETE FROM jobs WHERE interaction_id = ?", [pressed.id])
        row = [pressed.id, kept[0]]
        writer.execute("INSERT INTO requests (interaction_id, request) VALUES (?, ?)", row)
    async with running_bot(simulator, data_dir) as bot:
        await simulator.until(lambda: not query(data_dir, UNTOLD))
        (row,) = query(data_dir, "SELECT max(id) AS id FROM jobs")
        again = await bot.app.jobs.get(row["id"])
    assert again is not None
    assert again.origin.interaction_id == pressed.id
    assert again.settings.strength == 1.5


def locked(database: sqlite3.Connection) -> bool:
    """Begin to write, if nobody else writes at this moment; say whether that was so.

    Waiting here would stop the bot, which runs on the same event loop.
    """
    try:
        database.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    return True


async def test_a_disk_that_hangs(simulator: Simulator, data_dir: Path) -> None:
    """A member is answered within Discord's 3 s all the same, and gets the painting."""
    async with running_bot(simulator, data_dir, timing=replace(FAST, remember=0.5)):
        file = data_dir / "muralscape.db"
        with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as other:
            # the bot cannot write until this is closed; what it writes just now it writes first
            await simulator.until(lambda: locked(other))
            async with ticking() as ticks:
                asked = muralize(simulator)
                await simulator.until(lambda: asked.original)
            (wait,) = waits_for_an_answer(simulator)
            assert ticks.between(*wait) < 3000
        await simulator.until(lambda: results(simulator))
    (message,) = results(simulator)
    assert message.interaction is asked


async def test_no_interaction_is_handled_after_the_end(
    simulator: Simulator, data_dir: Path
) -> None:
    """A bot that has stopped has no task left that would still use its database."""
    checked = asyncio.Event()

    async def never_ends(*_: object) -> None:
        checked.set()
        await asyncio.Event().wait()

    async with running_bot(simulator, data_dir) as bot:
        bot.app.client.checks.append(never_ends)
        muralize(simulator)
        await checked.wait()
    assert "CommandTree-invoker" not in {task.get_name() for task in asyncio.all_tasks()}
