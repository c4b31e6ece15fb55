"""What the bot says about paintings is in the language of the member that it says it to."""

import logging
from functools import partial
from pathlib import Path

import pytest

from bot.simulator import Simulator
from bot.simulator.model import Interaction, Message
from tests.catalogues import spoken_as
from tests.end_to_end.harness import muralize, private_answers, query, run, running_bot

TOO_LARGE = (
    "Painting {width}x{height} does not fit into the {room} GiB that can be had: size {side} would "
    "fit."
)
GERMAN = {
    ("engine", TOO_LARGE): "{width}x{height} braucht mehr als {room} GiB: Größe {side} geht.",
    ("", "⚠️ **Not painted.**"): "⚠️ **Nicht gemalt.**",
    ("", "for {member}"): "für {member}",
    ("button", "Delete"): "Löschen",
    ("", "You have no painting under way here."): "Hier wird nichts von dir gemalt.",
}


def failed(simulator: Simulator) -> list[Message]:
    """List the cards of paintings that failed."""
    return [one for one in simulator.world.messages.values() if one.content.startswith("⚠️")]


def was_told(simulator: Simulator, asked: Interaction, said: str) -> bool:
    """Say whether a member reads this, and they alone."""
    return any(one.content == said for one in private_answers(simulator, asked))


async def test_a_failure_is_told_in_the_language_of_its_member(
    simulator: Simulator, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The card, its button, and what is stored are German; the log is English."""
    simulator.people.user("ada").locale = "de"
    caplog.set_level(logging.INFO)
    with spoken_as("de", GERMAN):
        async with running_bot(simulator, data_dir, painter="load_refusing"):
            muralize(simulator)
            await simulator.until(lambda: failed(simulator))
            card, why = failed(simulator)[0], "64x64 braucht mehr als 1,5 GiB: Größe 32 geht."
            assert card.content.startswith(f"⚠️ **Nicht gemalt.** {why}\n")
            assert "für Ada" in card.content
            labels = [one["label"] for row in card.components for one in row["components"]]
            assert "Löschen" in labels
    assert [row["failure"] for row in query(data_dir, "SELECT failure FROM jobs")] == [why]
    assert "not painted: Painting 64x64 does not fit into the 1.5 GiB" in caplog.text
    assert "gemalt" not in caplog.text


async def test_a_refusal_is_in_the_language_of_the_interaction(
    simulator: Simulator, data_dir: Path
) -> None:
    """Two members of one server read the same refusal, each in their own language."""
    simulator.people.user("ada").locale = "de"
    with spoken_as("de", GERMAN):
        async with running_bot(simulator, data_dir):
            for user, said in (
                ("ada", "Hier wird nichts von dir gemalt."),
                ("ben", "You have no painting under way here."),
            ):
                asked = run(simulator, "queue cancel", user)
                await simulator.until(partial(was_told, simulator, asked, said))
