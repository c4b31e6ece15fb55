"""Commands in the languages of members' clients."""

from typing import Any

import discord
import pytest
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Location

from bot.simulator import Invocation, Simulator
from bot.simulator.errors import ApiError
from tests.bot.clients import QuickClient, running

GERMAN = {
    "paint": "malen",
    "wall": "wand",
    "color": "farbe",
    "red": "rot",
    "Paint a wall": "Eine Wand streichen",
}


class German(app_commands.Translator):
    """Knows a few words."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Translate into German."""
        if locale is not discord.Locale.german or context.location is Location.other:
            return None
        return GERMAN.get(string.message)


class Painter(QuickClient):
    """Has one command, in two languages."""

    def __init__(self) -> None:
        super().__init__(discord.Intents.default())
        paint = app_commands.Group(name="paint", description="Paint")

        @paint.command(name="wall", description="Paint a wall")
        @app_commands.choices(color=[app_commands.Choice(name="red", value="#f00")])
        async def wall(
            interaction: discord.Interaction, color: app_commands.Choice[str], coats: int = 1
        ) -> None:
            await interaction.response.send_message(f"{color.value}, {coats}")

        self.tree.add_command(paint)

    async def setup_hook(self) -> None:
        """Register the command."""
        await self.tree.set_translator(German())
        await self.tree.sync()


async def test_a_command_in_the_members_language(simulator: Simulator) -> None:
    """A member who has Discord in German types German names, and the bot gets its own."""
    async with running(Painter(), simulator):
        simulator.people.set_locale("ada", "de")
        typed = {"farbe": "rot", "coats": "2"}
        german = simulator.people.invoke(Invocation("/malen wand", user="ada", texts=typed))
        assert german.command_name == "paint wall"
        simulator.people.invoke(
            Invocation("paint", "wall", user="ben", texts={"color": "red", "coats": "3"})
        )
        answers = {"#f00, 2", "#f00, 3"}
        await simulator.until(
            lambda: {m.content for m in simulator.world.messages.values()} == answers
        )


async def test_lists_have_localisations_on_request(simulator: Simulator) -> None:
    """As Discord does, the simulator lists dictionaries only where they are asked for."""
    client = Painter()
    async with running(client, simulator):
        (plain,) = simulator.commands.listed(None)
        assert "localizations" not in str(plain)
        (full,) = simulator.commands.listed(None, localized=True)
        (wall,) = full["options"]
        assert wall["name_localizations"] == {"de": "wand"}
        assert wall["description_localizations"] == {"de": "Eine Wand streichen"}
        assert wall["options"][0]["choices"][0]["name_localizations"] == {"de": "rot"}


def option(name: str, **localised: str) -> dict[str, Any]:
    """A text option."""
    texts: dict[str, Any] = {"name_localizations": localised}
    return {"type": 3, "name": name, "description": "x", **texts}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name_localizations": {"de": "Malen"}}, "APPLICATION_COMMAND_INVALID_NAME"),
        ({"name_localizations": {"de": "auf malen"}}, "APPLICATION_COMMAND_INVALID_NAME"),
        ({"name_localizations": {"de": "m" * 33}}, "APPLICATION_COMMAND_INVALID_NAME"),
        ({"name_localizations": {"deutsch": "malen"}}, "ENUM_TYPE_COERCE"),
        ({"description_localizations": {"de": "m" * 101}}, "BASE_TYPE_BAD_LENGTH"),
        ({"description_localizations": {"de": ""}}, "BASE_TYPE_BAD_LENGTH"),
        (
            {"options": [option("a", de="gleich"), option("b", de="gleich")]},
            "APPLICATION_COMMAND_OPTIONS_NAME_INVALID",
        ),
        (
            {"options": [option("a", de="b"), option("b")]},
            "APPLICATION_COMMAND_OPTIONS_NAME_INVALID",
        ),
    ],
)
async def test_what_discord_refuses(
    simulator: Simulator, change: dict[str, Any], code: str
) -> None:
    """Wrong names, unknown languages, long descriptions and doubles are refused with 50035."""
    good: dict[str, Any] = {
        "name": "paint",
        "description": "Paint",
        "name_localizations": {"de": "malen", "ja": "えがく"},
        "options": [option("a", de="b"), option("b", de="a")],
    }
    simulator.commands.replace_all(None, [good])
    with pytest.raises(ApiError) as caught:
        simulator.commands.replace_all(None, [good | change])
    assert caught.value.code == 50035
    assert code in str(caught.value.body())


async def test_two_commands_of_one_name(simulator: Simulator) -> None:
    """Two commands cannot have the same name in one language."""
    commands = [
        {"name": name, "description": "x", "name_localizations": {"de": "malen"}}
        for name in ("paint", "draw")
    ]
    with pytest.raises(ApiError) as caught:
        simulator.commands.replace_all(None, commands)
    assert "APPLICATION_COMMANDS_DUPLICATE_NAME" in str(caught.value.body())
