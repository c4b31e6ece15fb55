"""The app: the bot's objects and features, and its run."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial

from bot.app.core import Core
from bot.app.features import build_features
from bot.app.from_settings import DAY
from bot.app.running import log_in, paint, stop_as_asked, wind_down
from bot.app.timing import Timing
from bot.background import BackgroundTasks
from bot.executors.contract import Executor
from bot.feature import add_to_client
from bot.pictures.decoder import Decoder
from bot.pictures.retention import sweep_forever
from bot.settings import Settings
from bot.storage.folder import locked, make_ready

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
        self.core = Core(settings, executor, timing or Timing(), clock, decoder or Decoder())
        self.jobs = self.core.jobs
        self.pages = self.core.pages
        self.client = self.core.client
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
                tasks.start(core.shard_lock.watch())
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
        await stack.enter_async_context(core.shard_lock)
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
