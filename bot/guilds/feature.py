"""Builds the feature of `/settings`."""

from bot.discord_io import answers
from bot.discord_io.components import Interaction
from bot.feature import Feature
from bot.guilds.command import make_group
from bot.guilds.menus import FEATURE
from bot.guilds.painting_time import PaintingTime
from bot.guilds.rules_panel import SettingEffects
from bot.guilds.service import GuildService
from bot.jobs.data import JobData
from bot.languages.speech import decorate


def feature(guilds: GuildService, data: JobData, effects: SettingEffects) -> Feature:
    """Build `/settings` and its components; answers have emoji where the server wants them."""

    async def check(interaction: Interaction, _: str) -> None:
        decorate((await guilds.settings(answers.guild_of(interaction))).emoji)

    group, pressed = make_group(guilds, effects)
    return Feature(
        commands=[group],
        buttons={FEATURE: pressed},
        guild_data=[guilds],
        personal_data={"painting_time": PaintingTime(guilds, data)},
        checks=[check],
    )
