"""`/metrics`: the bot's metrics in Prometheus' text format.

The names are an interface, which the dashboard in `grafana/` and hosts' alerts depend on. The
dashboard shows every metric; a test fails where one is missing.
"""

import asyncio
import time

import aiohttp
from aiohttp import web
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bot.executors.contract import Executor
from bot.jobs.service import JobService
from bot.web.gpu_metrics import GpuMetrics
from bot.web.job_metrics import JobMetrics
from bot.web.rest_metrics import RestMetrics
from bot.web.worker_metrics import WorkerMetrics

LAG_INTERVAL = 0.5  # seconds between two measurements of the event loop


class Metrics:
    """All metrics of one bot."""

    def __init__(self, api_base: str) -> None:
        self.registry = CollectorRegistry()
        self._jobs = JobMetrics(self.registry)
        self._rest = RestMetrics(self.registry, api_base)
        GpuMetrics(self.registry)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._linked = Gauge(
            "muralscape_gateway_connected",
            "1 while the bot is connected to Discord's gateway",
            registry=self.registry,
        )
        self._reconnects = Counter(
            "muralscape_gateway_reconnects",
            "Connections to the gateway after the first",
            registry=self.registry,
        )
        self._lag = Histogram(
            "muralscape_event_loop_lag_seconds",
            "Seconds by which the event loop wakes a task too late",
            buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 3),
            registry=self.registry,
        )
        self._failures = Counter(
            "muralscape_task_failures",
            "Background tasks that failed and were started again",
            ["task"],
            registry=self.registry,
        )
        # total, address: there were too many; head, answer: it took too long
        self._cuts = Counter(
            "muralscape_web_connections_cut",
            "Connections to the pages that were cut, by the bound that they broke",
            ["bound"],
            registry=self.registry,
        )
        self._workers: WorkerMetrics | None = None
        self.connected = False  # to the gateway
        self._was_linked = False

    @property
    def trace(self) -> aiohttp.TraceConfig:
        """The trace with which the client's requests are counted."""
        return self._rest.trace

    def count_painters(self, executor: Executor) -> None:
        """Report the executor's slots and workers from now on."""
        self._workers = WorkerMetrics(self.registry, executor)

    async def follow(self, jobs: JobService) -> None:
        """Count jobs from now on."""
        await self._jobs.follow(jobs)

    def linked(self, now: bool) -> None:
        """Record that the gateway was connected or lost."""
        if now and self._was_linked:
            self._reconnects.inc()
        self._was_linked = self._was_linked or now
        self.connected = now
        self._linked.set(now)

    def task_failed(self, name: str) -> None:
        """Count a background task that failed."""
        self._failures.labels(name).inc()

    def connection_cut(self, bound: str) -> None:
        """Count a connection to the pages that was cut."""
        self._cuts.labels(bound).inc()

    async def measure_lag(self) -> None:
        """Measure the lag of the event loop until cancelled."""
        while True:
            begun = time.monotonic()
            await asyncio.sleep(LAG_INTERVAL)
            self._lag.observe(max(0.0, time.monotonic() - begun - LAG_INTERVAL))

    def routes(self) -> list[web.RouteDef]:
        """The page."""
        return [web.get("/metrics", self._show)]

    async def _show(self, _: web.Request) -> web.Response:
        if self._workers is not None:
            self._workers.look()
        # in a thread, because a graphics driver may be slow
        text = await asyncio.to_thread(generate_latest, self.registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})
