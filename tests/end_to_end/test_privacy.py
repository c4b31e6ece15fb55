"""`/privacy` on the simulator: what is kept is shown, and afterwards nothing is kept."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.simulator import Invocation, Simulator, Upload
from tests.end_to_end.harness import button, muralize, painting, picture, running_bot
from tests.end_to_end.harness import run as command
from tests.end_to_end.test_challenges import contest_of, posted, told, vote
from tests.end_to_end.test_painting import result_of, said_privately


def kept_about(data_dir: Path, member_id: int) -> list[str]:
    """List the rows of the database, whatever the table, with a member's id, or Ada's name."""
    with closing(sqlite3.connect(data_dir / "muralscape.db", timeout=120)) as connection:
        words = (str(member_id), "'Ada'", '"Ada"')
        return [line for line in connection.iterdump() if any(word in line for word in words)]


async def test_shown_and_removed(simulator: Simulator, data_dir: Path) -> None:
    """Paintings, styles, entries and votes are in the file; then they are gone everywhere."""
    async with running_bot(simulator, data_dir) as bot:
        ada = simulator.people.user("ada").id
        style = Upload("s.png", picture(colour="navy"), "image/png")
        saved = Invocation(
            "style save", user="ada", texts={"name": "Sea"}, files={"picture": style}
        )
        await said_privately(simulator, simulator.people.invoke(saved))
        options = {"title": "Night", "theme": "Paint it"}
        await told(simulator, command(simulator, "challenge start", "mo", options))
        for user, colour in (("ada", "red"), ("ben", "green")):
            painting = muralize(simulator, user, content=picture(colour=colour), saved_style="sea")
            painted = await result_of(simulator, painting)
            await told(
                simulator, simulator.people.press(painted.id, button(painted, "enter"), user)
            )
        await told(simulator, command(simulator, "challenge close", "mo"))
        await simulator.until(lambda: posted(simulator, "🗳️ **Vote"))
        contest = await contest_of(bot)
        await vote(simulator, contest, "ada", "ben")
        await vote(simulator, contest, "ben", "ada")

        answer = await said_privately(simulator, command(simulator, "privacy export"))
        kept = json.loads(answer.attachments[0].content)
        assert [len(kept[name]) for name in ("paintings", "styles", "challenges")] == [1, 1, 1]
        assert kept["challenges"][0]["vote"] is not None
        assert "token" not in json.dumps(kept["paintings"][0]["origin"]).replace("token_exp", "")

        asked = await said_privately(simulator, command(simulator, "privacy delete"))
        assert kept_about(data_dir, ada)
        simulator.people.press(asked.id, "privacy/delete", "ada")
        await simulator.until(lambda: "data is deleted" in asked.content)
        assert kept_about(data_dir, ada) == []
        contest = await contest_of(bot)
        assert [entry.member_id for entry in contest.entries] == [simulator.people.user("ben").id]
        assert contest.votes == {}
        (ballot,) = posted(simulator, "🗳️ **Vote")
        await simulator.until(lambda: len(ballot.attachments) == 1)


async def test_after_the_end_only_counts_stay(simulator: Simulator, data_dir: Path) -> None:
    """In a challenge that is over the votes keep counting; name and picture are gone."""
    async with running_bot(simulator, data_dir) as bot:
        ada = simulator.people.user("ada").id
        options = {"title": "Night", "theme": "Paint it"}
        await told(simulator, command(simulator, "challenge start", "mo", options))
        painted = await result_of(simulator, muralize(simulator))
        await told(simulator, simulator.people.press(painted.id, button(painted, "enter"), "ada"))
        await told(simulator, command(simulator, "challenge close", "mo"))
        await simulator.until(lambda: posted(simulator, "🗳️ **Vote"))
        await vote(simulator, await contest_of(bot), "ben", "ada")
        await told(simulator, command(simulator, "challenge close", "mo"))
        (result,) = await simulator.until(lambda: posted(simulator, "🏆 **Results"))
        assert "🥇 Ada · 1 vote" in result.content
        asked = await said_privately(simulator, command(simulator, "privacy delete"))
        simulator.people.press(asked.id, "privacy/delete", "ada")
        await simulator.until(lambda: "data is deleted" in asked.content)
        assert kept_about(data_dir, ada) == []
        await simulator.until(lambda: "Ada" not in result.content)
        assert "a member with deleted data · 1 vote" in result.content
        assert result.attachments == []


async def test_what_is_under_way_is_stopped(simulator: Simulator, data_dir: Path) -> None:
    """A painting in progress and one that waits are stopped before they are forgotten."""
    async with running_bot(simulator, data_dir, painter="load_slow"):
        first = muralize(simulator)
        await painting(simulator, first)
        second = muralize(simulator)
        await simulator.until(lambda: second.original and "Waiting" in second.original.content)
        asked = await said_privately(simulator, command(simulator, "privacy delete"))
        simulator.people.press(asked.id, "privacy/delete", "ada")
        await simulator.until(lambda: "data is deleted" in asked.content)
        assert kept_about(data_dir, simulator.people.user("ada").id) == []
