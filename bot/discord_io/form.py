"""The base of all forms."""

from typing import cast

import discord

from bot.discord_io import answers
from bot.discord_io.components import Interaction, Router
from bot.languages.speech import decorate, is_decorated

SECONDS = 900.0  # until an open form expires


class Form(discord.ui.Modal):
    """A form that speaks the member's language and tells them about errors."""

    def __init__(self, title: str) -> None:
        super().__init__(title=title, timeout=SECONDS)
        self._decorated = is_decorated()  # where it is opened, and so where it is handled

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        """Take the interaction up, as the client does with others."""
        cast(Router, interaction.client).take_up(interaction)
        decorate(self._decorated)
        return True

    async def on_error(  # type: ignore[override]  # a form's has no item, in discord.py itself
        self, interaction: Interaction, error: Exception, /
    ) -> None:
        """Tell the member."""
        await answers.tell(interaction, error)
