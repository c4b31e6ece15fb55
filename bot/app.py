"""Builds every object of the bot; starts and stops them in order."""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import aiohttp

from bot.background import BackgroundTasks
from bot.community import Community, CommunityStores
from bot.discord_io.answers import PAUSES
from bot.discord_io.client import MuralscapeClient
from bot.discord_io.sender import MessageSender, NotNow, SendError
from bot.errors import MuralscapeError
from bot.executors.contract import Executor
from bot.guilds.model import Ceilings
from bot.jobs.dispatcher import Dispatcher
from bot.jobs.estimator import Estimator
from bot.jobs.schedule import Schedule
from bot.jobs.service import JobService
from bot.jobs.store import JobStore
from bot.muralize import command as muralize_command
from bot.muralize.buttons import JobButtonHandlers
from bot.muralize.delivery import BackOff, Deliverer
from bot.muralize.live_cards import LiveCards, Pace
from bot.muralize.plot import draw_curve
from bot.muralize.service import MuralizeService
from bot.muralize.store import RequestStore
from bot.names import clean
from bot.people import Origin
from bot.pictures.intake import Intake, open_session
from bot.pictures.retention import PictureRetention, sweep_forever
from bot.pictures.store import PictureStore
from bot.queue import command as queue_command
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.folder import held
from bot.storage.shard import Shard, ShardHold
from bot.web.gallery import Gallery
from bot.web.links import KEY_FILE, PaintingLinks
from bot.web.pages import Pages
from bot.web.paintings import Paintings
from engine import images

log = logging.getLogger(__name__)

DAY = 86_400.0  # seconds
CANCEL_POLL_SECONDS = 2.0  # between two looks at what another shard's bot was asked to stop
LOOK_AROUND = aiohttp.ClientTimeout(total=10.0)


@dataclass(frozen=True)
class Timing:
    """How fast the bot goes about things; tests are in more of a hurry than members."""

    cards: Pace = field(default_factory=Pace)
    delivery: BackOff = field(default_factory=BackOff)


