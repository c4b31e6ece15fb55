"""Serves the bot's own pages over HTTP."""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable

from aiohttp import web

from bot.errors import MuralscapeError
from bot.web.connections import (
    USUAL_HEADERS,
    Bounds,
    Connection,
    Connections,
    noting,
)
from bot.web.visitors import in_their_language

log = logging.getLogger(__name__)

_BACKLOG = 64  # connections that the kernel holds until they are taken


class AddressTaken(MuralscapeError):
    """The address in the settings cannot be listened at."""


class WebServer:
    """Listens at `host` and `port`; 0 picks a free one. `setting` is the name of the port's.

    There is no authentication. `on_cut` is told why a connection was cut.
    """

    def __init__(
        self,
        host: str,
        port: int,
        routes: Iterable[web.RouteDef] = (),
        *,
        setting: str = "web.port",
        bounds: Bounds | None = None,
        on_cut: Callable[[str], None] = lambda _why: None,
    ) -> None:
        self._host = host
        self._port = port
        self._setting = setting
        self.connections = Connections(bounds or Bounds(), on_cut)
        self._app = web.Application(middlewares=[in_their_language])
        self._app.on_response_prepare.append(_add_headers)
        self.add(routes)
        # a page that nobody waits for any more is not made to its end
        self._runner = web.AppRunner(self._app, shutdown_timeout=1.0, handler_cancellation=True)
        self._listener: asyncio.Server | None = None

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
        server = self._runner.server
        assert server is not None  # noqa: S101 - it is set up
        server.request_handler = noting(server.request_handler)
        loop = asyncio.get_running_loop()
        try:
            self._listener = await loop.create_server(
                lambda: Connection(server, self.connections),
                self._host,
                self._port,
                backlog=_BACKLOG,
            )
        except OSError as error:
            await self._runner.cleanup()
            why = os.strerror(error.errno or 0)
            raise AddressTaken(
                f"the bot's pages cannot be served at {self.url} ({why}); "
                f"set web.host and {self._setting} to an address that is free"
            ) from error
        self._port = self._listener.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            self._listener.close()
        await self._runner.cleanup()


async def _add_headers(_: web.Request, answer: web.StreamResponse) -> None:
    answer.headers.update(USUAL_HEADERS)
