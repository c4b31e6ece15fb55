"""`/healthz`: the process is alive. `/readyz`: it can do its work, or the reasons why not."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

log = logging.getLogger(__name__)

# Returns a sentence about a fault; None where there is none.
Check = Callable[[], Awaitable[str | None]]


@dataclass(frozen=True)
class Readiness:
    """The result of each check: a sentence about a fault, or None."""

    faults: Mapping[str, str | None]

    @property
    def ready(self) -> bool:
        """Whether there are no faults."""
        return not any(self.faults.values())


class Health:
    """Serves the results of checks. Each check has `seconds` to answer."""

    def __init__(self, checks: Mapping[str, Check], seconds: float = 5.0) -> None:
        self._checks = dict(checks)
        self._seconds = seconds
        # A check that hangs is not started a second time.
        self._under_way: dict[str, asyncio.Task[str | None]] = {}

    def routes(self) -> list[web.RouteDef]:
        """The pages."""
        return [web.get("/healthz", self._alive), web.get("/readyz", self._ready)]

    async def readiness(self) -> Readiness:
        """Run all checks."""
        found = await asyncio.gather(*(self._find(name) for name in self._checks))
        return Readiness(dict(zip(self._checks, found, strict=True)))

    async def close(self) -> None:
        """Cancel the checks that hang."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _find(self, name: str) -> str | None:
        task = self._under_way.get(name)
        if task is None:
            task = asyncio.create_task(self._make(name))
            self._under_way[name] = task
            task.add_done_callback(lambda _: self._under_way.pop(name))
        done, _ = await asyncio.wait({task}, timeout=self._seconds)
        return task.result() if done else f"no answer within {self._seconds:.0f} s"

    async def _make(self, name: str) -> str | None:
        try:
            return await self._checks[name]()
        except Exception as error:  # any error of a broken database is a fault
            log.warning("the %s is not ready", name, exc_info=True)
            return f"{type(error).__name__}; the log says more"

    async def _alive(self, _: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def _ready(self, _: web.Request) -> web.Response:
        readiness = await self.readiness()
        checks = {name: fault or "ok" for name, fault in readiness.faults.items()}
        body = {"ready": readiness.ready, "checks": checks}
        return web.json_response(body, status=200 if readiness.ready else 503)
