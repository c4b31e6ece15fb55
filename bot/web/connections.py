"""Bounds the connections of a web server: how many there are, from where, and for how long.

aiohttp closes an idle connection after an hour and knows no other deadline, so half-open requests
would take all file descriptors of the bot.
"""

import asyncio
import ipaddress
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

from aiohttp import web

log = logging.getLogger(__name__)

# of every answer; no versions of libraries
USUAL_HEADERS = {"Server": "muralscape", "X-Content-Type-Options": "nosniff"}


_UNREADABLE = "This is not a request that can be read.\n"


Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Bounds:
    """How many connections there may be, and the seconds that their stages may take."""

    total: int = 200
    of_address: int = 20  # of one public IPv4 address or IPv6 /64
    head: float = 15.0  # from the beginning, or the last answer, to the end of a request's headers
    answer: float = 300.0  # from there to the last byte of the answer
    body: float = 2.0  # for the rest of a request's body, which no page wants


class Connections:
    """The open connections. `on_cut` is told why one was cut: total, address, head or answer.

    Where there are too many, the one that has waited longest for a request is cut. Where all are
    being answered, the new one is cut.
    """

    def __init__(self, bounds: Bounds, on_cut: Callable[[str], None]) -> None:
        self.bounds = bounds
        self.on_cut = on_cut
        self._open: dict[Connection, str | None] = {}  # with the address that is bounded
        self._counts: Counter[str] = Counter()
        self._waiting: dict[Connection, None] = {}  # for a request; the longest first

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, connection: object) -> bool:
        return connection in self._open

    def admit(self, connection: "Connection", address: str | None) -> bool:
        """Take in a connection, if need be instead of another; False where there is no room."""
        if address is not None and self._counts[address] >= self.bounds.of_address:
            others = (one for one in self._waiting if self._open[one] == address)
            if not self._cut(next(others, None), "address"):
                return False
        elif len(self._open) >= self.bounds.total and not self._cut(
            next(iter(self._waiting), None), "total"
        ):
            return False
        self._open[connection] = address
        if address is not None:
            self._counts[address] += 1
        return True

    def waits(self, connection: "Connection") -> None:
        """Note that a connection waits for a request from now on."""
        if connection in self._open:
            self._waiting[connection] = None

    def answers(self, connection: "Connection") -> None:
        """Note that a connection's request is being answered."""
        self._waiting.pop(connection, None)

    def forget(self, connection: "Connection") -> None:
        """Note that a connection is closed."""
        self._waiting.pop(connection, None)
        address = self._open.pop(connection, None)
        if address is not None:
            self._counts[address] -= 1
            if not self._counts[address]:
                del self._counts[address]

    def _cut(self, connection: "Connection | None", why: str) -> bool:
        if connection is None:
            self.on_cut(why)  # the new one
            return False
        connection.cut(why)
        return True


class Connection(web.RequestHandler):
    """aiohttp's connection, with a deadline in each of its stages."""

    def __init__(self, server: web.Server, connections: Connections) -> None:
        bounds = connections.bounds
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=bounds.head + bounds.answer,  # ours end before
            access_log=cast(logging.Logger, None),  # aiohttp's way to have none
            lingering_time=bounds.body,
            auto_decompress=False,
        )
        self._connections = connections
        self._link: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless there are too many."""
        link = cast(asyncio.Transport, transport)
        if not self._connections.admit(self, bounded_address(link)):
            link.abort()
            return
        self._link = link
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Clean up; the task that answers is cancelled."""
        self._forget()
        if self._link is not None:
            super().connection_lost(exc)

    def cut(self, why: str) -> None:
        """Close the connection at once; what was not sent yet is dropped."""
        self._connections.on_cut(why)
        self._forget()
        if self._link is not None:
            self._link.abort()

    def answering(self) -> None:
        """Note that the headers of a request are complete."""
        self._connections.answers(self)
        self._until("answer", self._connections.bounds.answer)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer, then wait for the next request."""
        finished = await super().finish_response(request, resp, start_time)
        self._wait()
        return finished

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is not HTTP, without a traceback in the log: scanners send it all day."""
        if status >= 500:
            return super().handle_error(request, status, exc, message)
        log.debug("unreadable request from %s: %s", request.remote, type(exc).__name__)
        answer = web.Response(status=status, text=_UNREADABLE, headers=USUAL_HEADERS)
        answer.force_close()
        return answer

    def _wait(self) -> None:
        self._connections.waits(self)
        self._until("head", self._connections.bounds.head)

    def _until(self, stage: str, seconds: float) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        if self in self._connections:  # else it was closed while its answer was made
            self._deadline = self._loop.call_later(seconds, self.cut, stage)

    def _forget(self) -> None:
        self._connections.forget(self)
        if self._deadline is not None:
            self._deadline.cancel()


def noting(handler: Handler) -> Handler:
    """Wrap the handler of all requests, to tell the connection that its request has come."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if isinstance(request.protocol, Connection):
            request.protocol.answering()
        # aiohttp's own refusal repeats the header, and fails where it is not UTF-8
        if request.headers.get("Expect", "100-continue").lower() != "100-continue":
            raise web.HTTPExpectationFailed(text=_UNREADABLE, headers=USUAL_HEADERS)
        return await handler(request)

    return handle


def bounded_address(transport: asyncio.BaseTransport) -> str | None:
    """Give the address under which a connection is counted.

    None for loopback and private addresses: a proxy there connects for many visitors.
    """
    address = peer_of(transport)
    if address is None or address.is_private:
        return None
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))


def is_local(request: web.Request) -> bool:
    """Say whether a request comes from this machine, and was not passed on by a proxy on it."""
    if any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "Via")):
        return False
    address = None if request.transport is None else peer_of(request.transport)
    return address is not None and address.is_loopback


def peer_of(
    transport: asyncio.BaseTransport,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Give the address of the other end; None where the connection is lost already."""
    peer = transport.get_extra_info("peername")
    if not peer:
        return None
    address = ipaddress.ip_address(str(peer[0]).partition("%")[0])  # without the interface
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
