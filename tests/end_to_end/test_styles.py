"""The style library on the simulator: saved, looked at, painted in, deleted."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.pictures.intake import Intake
from bot.pictures.model import StoredPicture, UploadedFile
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
        assert "in the style of *Purple haze* by Ada\n" in result.content
        assert result.mentions == []

        options = {"name": "purple haze"}
        refused = await told(simulator, command(simulator, "style delete", "ben", options))
        assert "only styles that you saved" in refused.content
        shown = await told(simulator, command(simulator, "style show", "ben", options))
        assert len(shown.attachments) == 1
        gone = await told(simulator, command(simulator, "style delete", "ada", options))
        assert "*Purple haze* is deleted" in gone.content


async def test_a_new_server_after_a_restart(simulator: Simulator, data_dir: Path) -> None:
    """Its first list of styles comes at once: no picture is decoded for it."""
    entry = Invocation("muralize", user="ada", texts={"saved_style": "night"})
    async with running_bot(simulator, data_dir):
        assert len(await simulator.people.autocomplete(entry, "saved_style")) == 1
    ada = simulator.people.user("ada")
    other = simulator.world.add_guild("Other", ada)
    channel = simulator.world.add_channel(other, "other")
    entry = Invocation("muralize", user="ada", channel=channel.name, texts={"saved_style": "night"})
    async with running_bot(simulator, data_dir) as bot:
        await bot.app.core.decoder.__aexit__()  # as if all of it were busy
        assert len(await simulator.people.autocomplete(entry, "saved_style")) == 1


async def test_forbidden_words(simulator: Simulator, data_dir: Path) -> None:
    """Names, titles and themes with a word of the server's list are refused; moderators rename."""
    async with running_bot(simulator, data_dir):
        await told(simulator, save(simulator, "Darn **haze**"))
        options = {"title": "A darn night", "theme": "Paint it"}
        await told(simulator, command(simulator, "challenge start", "mo", options))
        form = command(simulator, "settings words", "mo")
        await simulator.until(lambda: form.modal)
        sent = simulator.people.submit(str(form.id), "mo", {"words": "dárn\nheck no"})
        assert "has 2 entries" in (await told(simulator, sent)).content

        refused = await told(simulator, save(simulator, "DARN it"))
        assert "a word that this server does not allow" in refused.content
        options = {"title": "Night", "theme": "What the heck, no"}
        refused = await told(simulator, command(simulator, "challenge rename", "mo", options))
        assert refused.content.startswith("The theme has a word")
        options = {"name": "darn haze", "new_name": "Haze"}
        refused = await told(simulator, command(simulator, "style rename", "ben", options))
        assert "moderators can rename all" in refused.content
        renamed = await told(simulator, command(simulator, "style rename", "mo", options))
        assert "*Haze*" in renamed.content
        (opened,) = await simulator.until(
            lambda: [m for m in simulator.world.messages.values() if "A darn night" in m.content]
        )
        options = {"title": "A nice night"}
        refused = await told(simulator, command(simulator, "challenge rename", "ada", options))
        assert "Only its host and moderators" in refused.content
        await told(simulator, command(simulator, "challenge rename", "mo", options))
        await simulator.until(lambda: "A nice night" in opened.content)


async def test_names(simulator: Simulator, data_dir: Path) -> None:
    """Hostile names are cleaned or refused with a message; nothing pings."""
    async with running_bot(simulator, data_dir):
        for name, kept in (
            ("@everyone", "everyone"),
            ("**x**", "x"),
            ("\u202egnp.exe", "gnp.exe"),
            ("🎨", "🎨"),
        ):
            answer = await told(simulator, save(simulator, name))
            assert answer.embeds[0]["title"] == kept
        answer = await told(simulator, save(simulator, "<@123>"))
        assert "The name of a style" in answer.content
        for message in simulator.world.messages.values():
            assert [*message.mentions, *message.mention_roles] == []
            assert not message.mention_everyone


async def test_an_equal_picture_deleted_meanwhile(
    simulator: Simulator, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another's deletion of an equal picture, between storing one and its row, costs nothing."""
    whole = Intake.taken
    taken: list[str] = []

    @asynccontextmanager
    async def taken_once_in_vain(
        intake: Intake, offered: Sequence[UploadedFile], owner: Owner, *rest: str | None
    ) -> AsyncIterator[tuple[StoredPicture, ...]]:
        async with whole(intake, offered, owner, *rest) as stored:
            names = [one.name for one in stored]
            if not taken:
                await intake._pictures.pictures.remove(names)
            taken.extend(names)
            yield stored

    monkeypatch.setattr(Intake, "taken", taken_once_in_vain)
    async with running_bot(simulator, data_dir):
        saved = await told(simulator, save(simulator, "Haze"))
        assert saved.embeds[0]["title"] == "Haze"
        assert len(taken) == 2
        taken.clear()
        await result_of(simulator, muralize(simulator, "ben"))
        assert len(taken) == 4
