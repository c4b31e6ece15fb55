"""The base of all forms."""

from typing import cast

import discord

from bot.discord_io import answers
from bot.discord_io.components import Router


class Form(discord.ui.Modal):
    """A form that speaks the member's language and tells them about errors."""

    async def interaction_check(self, interaction: discord.Interaction[discord.Client], /) -> bool:
        """Take the interaction up, as the client does with others."""
        cast(Router, interaction.client).take_up(interaction)
        return True

    async def on_error(  # type: ignore[override]  # a form's has no item, in discord.py itself
        self, interaction: discord.Interaction[discord.Client], error: Exception, /
    ) -> None:
        """Tell the member."""
        await answers.tell(interaction, error)
