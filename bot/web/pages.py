"""The bot's own web pages: health, metrics, and the pages of the features."""

from collections.abc import Iterable, Sequence
from typing import Self

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from bot.executors.contract import Executor
from bot.jobs.service import JobService
from bot.storage.database import Database
from bot.web.connections import is_local
from bot.web.health import Health
from bot.web.metrics import Metrics
from bot.web.server import WebServer, log


class Pages:
    """The pages of a bot, served at `host` and `port` while it is entered.

    Health and metrics are served at `admin_port` alone. Without one they are served with the other
    pages, to this machine alone. The client calls `trace` and `linked`, background tasks call
    `task_failed`; all are counted. The database is probed every `probe_seconds`.
    """

    def __init__(
        self,
        host: str,
        port: int,
        admin_port: int | None,
        api_base: str,
        database: Database,
        executor: Executor,
        probe_seconds: float = 10.0,
    ) -> None:
        self._database = database
        self._executor = executor
        self._metrics = Metrics(api_base)
        self._metrics.count_painters(executor)
        self.trace: aiohttp.TraceConfig = self._metrics.trace
        self.linked = self._metrics.linked
        self.task_failed = self._metrics.task_failed
        self._health = Health(
            {"gateway": self._gateway_fault, "executor": lambda: self._executor.fault},
            {"database": self._database_fault},
            probe_seconds,
        )
        cut = self._metrics.connection_cut
        self._public = WebServer(host, port, on_cut=cut)
        self._admin = self._public
        routes = [*self._health.routes(), *self._metrics.routes()]
        if admin_port is None:
            routes = list(_for_this_machine(routes))
        else:
            self._admin = WebServer(host, admin_port, setting="web.admin_port", on_cut=cut)
        self._admin.add(routes)

    def add(self, routes: Sequence[web.RouteDef]) -> None:
        """Add pages; to be called before the pages are entered."""
        self._public.add(routes)

    @property
    def url(self) -> str:
        """The address of the pages, without a slash at its end."""
        return self._public.url

    @property
    def admin_url(self) -> str:
        """The address of health and metrics, without a slash at its end."""
        return self._admin.url

    async def follow(self, jobs: JobService) -> None:
        """Count jobs from now on."""
        await self._metrics.follow(jobs)

    async def watch(self) -> None:
        """Measure the lag of the event loop until cancelled."""
        await self._metrics.measure_lag()

    async def probe(self) -> None:
        """Probe the database until cancelled."""
        await self._health.watch()

    async def __aenter__(self) -> Self:
        await self._public.start()
        if self._admin is not self._public:
            try:
                await self._admin.start()
            except BaseException:
                await self._public.close()
                raise
        log.info("pages are served at %s, health and metrics at %s", self.url, self.admin_url)
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._public.close()
        if self._admin is not self._public:
            await self._admin.close()

    def _gateway_fault(self) -> str | None:
        return None if self._metrics.connected else "Discord's gateway is not connected"

    async def _database_fault(self) -> str | None:
        await self._database.probe()
        return None


def _for_this_machine(routes: Iterable[web.RouteDef]) -> Iterable[web.RouteDef]:
    """Hide pages from other machines, also where a proxy here passes requests on."""

    def hidden(handler: Handler) -> Handler:
        async def look(request: web.Request) -> web.StreamResponse:
            if not is_local(request):
                raise web.HTTPNotFound
            return await handler(request)

        return look

    for route in routes:
        yield web.get(route.path, hidden(route.handler))
