"""`/healthz`: the process is alive. `/readyz`: it can do its work, or the reasons why not."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

log = logging.getLogger(__name__)

# Each returns a sentence about a fault; None where there is none.
Look = Callable[[], str | None]
Probe = Callable[[], Awaitable[str | None]]


@dataclass(frozen=True)
class Readiness:
    """The result of each check: a sentence about a fault, or None. Ages are in seconds."""

    faults: Mapping[str, str | None]
    ages: Mapping[str, float]  # of the results of probes

    @property
    def ready(self) -> bool:
        """Whether there are no faults."""
        return not any(self.faults.values())


@dataclass(frozen=True)
class _Result:
    fault: str | None
    at: float


class Health:
    """Serves the results of checks.

    `looks` cost nothing and are made at each request. `probes` are made in the background by
    `watch`, every `interval` seconds, with `seconds` to answer, so that many requests cost no more
    than few. `clock` gives monotonic seconds.
    """

    def __init__(
        self,
        looks: Mapping[str, Look],
        probes: Mapping[str, Probe],
        interval: float = 10.0,
        seconds: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._looks = dict(looks)
        self._probes = dict(probes)
        self._interval = interval
        self._seconds = seconds
        self._clock = clock
        self._results: dict[str, _Result] = {}

    def routes(self) -> list[web.RouteDef]:
        """The pages."""
        return [web.get("/healthz", self._alive), web.get("/readyz", self._ready)]

    def readiness(self) -> Readiness:
        """Look, and add the last results of the probes."""
        now = self._clock()
        faults = {name: look() for name, look in self._looks.items()}
        for name in self._probes:
            result = self._results.get(name)
            faults[name] = "not probed yet" if result is None else result.fault
        ages = {name: now - result.at for name, result in self._results.items()}
        return Readiness(faults, ages)

    async def watch(self) -> None:
        """Probe until cancelled."""
        async with asyncio.TaskGroup() as together:
            for name in self._probes:
                together.create_task(self._watch(name))

    async def _watch(self, name: str) -> None:
        while True:
            # A probe that hangs is not started a second time.
            probing = asyncio.create_task(self._make(name))
            try:
                done, _ = await asyncio.wait({probing}, timeout=self._seconds)
                if not done:
                    self._note(name, f"no answer within {self._seconds:.0f} s")
                self._note(name, await probing)
            finally:
                probing.cancel()
            await asyncio.sleep(self._interval)

    def _note(self, name: str, fault: str | None) -> None:
        self._results[name] = _Result(fault, self._clock())

    async def _make(self, name: str) -> str | None:
        try:
            return await self._probes[name]()
        except Exception as error:  # any error of a broken database is a fault
            log.warning("the %s is not ready", name, exc_info=True)
            return f"{type(error).__name__}; the log says more"

    async def _alive(self, _: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def _ready(self, _: web.Request) -> web.Response:
        readiness = self.readiness()
        checks = {name: fault or "ok" for name, fault in readiness.faults.items()}
        ages = {name: round(age, 1) for name, age in readiness.ages.items()}
        body = {"ready": readiness.ready, "checks": checks, "ages": ages}
        return web.json_response(body, status=200 if readiness.ready else 503)
