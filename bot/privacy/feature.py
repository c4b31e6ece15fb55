"""Builds the feature of `/privacy`."""

from collections.abc import Sequence

from bot.feature import Feature
from bot.jobs.data import JobData
from bot.pictures.retention import PictureRetention
from bot.privacy.command import FEATURE, make_group
from bot.privacy.service import PrivacyService


def feature(features: Sequence[Feature], data: JobData, retention: PictureRetention) -> Feature:
    """Build `/privacy` over the personal data of the other features and the jobs."""
    sources = {name: source for other in features for name, source in other.personal_data.items()}
    group, pressed = make_group(PrivacyService(sources, data, retention))
    return Feature(name=FEATURE, commands=[group], buttons={FEATURE: pressed})
