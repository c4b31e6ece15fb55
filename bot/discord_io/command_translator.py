"""The names and descriptions of commands in the languages of members."""

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Location

from bot.languages.speech import FILES, pgettext, speaking

PLACES = {  # of discord.py -> the context of the message
    Location.command_name: "command",
    Location.group_name: "command",
    Location.parameter_name: "option",
    Location.choice_name: "choice",
    Location.command_description: "description",
    Location.group_description: "description",
    Location.parameter_description: "description",
}


class CommandNames(app_commands.Translator):
    """Gives discord.py the texts of commands in every language that has a catalogue."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Translate a text; None where it stays as it is."""
        if locale.value not in FILES:
            return None
        with speaking(locale.value):
            text = str(pgettext(place_of(context), string.message))
        return None if text == string.message else text


def place_of(context: app_commands.TranslationContextTypes) -> str:
    """Say where a text of a command stands, as in `bot.languages.speech.PLACES`."""
    if isinstance(context.data, app_commands.ContextMenu):
        return "menu"
    return PLACES[context.location]
