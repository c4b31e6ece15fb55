"""Builds the feature of `/settings`."""

from bot.feature import Feature
from bot.guilds.card import FEATURE
from bot.guilds.command import make_group
from bot.guilds.service import GuildService


def feature(guilds: GuildService) -> Feature:
    """Build `/settings` and its components."""
    group, pressed = make_group(guilds)
    return Feature(commands=[group], buttons={FEATURE: pressed}, guild_data=[guilds])
