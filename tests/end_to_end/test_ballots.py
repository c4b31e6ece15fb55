"""A ballot can be read where Discord shows no file names."""

import io
from pathlib import Path

import pytest
from PIL import Image

from bot.simulator import Simulator
from bot.simulator.model import Message
from tests.end_to_end.harness import button, muralize, running_bot
from tests.end_to_end.harness import run as command
from tests.end_to_end.test_challenges import contest_of, posted, told
from tests.end_to_end.test_painting import result_of, said_privately


def files(*messages: Message) -> dict[str, bytes]:
    """Collect the pictures of messages by name."""
    return {file.filename: file.content for one in messages for file in one.attachments}


def labels(message: Message) -> list[str]:
    """List the labels of a message's buttons."""
    return [
        component["label"]
        for row in message.components
        for component in row["components"]
        if component.get("label")
    ]


def has_black_and_white(data: bytes) -> bool:
    """Say whether a picture has both, as a badge has."""
    with Image.open(io.BytesIO(data)) as picture:
        darkest, lightest = picture.convert("L").getextrema()
    return darkest < 40 and lightest > 230  # type: ignore[operator]  # of one band


async def enter_twelve(simulator: Simulator) -> None:
    """Have two members paint and enter six paintings each: a ballot of two messages."""
    for user in ("ada", "ben"):
        for _ in range(6):
            painted = await result_of(simulator, muralize(simulator, user))
            press = simulator.people.press(painted.id, button(painted, "enter"), user)
            await told(simulator, press)


@pytest.mark.slow
async def test_twelve_entries(simulator: Simulator, data_dir: Path) -> None:
    """Each preview bears its number, also after a removal; the status takes votes too."""
    async with running_bot(simulator, data_dir) as bot:
        options = {"title": "Night", "theme": "Paint it", "entries_per_member": "6"}
        await told(simulator, command(simulator, "challenge start", "mo", options))
        await enter_twelve(simulator)
        await told(simulator, command(simulator, "challenge close", "mo"))
        ballots = posted(simulator, "🗳️ **Vote")
        assert [labels(one) for one in ballots] == [
            [str(number) for number in range(1, 11)],
            ["11", "12"],
        ]
        before = files(*ballots)
        assert len(set(before.values())) == 12  # of one picture: the numbers tell them apart
        assert all(has_black_and_white(data) for data in before.values())

        # a moderator removes entry 4 on the status, which shows the same pictures
        status = await said_privately(simulator, command(simulator, "challenge status", "mo"))
        assert files(status) == files(ballots[0])
        fourth = next(e for e in (await contest_of(bot)).ballot if e.number == 4)
        form = simulator.people.press(
            status.id, "challenges/1/remove/0", "mo", [f"number {fourth.number}"]
        )
        await simulator.until(lambda: form.modal)
        simulator.people.submit(str(form.id), "mo", {"reason": "not a night"})
        await simulator.until(lambda: len(ballots[0].attachments) == 9)
        del before["entry-4.jpg"]
        assert files(*ballots) == before

        # Cleo votes on the second page of the status
        status = await said_privately(simulator, command(simulator, "challenge status", "cleo"))
        assert "4" not in labels(status)
        simulator.people.press(status.id, "challenges/1/page/1/on", "cleo")
        await simulator.until(lambda: labels(status) == ["11", "12"])
        simulator.people.press(status.id, "challenges/1/choose/12/1", "cleo")
        await simulator.until(lambda: "Your vote: entry 12" in status.content)
        assert files(status) == files(ballots[1])
        await told(simulator, command(simulator, "challenge close", "mo"))
        (results,) = posted(simulator, "🏆 **Results")
        assert "1 vote · entry 12" in results.content
        assert files(results)["entry-12.jpg"] == before["entry-12.jpg"]
