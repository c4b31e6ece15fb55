"""Builds the feature of the style libraries."""

from bot.feature import Feature
from bot.guilds.model import Switch
from bot.pictures.intake import Intake
from bot.styles.card import FEATURE
from bot.styles.command import make_group
from bot.styles.service import StyleService


def feature(styles: StyleService, intake: Intake) -> Feature:
    """Build `/style` and its buttons."""
    group, pressed = make_group(styles, intake)
    return Feature(
        name=Switch.STYLES,
        commands=[group],
        buttons={FEATURE: pressed},
        pictures_in_use=[styles.store],
        personal_data={"styles": styles.store},
        guild_data=[styles],
    )
