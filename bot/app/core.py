"""The stores and services that features are built of."""

import random
from collections.abc import Callable
from functools import partial

from bot.app.from_settings import (
    MINUTE,
    build_intake,
    build_links,
    ceilings_of,
    films_of,
    outside_of,
)
from bot.app.timing import Timing
from bot.challenges.announcement_store import AnnouncementStore
from bot.challenges.service import ChallengeService
from bot.challenges.store import ChallengeStore
from bot.departures.store import DepartureStore
from bot.discord_io.access import Access
from bot.discord_io.client import MuralscapeClient
from bot.executors.contract import Executor
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
from bot.moderation.log_store import LogStore
from bot.moderation.service import BlockService
from bot.moderation.store import BlockStore
from bot.mural.service import MuralService
from bot.mural.store import MuralStore
from bot.muralize.job_maker import JobMaker
from bot.muralize.service import MuralizeService
from bot.muralize.store import RequestStore
from bot.pictures.decoder import Decoder
from bot.pictures.ledger import PictureLedger
from bot.pictures.retention import PictureRetention
from bot.pictures.store import PictureStore
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.shard import Shard
from bot.styles.model import Starter
from bot.styles.service import StyleService
from bot.styles.store import StyleStore
from engine.samples import STYLES
from engine.work import work_of


class Core:
    """The stores and services that features are built of. `clock` gives Unix seconds."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        shard: Shard,
        client: MuralscapeClient,
        executor: Executor,
        decoder: Decoder,
        timing: Timing,
        clock: Callable[[], float],
    ) -> None:
        self.settings = settings
        self.database = database
        self.shard = shard
        self.client = client
        self.executor = executor
        self.decoder = decoder
        self.timing = timing
        self.clock = clock
        self.random = random.SystemRandom()  # nonces and seeds must not be guessed
        self.log = LogStore(database, self._has_log, clock, shard)

        job_store = JobStore(database, shard)
        self.pictures = PictureStore(settings.data_dir / "pictures")
        ledger = PictureLedger(database)
        self.retention = PictureRetention(self.pictures, ledger, [job_store], clock)
        self.intake = build_intake(settings, self.retention, decoder)

        schedule = Schedule(Estimator(), work_of)
        self.jobs = JobService(job_store, self.retention, schedule, clock, self.random, self.log)
        self.admission = Admission(job_store, schedule, clock)
        self.job_data = JobData(job_store, self.jobs.change, self.retention, clock)
        self.dispatcher = Dispatcher(
            self.jobs, executor, self.retention, partial(check_painting, decoder)
        )

        self.access = Access(client)
        self.guilds = self._build_guilds()
        self.links = build_links(settings, clock)
        self.departures = DepartureStore(database, shard)
        self.blocks = BlockService(BlockStore(database), self.job_data, self.log, clock)
        self.check_block = partial(self.blocks.check, quietly=True)
        self.requests = RequestStore(database, shard)
        self.styles = self._build_styles()
        self.challenges = self._build_challenges()
        self.muralize = self._build_muralize()
        self.murals = self._build_murals()

    def new_nonce(self) -> str:
        """Make the number by which Discord drops a message that is sent twice."""
        return str(self.random.getrandbits(63))

    async def _has_log(self, guild_id: int) -> bool:
        return await self.guilds.has_log(guild_id)

    def _build_guilds(self) -> GuildService:
        limits = self.settings.limits
        return GuildService(
            GuildStore(self.database),
            ceilings_of(limits),
            outside_of(limits),
            self.access.existing,
            self.access.language,
        )

    def _build_styles(self) -> StyleService:
        starters = [Starter(style.title, style.path) for style in STYLES]
        return StyleService(
            StyleStore(self.database),
            self.retention,
            self.decoder,
            self.guilds,
            starters,
            self.clock,
            self.log,
        )

    def _build_challenges(self) -> ChallengeService:
        return ChallengeService(
            ChallengeStore(self.database, self.shard),
            AnnouncementStore(self.database, self.new_nonce, self.departures.query(), self.shard),
            self.retention,
            self.decoder,
            self.guilds,
            self.jobs,
            self.clock,
            self.random,
            self.log,
            self.timing.first_try,
        )

    def _build_muralize(self) -> MuralizeService:
        limits = self.settings.limits
        films = films_of(limits)
        job_maker = JobMaker(
            self.jobs,
            self.admission,
            self.intake,
            self.requests,
            self.guilds,
            self.styles,
            self.access,
            self.check_block,
            usual_size=limits.usual_size,
            films=films,
            clock=self.clock,
            rng=self.random,
        )
        return MuralizeService(
            job_maker.make,
            self.requests,
            self.admission,
            self.intake,
            self.guilds,
            paints_films=films.are_painted,
            remember_seconds=self.timing.remember,
            find_seconds=self.timing.find,
        )

    def _build_murals(self) -> MuralService:
        limits = self.settings.limits
        return MuralService(
            MuralStore(self.database, self.shard),
            self.retention,
            self.decoder,
            self.guilds,
            self.jobs,
            self.admission,
            self.clock,
            self.random,
            tile_side=limits.mural_tile,
            hold=limits.mural_claim_minutes * MINUTE,
        )
