"""The simulator as one object with start and stop."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Self, TypeVar

from aiohttp import web

from bot.simulator import downloads
from bot.simulator.clock import Clock
from bot.simulator.control import Control
from bot.simulator.default_world import Atelier, furnish
from bot.simulator.discord_limits import DiscordLimits
from bot.simulator.downloads import Downloads
from bot.simulator.gateway import Gateway
from bot.simulator.options import Converter
from bot.simulator.people import People
from bot.simulator.platform import Platform
from bot.simulator.rest.routes import ROUTES
from bot.simulator.rest.server import PREFIX, RestServer
from bot.simulator.site import SamplePicture, Site

T = TypeVar("T")

GATEWAY_PATH = "/gateway"
HTTP_PORT = 80


class Simulator(Platform):
    """A loopback Discord.

        async with Simulator() as discord:
            ...  # point a client at discord.api_base, log in with discord.world.token

    Listens on 127.0.0.1 at `port`, 0 picking a free one. `atelier` is the guild it starts
    with, its channels and members; None with `empty=True`. The web page at `url` offers
    the `samples`.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        limits: DiscordLimits | None = None,
        clock: Clock | None = None,
        empty: bool = False,
        samples: Sequence[SamplePicture] = (),
    ) -> None:
        super().__init__(clock or Clock(), limits or DiscordLimits())
        self.port = port
        self.people = People(
            self.world,
            self.commands,
            self.messages,
            self.interactions,
            self.payloads,
            Converter(self.world, self.cdn, self.payloads),
        )
        self.atelier: Atelier | None = None if empty else furnish(self.world)
        self.gateway = Gateway(self)
        self._downloads = Downloads(self)
        self._control = Control(self, self.people, lambda: self.gateway.connected)
        self._site = Site(samples)
        self._runner: web.AppRunner | None = None
        self._app = web.Application(
            # Applies to uploads too; the endpoints check the upload limit, with Discord's error.
            client_max_size=256 * 1024 * 1024,
            middlewares=[self._loopback_only],
        )

    @property
    def app(self) -> web.Application:
        """The application, to add a page to before the start."""
        return self._app

    @property
    def url(self) -> str:
        """The address without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_base(self) -> str:
        """In place of https://discord.com/api/v10."""
        return self.url + PREFIX

    @property
    def cdn_base(self) -> str:
        """In place of https://cdn.discordapp.com."""
        return self.url + downloads.PREFIX

    async def start(self) -> None:
        """Listen."""
        RestServer(self, ROUTES).add_to(self._app)
        self._downloads.add_to(self._app)
        self._control.add_to(self._app)
        self._site.add_to(self._app)
        self._app.router.add_get(GATEWAY_PATH, self.gateway.handle)
        self._app.router.add_get(GATEWAY_PATH + "/", self.gateway.handle)
        self._app.on_shutdown.append(self._hang_up)
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.cdn.base = self.cdn_base
        self.gateway_url = f"ws://127.0.0.1:{self.port}{GATEWAY_PATH}"

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        self.interactions.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    async def until(self, condition: Callable[[], T | None], within: float = 120.0) -> T:
        """Wait until `condition` returns something true, and return that.

        It is called after each event, and at short intervals for changes that cause no event; a
        test needs no sleeping. Raises `TimeoutError` after `within` seconds.
        """
        changed = asyncio.Event()
        unsubscribe = self.bus.subscribe(lambda _: changed.set())
        try:
            async with asyncio.timeout(within):
                while not (answer := condition()):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(changed.wait(), 0.02)
                    changed.clear()
                return answer
        finally:
            unsubscribe()

    async def _hang_up(self, app: web.Application) -> None:
        self._control.events.close()
        self._downloads.close()
        await self.gateway.close(1001, "Going away")

    @web.middleware
    async def _loopback_only(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        """Refuse foreign Host and Origin headers: other web pages must not act here."""
        usual = (
            "" if self.port == HTTP_PORT else f":{self.port}"
        )  # clients leave out the usual port
        ours = {f"{name}{usual}" for name in ("127.0.0.1", "localhost")}
        origin = request.headers.get("Origin")
        if request.host not in ours or (
            origin is not None and origin.removeprefix("http://") not in ours
        ):
            raise web.HTTPForbidden(text="The simulator answers on its own address only.")
        return await handler(request)