class App:
    """The bot: everything but the executor, which is given. `clock` gives Unix seconds."""

    def __init__(
        self,
        settings: Settings,
        executor: Executor,
        timing: Timing | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        timing = timing or Timing()
        self._clock = clock
        limits = settings.limits
        chance = random.Random()
        self._settings = settings
        self._executor = executor
        self._database = Database(settings.database)
        self._pictures = PictureStore(settings.data_dir / "pictures")
        self._shard = Shard(settings.discord.shard_id, settings.discord.shard_count)
        self._hold = ShardHold(self._database, self._shard)
        store = JobStore(self._database, self._shard)
        stores = CommunityStores(self._database, self._shard)
        self._retention = PictureRetention(self._pictures, [store, *stores.picture_users], clock)
        self.jobs = JobService(store, self._retention, Schedule(Estimator()), clock, chance)
        api_base, web = settings.discord.api_base, settings.web
        gallery = Gallery(
            stores.challenges,
            self._pictures,
            self._opted_in,
            self._server_name,
            web.public_url,
        )
        self._links = PaintingLinks(
            settings.data_dir / KEY_FILE,
            web.public_url,
            web.link_days * DAY,
            limits.retention_days * DAY,
            clock,
        )
        paintings = Paintings(self._links, self.jobs, self._pictures)
        routes = [*gallery.routes(), *paintings.routes()]
        self.pages = Pages(web.host, web.port, api_base, self._database, executor, routes)
        self.client = MuralscapeClient(
            api_base,
            settings.data_dir / "commands-synced",
            self.pages.trace,
            self.pages.linked,
            self._shard,
        )
        self._messages = MessageSender(self.client, clock)
        self._cards = LiveCards(self.jobs, self._messages, clock, time.monotonic, timing.cards)
        self._delivery = Deliverer(
            self.jobs,
            self._messages,
            self._cards,
            self._pictures,
            self._links.to,
            clock,
            timing.delivery,
        )
        self._dispatcher = Dispatcher(self.jobs, executor, self._pictures)
        self._session = open_session
        ceilings = Ceilings(
            limits.jobs_per_member,
            limits.jobs_per_guild,
            limits.largest_size,
            limits.saved_styles,
        )
        self.community = Community(
            self._database, stores, self._retention, self.jobs, self.client, ceilings, chance
        )
        self._chance = chance

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set; then finish or put back what is being painted.

        Raises whatever ends the connection to Discord or the executor for good.
        """
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.pages)
            await self._open_storage(stack)
            muralize = await self._add_commands(stack)
            if not await self._reach_discord(stop):
                return
            await self._log_in(stack)
            async with BackgroundTasks() as tasks:
                tasks.start(self._cards.run())
                tasks.start(self._delivery.run())
                tasks.start(self._sweep())
                tasks.start(self.pages.watch())
                tasks.start(self.client.connect())
                tasks.start(self.community.run())
                tasks.start(self._resume(muralize))
                tasks.start(self._hold.watch())
                tasks.start(self._stop_as_asked())
                tasks.start(self._paint(stack))
                log.info("the bot is up")
                await tasks.until(stop)
                await self._wind_down(muralize)

    async def _open_storage(self, stack: AsyncExitStack) -> None:
        await asyncio.to_thread(self._settings.data_dir.mkdir, parents=True, exist_ok=True)
        stack.enter_context(held(self._settings.data_dir))
        stack.push_async_callback(self._database.close)
        await stack.enter_async_context(self._hold)
        await self._database.upgrade()
        await self._pictures.open()
        await self.jobs.recover()
        await self.pages.follow(self.jobs)
        await self._links.open()

    async def _add_commands(self, stack: AsyncExitStack) -> MuralizeService:
        settings = self._settings
        session = await stack.enter_async_context(self._session())
        intake = Intake(
            session,
            self._pictures,
            hosts=settings.discord.attachment_hosts,
            limits=images.Limits(settings.limits.attachment_bytes, settings.limits.pixels),
            seconds=settings.limits.download_seconds,
        )
        muralize = MuralizeService(
            self.jobs,
            intake,
            RequestStore(self._database, self._shard),
            self.community.guilds,
            self.community.styles,
            usual_size=settings.limits.usual_size,
            chance=self._chance,
        )
        muralize_command.add_commands(self.client.tree, muralize, self.community.styles)
        queue_command.add_commands(self.client.tree, self.jobs, self._executor)
        challenges = self.community.add_commands(intake)
        job_buttons = JobButtonHandlers(
            self.jobs,
            muralize,
            self._delivery,
            self._pictures,
            self._links.to,
            draw_curve,
            challenges.enter,
        )
        self.client.press_handler = job_buttons.press
        return muralize

    async def _reach_discord(self, stop: asyncio.Event) -> bool:
        """Wait until Discord answers at all; False when the bot is to stop before that.

        A machine that has just started may have no network yet, and discord.py's log-in can be
        tried once only.
        """
        api_base, pause = self._settings.discord.api_base, 1.0
        async with open_session() as session:
            while not stop.is_set():
                try:
                    async with session.get(f"{api_base}/gateway", timeout=LOOK_AROUND):
                        return True
                except (aiohttp.ClientError, OSError) as error:
                    log.warning("%s: next try in %.0f s", error or "no answer", pause)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), pause)
                pause = min(60.0, 2 * pause)
        return False

    async def _log_in(self, stack: AsyncExitStack) -> None:
        token = self._settings.discord.token
        if token is None:
            raise MuralscapeError("There is no token to log in with.")
        stack.push_async_callback(self.client.close)
        await self.client.login(token.get_secret_value())

    async def _opted_in(self, guild_id: int) -> bool:
        # another bot's servers have their pictures in its folder
        return self._shard.has(guild_id) and await self.community.guilds.shows_gallery(guild_id)

    def _server_name(self, guild_id: int) -> str | None:
        guild = self.client.get_guild(guild_id)
        return clean(guild.name) if guild is not None else None

    async def _paint(self, stack: AsyncExitStack) -> None:
        """Load the weights while members are answered already, then paint."""
        stack.push_async_callback(self._executor.close)
        await self._executor.start()
        log.info("painting on %s", ", ".join(self._executor.devices))
        await self._dispatcher.run()

    async def _stop_as_asked(self) -> None:
        """Stop what another shard's bot was asked to stop."""
        while self._shard.count > 1:
            try:
                await self.jobs.stop_as_asked()
            except Exception:  # the database may be back in a moment
                log.exception("what is to be stopped cannot be read; next try soon")
            await asyncio.sleep(CANCEL_POLL_SECONDS)

    async def _sweep(self) -> None:
        retention = self._settings.limits.retention_days * DAY
        await sweep_forever(self.jobs.forget, self._retention, self._clock, retention)

    async def _resume(self, muralize: MuralizeService) -> None:
        """Go on with requests whose pictures were being fetched when the last run stopped."""

        async def refuse(origin: Origin, sentence: str) -> None:
            for pause in (*PAUSES, None):
                try:
                    return await self._messages.refuse(origin, sentence)
                except SendError as error:
                    log.warning("a member could not be told %r: %s", sentence, error)
                    if pause is None or not isinstance(error, NotNow):
                        return
                await asyncio.sleep(pause)

        await muralize.resume(refuse)

    async def _wind_down(self, muralize: MuralizeService) -> None:
        """Stop painting, tell members where things stand, let the sends under way end."""
        grace = self._settings.limits.shutdown_seconds
        log.info("stopping; what is being painted has %.0f s to finish", grace)
        await muralize.close()
        await self._dispatcher.stop(grace)
        await self._delivery.finish(min(grace, 10.0))
        await self._cards.flush(2.0)
