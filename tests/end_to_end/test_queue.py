"""`/queue` while many paintings wait."""

from pathlib import Path

from bot.simulator import Invocation, Simulator
from tests.end_to_end.harness import muralize, query, run, running_bot
from tests.end_to_end.painters import hold
from tests.end_to_end.test_painting import said_privately


async def test_a_long_queue(simulator: Simulator, data_dir: Path) -> None:
    """All are counted, and moderators find the last ones too when they type a number."""
    hold(data_dir, 1)
    async with running_bot(simulator, data_dir, painter="load_steady") as bot:
        for _ in range(30):
            muralize(simulator, "ben")
        await simulator.until(lambda: len(bot.app.jobs.places()) == 30)
        painting = "SELECT 1 FROM jobs WHERE state = 'painting'"
        await simulator.until(lambda: query(data_dir, painting))
        typing = Invocation("queue cancel", user="olga", texts={"job": "30"})
        (offered,) = await simulator.people.autocomplete(typing, "job")
        assert offered["value"] == 30
        shown = await said_privately(simulator, run(simulator, "queue show", "ben"))
        assert "1 being painted, 29 waiting" in shown.content
