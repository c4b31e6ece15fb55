"""The bot's own web pages: health, metrics, and the pages of the features."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

from bot.executors.contract import Executor
from bot.jobs.service import JobService
from bot.storage.database import Database
from bot.web.health import Health
from bot.web.metrics import Metrics
from bot.web.server import WebServer


class Pages:
    """Health and metrics of a bot, served at `host` and `port` while it is entered.

    The client calls `trace` and `linked`, background tasks call `task_failed`; all are counted.
    """

    def __init__(
        self,
        host: str,
        port: int,
        api_base: str,
        database: Database,
        executor: Executor,
    ) -> None:
        self._database = database
        self._executor = executor
        self._metrics = Metrics(api_base)
        self._metrics.count_painters(executor)
        self.trace: aiohttp.TraceConfig = self._metrics.trace
        self.linked = self._metrics.linked
        self.task_failed = self._metrics.task_failed
        self._health = Health(
            {
                "gateway": self._gateway_fault,
                "database": self._database_fault,
                "executor": self._executor_fault,
            }
        )
        self._server = WebServer(host, port)
        self.add([*self._health.routes(), *self._metrics.routes()])

    def add(self, routes: Sequence[web.RouteDef]) -> None:
        """Add pages; to be called before the pages are entered."""
        self._server.add(routes)

    @property
    def url(self) -> str:
        """The address of the pages, without a slash at its end."""
        return self._server.url

    async def follow(self, jobs: JobService) -> None:
        """Count jobs from now on."""
        await self._metrics.follow(jobs)

    async def watch(self) -> None:
        """Measure the lag of the event loop until cancelled."""
        await self._metrics.measure_lag()

    async def __aenter__(self) -> Self:
        await self._server.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._server.close()
        await self._health.close()

    async def _gateway_fault(self) -> str | None:
        return None if self._metrics.connected else "Discord's gateway is not connected"

    async def _database_fault(self) -> str | None:
        await self._database.probe()
        return None

    async def _executor_fault(self) -> str | None:
        return self._executor.fault
