"""The app: every object of the bot, the list of its features, and its run."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial

from bot.app.from_settings import (
    DAY,
    build_intake,
    build_links,
    ceilings_of,
    films_of,
    outside_of,
)
from bot.app.running import log_in, paint, stop_as_asked, wind_down
from bot.app.timing import Timing
from bot.background import BackgroundTasks
from bot.challenges.announcement_store import AnnouncementStore
from bot.challenges.command import ChallengeCommands
from bot.challenges.feature import feature as challenges_feature
from bot.challenges.panel import StatusPanel
from bot.challenges.pictures import NumberedPictures
from bot.challenges.service import ChallengeService
from bot.challenges.store import ChallengeStore
from bot.departures.feature import feature as departures_feature
from bot.departures.store import DepartureStore
from bot.discord_io.access import Access
from bot.discord_io.client import MuralscapeClient
from bot.executors.contract import Executor
from bot.feature import Feature, add_to_client
from bot.guilds.feature import feature as settings_feature
from bot.guilds.rules_panel import Surroundings
from bot.guilds.service import GuildService
from bot.guilds.store import GuildStore
from bot.jobs.admission import Admission
from bot.jobs.data import JobData
from bot.jobs.dispatcher import Dispatcher
from bot.jobs.estimator import Estimator
from bot.jobs.schedule import Schedule
from bot.jobs.service import JobService
from bot.jobs.store import JobStore
from bot.jobs.verification import check_painting
from bot.moderation.feature import feature as moderation_feature
from bot.moderation.log import LogWriter
from bot.moderation.log_store import LogStore
from bot.moderation.service import BlockService
from bot.moderation.store import BlockStore
from bot.mural.feature import feature as mural_feature
from bot.mural.service import MuralService
from bot.mural.store import MuralStore
from bot.muralize.feature import feature as muralize_feature
from bot.muralize.service import MuralizeService
from bot.muralize.store import RequestStore
from bot.paintings.feature import feature as paintings_feature
from bot.pictures.decoder import Decoder
from bot.pictures.ledger import PictureLedger
from bot.pictures.retention import PictureRetention, sweep_forever
from bot.pictures.store import PictureStore
from bot.privacy.feature import feature as privacy_feature
from bot.queue.feature import feature as queue_feature
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.folder import locked, make_ready
from bot.storage.shard import Shard, ShardLock
from bot.styles.feature import feature as styles_feature
from bot.styles.model import Starter
from bot.styles.service import StyleService
from bot.styles.store import StyleStore
from bot.web.pages import Pages
from engine.samples import STYLES
from engine.work import work_of

log = logging.getLogger(__name__)

MINUTE = 60.0  # seconds


class App:
    """The bot around an executor. `clock` gives Unix seconds; a decoder may be shared by bots."""

    def __init__(
        self,
        settings: Settings,
        executor: Executor,
        timing: Timing | None = None,
        clock: Callable[[], float] = time.time,
        decoder: Decoder | None = None,
    ) -> None:
        timing = timing or Timing()
        self._settings = settings
        self._executor = executor
        self._clock = clock
        self._database = Database(settings.database)
        self._pictures = PictureStore(settings.data_dir / "pictures")
        self._decoder = decoder or Decoder()
        self._shard = Shard(settings.discord.shard_id, settings.discord.shard_count)
        self._shard_lock = ShardLock(self._database, self._shard)
        self._random = random.SystemRandom()  # nonces and seeds must not be guessed
        self._log = LogStore(self._database, self._has_log, clock, self._shard)
        store = JobStore(self._database, self._shard)
        ledger = PictureLedger(self._database)
        self._retention = PictureRetention(self._pictures, ledger, [store], clock)
        schedule = Schedule(Estimator(), work_of)
        self.jobs = JobService(store, self._retention, schedule, clock, self._random, self._log)
        self._admission = Admission(store, schedule, clock)
        self._data = JobData(store, self.jobs.change, self._retention, clock)
        self._dispatcher = Dispatcher(
            self.jobs, executor, self._retention, partial(check_painting, self._decoder)
        )
        api_base, web = settings.discord.api_base, settings.web
        self.pages = Pages(
            web.host,
            web.port,
            web.admin_port,
            api_base,
            self._database,
            executor,
            timing.probe_seconds,
        )
        self.client = MuralscapeClient(
            api_base,
            settings.discord.cdn_base,
            settings.data_dir / "commands-synced",
            self.pages.trace,
            self.pages.linked,
            self._shard,
        )
        self._access = Access(self.client)
        self._departures = DepartureStore(self._database, self._shard)
        self._intake = build_intake(settings, self._retention, self._decoder)
        self._links = build_links(settings, clock)
        self._guilds = self._build_guilds()
        self.challenges: ChallengeService
        self._features = self._build_features(timing)
        for feature in self._features:
            add_to_client(feature, self.client)
            self.pages.add(feature.pages)
            self._retention.add_users(feature.pictures_in_use)

    def _build_features(self, timing: Timing) -> Sequence[Feature]:
        """Build the services that features share, and the list of features."""
        clock, limits = self._clock, self._settings.limits
        guilds = self._guilds
        styles = self._build_styles(guilds)
        self.challenges = self._build_challenges(guilds)
        numbered = NumberedPictures(self._pictures, self._decoder)
        panel = StatusPanel(self.challenges.announcements, numbered)
        challenge_commands = ChallengeCommands(
            self.challenges, guilds, self.jobs, self._intake, numbered, panel
        )
        blocks = BlockService(BlockStore(self._database), self._data, self._log, clock)
        check_block = partial(blocks.check, quietly=True)
        requests = RequestStore(self._database, self._shard)
        muralize = MuralizeService(
            self.jobs,
            self._admission,
            self._intake,
            requests,
            guilds,
            styles,
            self._access,
            check_block,
            usual_size=limits.usual_size,
            films=films_of(limits),
            remember_seconds=timing.remember,
            clock=clock,
            rng=self._random,
        )
        features = [
            muralize_feature(
                muralize,
                requests,
                self.jobs,
                self._data,
                styles,
                self._pictures,
                self._decoder,
                self._links,
                self.client,
                challenge_commands.enter,
                timing.cards,
                timing.delivery,
                clock,
            ),
            paintings_feature(
                self.jobs,
                guilds,
                self._pictures,
                self._decoder,
                self._links.to,
                limits.retention_days * DAY,
            ),
            queue_feature(self.jobs, self._admission, guilds, self._executor, clock),
            styles_feature(styles, self._intake),
            challenges_feature(
                self.challenges,
                challenge_commands,
                guilds,
                self._decoder,
                self.client,
                self._shard,
                self._departures.has,
                self._settings.web.public_url,
                numbered,
                panel,
                timing.announcements,
                clock,
            ),
            mural_feature(
                self._build_murals(guilds),
                styles,
                guilds,
                self.jobs,
                self._admission,
                self._intake,
                self._retention,
                self._links,
                self.client,
                check_block,
                timing.murals,
                clock,
            ),
        ]
        features += self._build_moderation(blocks, features, timing)
        departures = departures_feature(
            features,
            self._departures,
            self._data,
            self._retention,
            self.client,
            self._access,
            self._shard,
            clock,
            grace=limits.departed_days * DAY,
            interval=timing.departures,
        )
        return [*features, departures, privacy_feature(features, self._data, self._retention)]

    def _build_moderation(
        self, blocks: BlockService, features: Sequence[Feature], timing: Timing
    ) -> list[Feature]:
        """Build `/settings`, `/block` and the log, which concern all other features."""
        writer = LogWriter(
            self.client,
            self._log,
            self._guilds,
            lambda: str(self._random.getrandbits(63)),
            self._clock,
            timing.log_pause,
        )
        ends = {feature.name: feature.guild_data for feature in features if feature.name}
        around = Surroundings(ends, writer.problem, writer.retry)
        return [
            settings_feature(self._guilds, self._data, around),
            moderation_feature(blocks, self._log, writer, self._guilds, timing.blocks),
        ]

    async def _has_log(self, guild_id: int) -> bool:
        return await self._guilds.has_log(guild_id)

    def _build_guilds(self) -> GuildService:
        limits, store = self._settings.limits, GuildStore(self._database)
        return GuildService(
            store,
            ceilings_of(limits),
            outside_of(limits),
            self._access.existing,
            self._access.language,
        )

    def _build_styles(self, guilds: GuildService) -> StyleService:
        store = StyleStore(self._database)
        starters = [Starter(style.title, style.path) for style in STYLES]
        return StyleService(
            store, self._retention, self._decoder, guilds, starters, self._clock, self._log
        )

    def _build_challenges(self, guilds: GuildService) -> ChallengeService:
        return ChallengeService(
            ChallengeStore(self._database, self._shard),
            AnnouncementStore(
                self._database, lambda: str(self._random.getrandbits(63)), self._shard
            ),
            self._retention,
            self._decoder,
            guilds,
            self.jobs,
            self._clock,
            self._random,
            self._log,
        )

    def _build_murals(self, guilds: GuildService) -> MuralService:
        limits = self._settings.limits
        return MuralService(
            MuralStore(self._database, self._shard),
            self._retention,
            self._decoder,
            guilds,
            self.jobs,
            self._admission,
            self._clock,
            self._random,
            tile_side=limits.mural_tile,
            hold=limits.mural_claim_minutes * MINUTE,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set; then finish the paintings under way, or queue them again.

        Raises the error that ends the connection to Discord or the executor for good.
        """
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.pages)
            await self._open_storage(stack)
            probing = await stack.enter_async_context(BackgroundTasks(self.pages.task_failed))
            probing.keep("probe", self.pages.probe)  # also while Discord cannot be reached
            await stack.enter_async_context(self._intake)
            stack.push_async_callback(self.client.close)
            async with BackgroundTasks() as connecting:
                connecting.start(log_in(self.client, self._settings.discord))
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
                tasks.start(paint(self._executor, self._dispatcher, stack))
                log.info("the bot is up")
                await tasks.until(stop)
                grace = self._settings.limits.shutdown_seconds
                await wind_down(self._features, self._dispatcher, grace)

    async def _open_storage(self, stack: AsyncExitStack) -> None:
        await asyncio.to_thread(make_ready, self._settings.data_dir)
        stack.enter_context(locked(self._settings.data_dir))
        stack.push_async_callback(self._database.close)
        await stack.enter_async_context(self._shard_lock)
        await self._database.upgrade()
        await self._pictures.open()
        await self._retention.open()
        await stack.enter_async_context(self._decoder)
        await self.jobs.recover()
        await self.pages.follow(self.jobs)
        await self._links.open()

    async def _sweep(self) -> None:
        retention = self._settings.limits.retention_days * DAY
        await sweep_forever(self._data.forget, self._retention, self._clock, retention)
