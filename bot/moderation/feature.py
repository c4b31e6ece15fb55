"""Builds the feature of blocks, of switched-off features, and of the moderators' log."""

import asyncio
import logging

import discord

from bot.discord_io import answers
from bot.discord_io.components import Interaction
from bot.feature import Feature
from bot.guilds.rules import check_on
from bot.guilds.service import GuildService
from bot.moderation.command import make_group
from bot.moderation.log import LogWriter
from bot.moderation.log_store import LogStore
from bot.moderation.service import ENFORCE_SECONDS, BlockService

log = logging.getLogger(__name__)

PRIVACY = "privacy"  # the feature that works for everybody


def feature(
    blocks: BlockService,
    entries: LogStore,
    writer: LogWriter,
    guilds: GuildService,
    interval: float = ENFORCE_SECONDS,
) -> Feature:
    """Build `/block`, the check of every command and button, and the log."""

    async def check(interaction: Interaction, name: str) -> None:
        if name == PRIVACY:
            return
        guild_id = answers.guild_of(interaction)
        typing = interaction.type is discord.InteractionType.autocomplete
        await blocks.check(guild_id, interaction.user.id, quietly=typing)
        check_on(await guilds.settings(guild_id), name)

    async def enforce() -> None:
        while True:
            try:
                await blocks.enforce()
            except Exception:  # the database may be back in a moment
                log.exception("blocks were not enforced; next try in %.0f s", interval)
            await asyncio.sleep(interval)

    return Feature(
        commands=[make_group(blocks)],
        tasks=[enforce, writer.run],
        personal_data={"blocks": blocks.store, "moderators_log": entries},
        guild_data=[blocks.store, entries],
        checks=[check],
    )
