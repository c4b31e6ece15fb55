"""The app: the bot's parts, the list of its features, and its run."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial

from bot.app.core import Core
from bot.app.from_settings import DAY
from bot.app.running import log_in, paint, stop_as_asked, wind_down
from bot.app.timing import Timing
from bot.background import BackgroundTasks
from bot.challenges.command import ChallengeCommands
from bot.challenges.feature import feature as challenges_feature
from bot.challenges.panel import StatusPanel
from bot.challenges.pictures import NumberedPictures
from bot.departures.feature import feature as departures_feature
from bot.discord_io.client import MuralscapeClient
from bot.executors.contract import Executor
from bot.feature import Feature, add_to_client
from bot.guilds.feature import feature as settings_feature
from bot.guilds.rules_panel import SettingEffects
from bot.moderation.feature import feature as moderation_feature
from bot.moderation.log import LogWriter
from bot.mural.feature import feature as mural_feature
from bot.muralize.feature import feature as muralize_feature
from bot.own_paintings.feature import feature as paintings_feature
from bot.pictures.decoder import Decoder
from bot.pictures.retention import sweep_forever
from bot.privacy.feature import feature as privacy_feature
from bot.queue.feature import feature as queue_feature
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.folder import locked, make_ready
from bot.storage.shard import Shard, ShardLock
from bot.styles.feature import feature as styles_feature
from bot.web.pages import Pages

log = logging.getLogger(__name__)


class App:
    """The bot around an executor. `clock` gives Unix seconds; bots may share a decoder."""

    def __init__(
        self,
        settings: Settings,
        executor: Executor,
        timing: Timing | None = None,
        clock: Callable[[], float] = time.time,
        decoder: Decoder | None = None,
    ) -> None:
        timing = timing or Timing()
        web, discord = settings.web, settings.discord
        database = Database(settings.database)
        shard = Shard(discord.shard_id, discord.shard_count)
        self._shard_lock = ShardLock(database, shard)
        self.pages = Pages(
            web.host,
            web.port,
            web.admin_port,
            discord.api_base,
            database,
            executor,
            timing.probe_seconds,
        )
        self.client = MuralscapeClient(
            discord.api_base,
            discord.cdn_base,
            settings.data_dir / "commands-synced",
            self.pages.trace,
            self.pages.linked,
            shard,
        )
        self.core = Core(
            settings, database, shard, self.client, executor, decoder or Decoder(), timing, clock
        )
        self.jobs = self.core.jobs
        self.challenges = self.core.challenges
        self._features = build_features(self.core)
        for feature in self._features:
            add_to_client(feature, self.client)
            self.pages.add(feature.pages)
            self.core.retention.add_users(feature.pictures_in_use)

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set; then finish the paintings under way, or queue them again.

        Raises the error that ends the connection to Discord or the executor for good.
        """
        core = self.core
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.pages)
            await self._open_storage(stack)
            probing = await stack.enter_async_context(BackgroundTasks(self.pages.task_failed))
            probing.keep("probe", self.pages.probe)  # also while Discord cannot be reached
            await stack.enter_async_context(core.intake)
            stack.push_async_callback(self.client.close)
            async with BackgroundTasks() as connecting:
                connecting.start(log_in(self.client, core.settings.discord))
                await connecting.until(stop)
            if stop.is_set():
                return
            async with BackgroundTasks(self.pages.task_failed) as tasks:
                for feature in self._features:
                    for task in feature.tasks:
                        tasks.keep(getattr(task, "__qualname__", "a feature's"), task)
                tasks.keep("sweep", self._sweep)
                tasks.keep("lag", self.pages.watch)
                tasks.keep("cancelling", partial(stop_as_asked, self.jobs))
                # Without these three the bot is of no use, and its supervisor should know.
                tasks.start(self.client.connect())
                tasks.start(self._shard_lock.watch())
                tasks.start(paint(core.executor, core.dispatcher, stack))
                log.info("the bot is up")
                await tasks.until(stop)
                grace = core.settings.limits.shutdown_seconds
                await wind_down(self._features, core.dispatcher, grace)

    async def _open_storage(self, stack: AsyncExitStack) -> None:
        core = self.core
        await asyncio.to_thread(make_ready, core.settings.data_dir)
        stack.enter_context(locked(core.settings.data_dir))
        stack.push_async_callback(core.database.close)
        await stack.enter_async_context(self._shard_lock)
        await core.database.upgrade()
        await core.pictures.open()
        await core.retention.open()
        await stack.enter_async_context(core.decoder)
        await self.jobs.recover()
        await self.pages.follow(self.jobs)
        await core.links.open()

    async def _sweep(self) -> None:
        core = self.core
        retention = core.settings.limits.retention_days * DAY
        await sweep_forever(core.job_data.forget, core.retention, core.clock, retention)


def build_features(core: Core) -> Sequence[Feature]:
    """Build all features. The last ones act on the ones before, so they are built from them."""
    features = _member_features(core)
    features += _moderation_features(core, features)
    features.append(_departures_feature(core, features))
    features.append(privacy_feature(features, core.job_data, core.retention))
    return features


def _member_features(core: Core) -> list[Feature]:
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
            core.guilds,
            core.styles,
            core.pictures,
            core.decoder,
            core.links,
            core.client,
            challenge_commands.enter,
            core.timing.cards,
            core.timing.delivery,
            core.timing.long_wait,
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
    effects = SettingEffects(ends, writer.problem, writer.retry)
    return [
        settings_feature(core.guilds, core.job_data, effects),
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
