"""Serves the bot's own pages over HTTP."""

import logging
import os
from collections.abc import Iterable

from aiohttp import web

from bot.errors import MuralscapeError

log = logging.getLogger(__name__)


class AddressTaken(MuralscapeError):
    """The address in the settings cannot be listened at."""


class WebServer:
    """Listens at `host` and `port`; 0 picks a free one.

    There is no authentication, so the host should be loopback unless a proxy in front has one.
    """

    def __init__(self, host: str, port: int, routes: Iterable[web.RouteDef] = ()) -> None:
        self._host = host
        self._port = port
        self._app = web.Application()
        self.add(routes)
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=1.0)

    def add(self, routes: Iterable[web.RouteDef]) -> None:
        """Add pages; to be called before `start`."""
        self._app.add_routes(routes)

    @property
    def url(self) -> str:
        """The address without a slash at its end, once it has started."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    async def start(self) -> None:
        """Listen. Raises `AddressTaken`."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            why = os.strerror(error.errno or 0)
            raise AddressTaken(
                f"the bot's pages cannot be served at {self.url} ({why}); "
                "set web.host and web.port to an address that is free"
            ) from error
        self._port = self._runner.addresses[0][1]
        log.info("health and metrics are served at %s", self.url)

    async def close(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()
