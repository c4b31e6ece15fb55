"""The list of the bot's features."""

from collections.abc import Sequence

from bot.app.core import Core
from bot.app.from_settings import DAY
from bot.challenges.command import ChallengeCommands
from bot.challenges.feature import feature as challenges_feature
from bot.challenges.panel import StatusPanel
from bot.challenges.pictures import NumberedPictures
from bot.departures.feature import feature as departures_feature
from bot.feature import Feature
from bot.guilds.feature import feature as settings_feature
from bot.guilds.house_rules import Surroundings
from bot.moderation.feature import feature as moderation_feature
from bot.moderation.log import LogWriter
from bot.mural.feature import feature as mural_feature
from bot.muralize.feature import feature as muralize_feature
from bot.paintings.feature import feature as paintings_feature
from bot.privacy.feature import feature as privacy_feature
from bot.queue.feature import feature as queue_feature
from bot.styles.feature import feature as styles_feature


def build_features(core: Core) -> Sequence[Feature]:
    """Build all features. The last ones are built of those before, which they concern."""
    features = _painting_features(core)
    features += _moderation_features(core, features)
    features.append(_departures_feature(core, features))
    features.append(privacy_feature(features, core.job_data, core.retention))
    return features


def _painting_features(core: Core) -> list[Feature]:
    numbered = NumberedPictures(core.pictures, core.decoder)
    panel = StatusPanel(core.challenges.announcements, numbered)
    challenge_commands = ChallengeCommands(
        core.challenges, core.guilds, core.jobs, core.intake, numbered, panel
    )
    return [
        muralize_feature(
            core.muralize,
            core.requests,
            core.jobs,
            core.job_data,
            core.styles,
            core.pictures,
            core.decoder,
            core.links,
            core.client,
            challenge_commands.enter,
            core.timing.cards,
            core.timing.delivery,
            core.clock,
        ),
        paintings_feature(
            core.jobs,
            core.guilds,
            core.pictures,
            core.decoder,
            core.links.to,
            core.settings.limits.retention_days * DAY,
        ),
        queue_feature(core.jobs, core.admission, core.guilds, core.executor, core.clock),
        styles_feature(core.styles, core.intake),
        challenges_feature(
            core.challenges,
            challenge_commands,
            core.guilds,
            core.decoder,
            core.client,
            core.shard,
            core.departures.has,
            core.settings.web.public_url,
            numbered,
            panel,
            core.timing.announcements,
            core.clock,
        ),
        mural_feature(
            core.murals,
            core.styles,
            core.guilds,
            core.jobs,
            core.admission,
            core.intake,
            core.retention,
            core.links,
            core.client,
            core.check_block,
            core.timing.murals,
            core.clock,
        ),
    ]


def _moderation_features(core: Core, others: Sequence[Feature]) -> list[Feature]:
    """Build `/settings`, `/block` and the log."""
    writer = LogWriter(
        core.client,
        core.log,
        core.guilds,
        core.new_nonce,
        core.clock,
        core.timing.log_pause,
    )
    ends = {feature.name: feature.guild_data for feature in others if feature.name}
    around = Surroundings(ends, writer.problem, writer.retry)
    return [
        settings_feature(core.guilds, core.job_data, around),
        moderation_feature(core.blocks, core.log, writer, core.guilds, core.timing.blocks),
    ]


def _departures_feature(core: Core, others: Sequence[Feature]) -> Feature:
    return departures_feature(
        others,
        core.departures,
        core.job_data,
        core.retention,
        core.client,
        core.access,
        core.shard,
        core.clock,
        grace=core.settings.limits.departed_days * DAY,
        interval=core.timing.departures,
    )
