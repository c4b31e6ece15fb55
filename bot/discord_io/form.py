"""The base of all forms."""

import discord

from bot.discord_io import answers
from bot.languages.speech import speak


class Form(discord.ui.Modal):
    """A form that speaks the member's language and tells them about errors."""

    async def interaction_check(self, interaction: discord.Interaction[discord.Client], /) -> bool:
        """Speak the member's language while the form is handled."""
        speak(interaction.locale.value)
        return True

    async def on_error(  # type: ignore[override]  # a form's has no item, in discord.py itself
        self, interaction: discord.Interaction[discord.Client], error: Exception, /
    ) -> None:
        """Tell the member."""
        await answers.tell(interaction, error)
