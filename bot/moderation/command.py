"""`/block member`, `/block lift` and `/block list`."""

import discord
from discord import app_commands

from bot.discord_io import answers
from bot.discord_io.components import Interaction
from bot.errors import Refused
from bot.languages.speech import _
from bot.moderation import card
from bot.moderation.rules import LONGEST_REASON
from bot.moderation.service import BlockService
from bot.people import Member
from bot.texts import clean

LONGEST_DAYS = 3650.0


def make_group(blocks: BlockService) -> app_commands.Group:
    """Make the group, for moderators."""
    group = app_commands.Group(
        name="block",
        description="Members who may not use this bot in this server",
        guild_only=True,
        default_permissions=discord.Permissions(manage_messages=True),
    )

    @group.command(name="member", description="Keep a member from using this bot here")
    @app_commands.describe(
        member="The member",
        reason="Why; the member reads this once",
        days="For how many days; without it, until it is lifted",
    )
    async def block(
        interaction: Interaction,
        member: discord.User,
        reason: app_commands.Range[str, 1, LONGEST_REASON] | None = None,
        days: app_commands.Range[float, 0.01, LONGEST_DAYS] | None = None,
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        if member.bot:  # this one orders the tiles of murals that nobody painted
            raise Refused(_("Bots cannot be blocked."))
        made = await blocks.block(
            answers.member_of(interaction),
            _described(interaction, member),
            clean(reason or "").rstrip(" ."),
            days,
        )
        await interaction.edit_original_response(content=card.blocked(made))

    @group.command(name="lift", description="Let a member use this bot again")
    @app_commands.describe(member="The member")
    async def lift(interaction: Interaction, member: discord.User) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        lifted = await blocks.lift(answers.member_of(interaction), member.id)
        await interaction.edit_original_response(content=card.lifted(lifted))

    @group.command(name="list", description="Show who is blocked in this server")
    async def show(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        shown = await blocks.of(interaction.guild_id or 0)
        await interaction.edit_original_response(content=card.listing(shown))

    return group


def _described(interaction: Interaction, target: discord.User | discord.Member) -> Member:
    """Describe the member to block; a former member has no permissions."""
    held = target.guild_permissions if isinstance(target, discord.Member) else None
    return Member(
        id=target.id,
        guild_id=interaction.guild_id or 0,
        manages=held is not None and held.manage_guild,
        moderates=held is not None and held.manage_messages,
        name=clean(target.display_name)[: answers.LONGEST_NAME],
    )
