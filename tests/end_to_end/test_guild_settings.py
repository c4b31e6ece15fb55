"""`/settings` on the simulator: what a server chooses, and that `/muralize` obeys."""

from pathlib import Path

import pytest

from bot.guilds.model import GuildSettings
from bot.guilds.settings_panel import yes_or_no
from bot.simulator import Invocation, Simulator
from bot.simulator.errors import Invalid
from bot.simulator.model import Message
from tests.end_to_end.harness import muralize, running_bot
from tests.end_to_end.harness import run as command
from tests.end_to_end.test_painting import result_of, said_privately


def menu(panel: Message, what: str) -> str:
    """Find the custom id of a component of a panel."""
    ids = [one["custom_id"] for row in panel.components for one in row["components"]]
    (found,) = [one for one in ids if f"{one}/".startswith(f"settings/{what}/")]
    return str(found)


async def choose(
    simulator: Simulator, panel: Message, what: str, values: tuple[str, ...], expected: str
) -> None:
    """Choose on the panel and wait until it shows what holds now."""
    simulator.people.press(panel.id, menu(panel, what), "mo", values)
    await simulator.until(lambda: expected in panel.content)


async def switch(simulator: Simulator, name: str, *, on: bool, user: str = "mo") -> None:
    """Open the panel and choose a yes/no setting, with the others as they are by default."""
    panel = await said_privately(simulator, command(simulator, "settings set", user))
    wanted = {one: getattr(GuildSettings(), one) for one in yes_or_no()} | {name: on}
    chosen = [one for one in wanted if wanted[one]]
    simulator.people.press(panel.id, menu(panel, "on"), user, chosen)
    line = f"**{yes_or_no()[name][0]}**: {'yes' if on else 'no'}"
    await simulator.until(lambda: line in panel.content)


async def test_settings_are_chosen_and_obeyed(simulator: Simulator, data_dir: Path) -> None:
    """Channels, limits, preset and privacy are set by components and take effect at once."""
    async with running_bot(simulator, data_dir):
        panel = await said_privately(simulator, command(simulator, "settings set", "mo"))
        await choose(simulator, panel, "channels", ("studio",), "made** in <#")
        refused = await said_privately(simulator, muralize(simulator, channel="gallery"))
        assert "cannot paint in this channel" in refused.content
        await choose(simulator, panel, "preset", ("draft",), "none is chosen**: draft")
        rules = await said_privately(simulator, command(simulator, "settings rules", "mo"))
        await choose(simulator, rules, "styles", ("Moderators",), "saved** by <@&")

        form = simulator.people.press(panel.id, "settings/limits", "mo")
        await simulator.until(lambda: form.modal)
        simulator.people.submit(str(form.id), "mo", {"largest_size": "64", "jobs_per_guild": "7"})
        await simulator.until(lambda: "Largest size in pixels**: 64" in panel.content)
        result = await result_of(simulator, muralize(simulator, channel="studio"))
        assert "draft" in result.content
        refused = await said_privately(simulator, muralize(simulator, channel="studio", size="65"))
        assert "The largest size here is 64 pixels" in refused.content

    async with running_bot(simulator, data_dir):  # the panel works after a restart
        quiet = ("mention_members", "emoji", "previews")
        await choose(simulator, panel, "on", quiet, "shown to everyone**: no")
        result = await result_of(simulator, muralize(simulator, channel="studio"))
        assert result.ephemeral_to == simulator.people.user("ada").id


async def test_members_may_not(simulator: Simulator, data_dir: Path) -> None:
    """The command is offered to managers only, and wrong numbers are explained, not kept."""
    async with running_bot(simulator, data_dir):
        with pytest.raises(Invalid, match="may not use settings"):
            simulator.people.invoke(Invocation("settings show", user="ada"))
        shown = await said_privately(simulator, command(simulator, "settings show", "mo"))
        assert "Paintings may be made** everywhere" in shown.content
        panel = await said_privately(simulator, command(simulator, "settings set", "mo"))
        form = simulator.people.press(panel.id, "settings/limits", "mo")
        await simulator.until(lambda: form.modal)
        sent = simulator.people.submit(str(form.id), "mo", {"largest_size": "9999999"[:6]})
        told = await said_privately(simulator, sent)
        assert "write a whole number from 32 to 1024" in told.content


async def test_two_panels_at_once(simulator: Simulator, data_dir: Path) -> None:
    """A panel that was shown before another manager's change does not undo it."""
    async with running_bot(simulator, data_dir):
        older = await said_privately(simulator, command(simulator, "settings set", "mo"))
        await switch(simulator, "public_results", on=False, user="olga")
        kept = ("public_results", "mention_members", "emoji")  # all that it shows but one
        await choose(simulator, older, "on", kept, "under way**: no")
        assert "shown to everyone**: no" in older.content


async def test_components_of_another_version(simulator: Simulator, data_dir: Path) -> None:
    """A press of what this version does not know is answered in words, whatever it belonged to."""
    unknown = (
        "settings/gone",
        "challenges/1/gone",
        "mural/1/gone",
        "paintings/gone",
        "job:1:gone",
    )
    async with running_bot(simulator, data_dir):
        panel = await said_privately(simulator, command(simulator, "settings set", "mo"))
        button = panel.components[-1]["components"][0]
        for path in (*unknown, "gone/1"):
            button["custom_id"] = path
            pressed = simulator.people.press(panel.id, path, "mo")
            answer = await said_privately(simulator, pressed)
            assert "Another version of me made this message" in answer.content
