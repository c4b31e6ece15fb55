"""Edits of cards while Discord takes its time, or gives an odd answer."""

from pathlib import Path

import pytest

from bot.people import Member
from bot.simulator import DiscordLimits, Invocation, Simulator
from bot.simulator.faults import RestFault
from tests.bot.clients import StartSimulator
from tests.end_to_end.harness import FAST, muralize, painting, results, running_bot
from tests.end_to_end.painters import hold, release


def hold_edits(simulator: Simulator) -> RestFault:
    """Hold back the edits of all cards."""
    return simulator.faults.hold(method="PATCH", path="/messages/@original$")


async def under_way(simulator: Simulator, held: RestFault, number: int) -> int:
    """Wait until so many edits are held; count them once the bot had time to start more."""
    await simulator.until(lambda: held.hits >= number)
    for _ in range(10):  # while each is answered, the bot looks at its cards
        typing = Invocation("queue cancel", user="ada", texts={"job": ""})
        await simulator.people.autocomplete(typing, "job")
    return held.hits


async def test_a_long_queue_while_discord_is_slow(
    start_simulator: StartSimulator, data_dir: Path
) -> None:
    """Few edits are under way at a time, and those of a long queue hold up no new card."""
    simulator = await start_simulator(DiscordLimits(rate_limits=False))
    assert simulator.atelier is not None
    hold(data_dir, 1)
    async with running_bot(simulator, data_dir, painter="load_steady") as bot:
        await painting(simulator, muralize(simulator))
        held = hold_edits(simulator)
        asked = [muralize(simulator) for _ in range(12)]
        await simulator.until(lambda: len(bot.app.jobs.places()) == 13)
        assert await under_way(simulator, held, FAST.cards.most_edits) == FAST.cards.most_edits
        simulator.faults.lift(held)
        cards = [await simulator.until(lambda: one.original) for one in asked]  # noqa: B023 - awaited
        await simulator.until(lambda: all("in line" in card.content for card in cards))

        held = hold_edits(simulator)
        first = next(
            job_id for job_id, place in bot.app.jobs.places().items() if place.position == 1
        )
        guild = simulator.atelier.guild.id
        await bot.app.jobs.cancel(first, Member(simulator.people.user("ada").id, guild))
        # all others are one further on; the cancelled one is told so
        most = FAST.cards.most_of_waiting + 1
        assert await under_way(simulator, held, most) == most
        muralize(simulator)
        assert await under_way(simulator, held, most + 1) == most + 1
        simulator.faults.lift(held)


async def test_an_answer_that_cannot_be_read(
    simulator: Simulator, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged with the number of the job, and the card is edited again."""
    hold(data_dir, 1)
    simulator.faults.fail(200, method="PATCH", path="/messages/@original$", times=1)
    async with running_bot(simulator, data_dir, painter="load_steady"):
        asked = muralize(simulator)
        await painting(simulator, asked)
        release(data_dir)
        await simulator.until(lambda: results(simulator))
    (logged,) = [one for one in caplog.records if one.name == "bot.muralize.live_cards"]
    assert logged.exc_info
