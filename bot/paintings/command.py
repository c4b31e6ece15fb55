"""`/paintings`."""

from collections.abc import Awaitable, Callable

from discord import app_commands

from bot.discord_io.answers import Interaction
from bot.feature import Command

ShowPage = Callable[[Interaction, int], Awaitable[None]]


def make_command(show_page: ShowPage) -> Command:
    """Make the command, which works in servers and in direct messages with the bot."""

    @app_commands.command(name="paintings", description="Your own finished paintings")
    @app_commands.allowed_contexts(guilds=True, dms=True)
    async def paintings(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await show_page(interaction, 0)

    return paintings
