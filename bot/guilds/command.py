"""`/settings show`, `set`, `words`, `rules` and `allowance`; `set` and `rules` show panels."""

from collections.abc import Mapping

import discord
from discord import app_commands

from bot.discord_io import answers
from bot.discord_io.components import Handler, Interaction, Press
from bot.guilds.rules import check_manager
from bot.guilds.rules_panel import RulesPanel, SettingEffects
from bot.guilds.service import GuildService
from bot.guilds.settings_forms import WordsForm
from bot.guilds.settings_panel import SettingsPanel

LONGEST_MESSAGE = 2000  # characters, of Discord
MOST_SECONDS = 1_000_000  # of painting, that a server may write


def make_group(guilds: GuildService, effects: SettingEffects) -> tuple[app_commands.Group, Handler]:
    """Make the group, and the handler of the components of both panels."""
    settings_shown, rules_shown = SettingsPanel(guilds), RulesPanel(guilds, effects)
    group = app_commands.Group(
        name="settings",
        description="How the bot works in this server",
        guild_only=True,
        default_permissions=discord.Permissions(manage_guild=True),
    )

    # A server can open a command to all members, so each command checks for managers itself.

    @group.command(name="show", description="Show the settings of this server")
    async def show(interaction: Interaction) -> None:
        check_manager(answers.member_of(interaction))
        guild_id = interaction.guild_id or 0
        settings, rules = await settings_shown.text(guild_id), await rules_shown.text(guild_id)
        together = f"{settings}\n{rules}"
        if len(together) <= LONGEST_MESSAGE:
            await interaction.response.send_message(together, ephemeral=True)
            return
        await interaction.response.send_message(settings, ephemeral=True)
        await interaction.followup.send(rules, ephemeral=True)

    @group.command(name="set", description="Change the settings of this server")
    async def change(interaction: Interaction) -> None:
        check_manager(answers.member_of(interaction))
        await settings_shown.show(interaction)

    @group.command(name="words", description="Words that names, titles and themes may not have")
    async def words(interaction: Interaction) -> None:
        check_manager(answers.member_of(interaction))
        settings = await guilds.settings(interaction.guild_id or 0)
        await interaction.response.send_modal(WordsForm(settings, store))

    @group.command(name="rules", description="Who may do what, what is switched off, and the log")
    async def rules(interaction: Interaction) -> None:
        check_manager(answers.member_of(interaction))
        await rules_shown.show(interaction)

    @group.command(name="allowance", description="How long each member's paintings may take")
    @app_commands.describe(
        role="For whom; without it, for everyone. The largest of a member's roles counts",
        per_hour="Seconds of painting in an hour; without it, as many as they like",
        per_day="Seconds of painting in a day; without it, as many as they like",
    )
    async def allowance(
        interaction: Interaction,
        role: discord.Role | None = None,
        per_hour: app_commands.Range[int, 1, MOST_SECONDS] | None = None,
        per_day: app_commands.Range[int, 1, MOST_SECONDS] | None = None,
    ) -> None:
        check_manager(answers.member_of(interaction))
        if (role, per_hour, per_day) == (None, None, None):  # a look, not a limit to take away
            await rules_shown.show(interaction)
            return
        role_id = role.id if role is not None else interaction.guild_id or 0
        await rules_shown.allow(interaction, role_id, per_hour, per_day)

    async def store(interaction: Interaction, changes: Mapping[str, object]) -> None:
        await guilds.change(answers.member_of(interaction), changes)

    async def pressed(interaction: Interaction, press: Press) -> None:
        check_manager(answers.member_of(interaction))
        panel = rules_shown if press.path[0] in rules_shown.changes else settings_shown
        await panel.pressed(interaction, press)

    return group, pressed
