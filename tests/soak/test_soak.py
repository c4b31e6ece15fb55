"""The soak itself, for seconds instead of an hour."""

from pathlib import Path

import pytest

from bot.simulator import Simulator
from tests.end_to_end.harness import FAST, muralize, painting, results, running_bot
from tests.end_to_end.painters import hold, release
from tests.soak.gauge import heading
from tests.soak.soak import Course, soak
from tests.soak.traffic import outcome_of

pytestmark = pytest.mark.slow


async def test_a_short_soak(tmp_path: Path) -> None:
    """Members are served without an error beside an attacker, and every column is measured."""
    rows: list[str] = []
    course = Course(length=16.0, between_rows=8.0, between_deaths=12.0, pause=0.2)
    found = await soak(tmp_path, course, 1508, lambda reading: rows.append(reading.row()))
    assert found.errors == []
    assert len(rows) == len(found.readings)
    assert {row.count("|") for row in [heading().splitlines()[0], *rows]} == {13}
    last = found.readings[-1]
    assert last.bot_memory > 2**20
    assert last.bot_files > 3
    assert last.lag[0] > 0
    assert last.disk > 0
    assert 0 < last.attacks <= sum(found.attacks.values())  # some end after the last reading
    assert 0 < last.paintings + last.answers <= sum(found.counts.values())


async def test_members_find_a_painting_in_a_reply(simulator: Simulator, data_dir: Path) -> None:
    """After a long time, as on a busy machine, a painting comes in a message of its own."""
    hold(data_dir, 10)
    async with running_bot(simulator, data_dir, clock=simulator.clock):
        asked = muralize(simulator)
        await painting(simulator, asked)
        assert outcome_of(simulator, asked) is None
        simulator.clock.advance(FAST.long_wait + 1)
        release(data_dir)
        (message,) = await simulator.until(lambda: results(simulator))
        assert message is not asked.original
        assert outcome_of(simulator, asked) is message
