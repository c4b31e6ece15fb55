"""`/paintings`."""

from collections.abc import Awaitable, Callable

from discord import app_commands

from bot.discord_io.components import Interaction
from bot.feature import Command

ShowPage = Callable[[Interaction, int], Awaitable[None]]


def make_command(show_page: ShowPage) -> Command:
    """Make the command, which works wherever the bot is installed."""

    @app_commands.command(name="paintings", description="Your own finished paintings")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def paintings(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await show_page(interaction, 0)

    return paintings
