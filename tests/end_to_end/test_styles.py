"""The style library on the simulator: saved, looked at, painted in, deleted."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.pictures.intake import Intake
from bot.pictures.model import UploadedFile
from bot.pictures.turns import Owner
from bot.simulator import Invocation, Simulator, Upload
from bot.simulator.model import Interaction, Message
from engine.samples import STYLES
from tests.end_to_end.harness import muralize, picture, running_bot
from tests.end_to_end.harness import run as command
from tests.end_to_end.test_painting import result_of, said_privately


def save(simulator: Simulator, name: str, user: str = "ada") -> Interaction:
    """Have a member save a style."""
    file = Upload("style.png", picture(colour="purple"), "image/png")
    return simulator.people.invoke(
        Invocation("style save", user=user, texts={"name": name}, files={"picture": file})
    )


async def told(simulator: Simulator, interaction: Interaction) -> Message:
    """Wait for the private answer."""
    return await said_privately(simulator, interaction)


async def test_the_library(simulator: Simulator, data_dir: Path) -> None:
    """A saved style is listed with thumbnails, offered, credited on results, and deleted."""
    async with running_bot(simulator, data_dir):
        saved = await told(simulator, save(simulator, "Purple **haze**"))
        assert saved.embeds[0]["title"] == "Purple haze"

        page = await told(simulator, command(simulator, "style list", "ben"))
        count = len(STYLES) + 1
        assert f"Styles of this server**: {count} · page 1 of 3" in page.content
        assert len(page.embeds) == len(page.attachments) == 5
        assert "comes with Muralscape" in page.embeds[0]["description"]
        simulator.people.press(page.id, "styles/after/1", "ben")
        await simulator.until(lambda: "page 2 of 3" in page.content)
        assert len(page.attachments) == 5
        simulator.people.press(page.id, "styles/after/2", "ben")
        await simulator.until(lambda: "page 3 of 3" in page.content)
        assert page.embeds[0]["title"] == "Woodblock waves"
        assert len(page.attachments) == count - 10

        entry = Invocation("muralize", user="ben", texts={"saved_style": "purp"})
        offered = await simulator.people.autocomplete(entry, "saved_style")
        assert offered == [{"name": "Purple haze", "value": "purple_haze"}]
        result = await result_of(simulator, muralize(simulator, "ben", saved_style="purple_haze"))
        author = simulator.people.user("ada").id
        assert f"in the style of *Purple haze* by <@{author}>" in result.content
        assert result.mentions == []

        options = {"name": "purple haze"}
        refused = await told(simulator, command(simulator, "style delete", "ben", options))
        assert "only styles that you saved" in refused.content
        shown = await told(simulator, command(simulator, "style show", "ben", options))
        assert len(shown.attachments) == 1
        gone = await told(simulator, command(simulator, "style delete", "ada", options))
        assert "*Purple haze* is deleted" in gone.content


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("@everyone", "everyone"),
        ("<@123>", None),
        ("**x**", "x"),
        ("\u202egnp.exe", "gnp.exe"),
        ("🎨", "🎨"),
    ],
)
async def test_names(simulator: Simulator, data_dir: Path, name: str, kept: str | None) -> None:
    """Hostile names are cleaned or refused in words; nothing pings."""
    async with running_bot(simulator, data_dir):
        answer = await told(simulator, save(simulator, name))
        if kept is None:
            assert "The name of a style" in answer.content
        else:
            assert answer.embeds[0]["title"] == kept
        for message in simulator.world.messages.values():
            assert [*message.mentions, *message.mention_roles] == []
            assert not message.mention_everyone


async def test_an_equal_picture_deleted_meanwhile(
    simulator: Simulator, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another's deletion of an equal picture, between storing one and its row, costs nothing."""
    take = Intake.take
    taken: list[str] = []

    async def take_once_in_vain(
        intake: Intake, offered: Sequence[UploadedFile], owner: Owner
    ) -> tuple[str, ...]:
        names = await take(intake, offered, owner)
        if not taken:
            await intake._pictures.remove(names)
        taken.extend(names)
        return names

    monkeypatch.setattr(Intake, "take", take_once_in_vain)
    async with running_bot(simulator, data_dir):
        saved = await told(simulator, save(simulator, "Haze"))
        assert saved.embeds[0]["title"] == "Haze"
        assert len(taken) == 2
        taken.clear()
        await result_of(simulator, muralize(simulator, "ben"))
        assert len(taken) == 4
