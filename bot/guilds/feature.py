"""Builds the feature of `/settings`."""

from bot.feature import Feature
from bot.guilds.card import FEATURE
from bot.guilds.command import make_group
from bot.guilds.house_rules import Surroundings
from bot.guilds.painting_time import PaintingTime
from bot.guilds.service import GuildService
from bot.jobs.data import JobData


def feature(guilds: GuildService, data: JobData, around: Surroundings) -> Feature:
    """Build `/settings` and its components."""
    group, pressed = make_group(guilds, around)
    return Feature(
        commands=[group],
        buttons={FEATURE: pressed},
        guild_data=[guilds],
        personal_data={"painting_time": PaintingTime(guilds, data)},
    )
