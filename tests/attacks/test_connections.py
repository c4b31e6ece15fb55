"""Visitors that hold connections to the bot's pages, or send something other than HTTP."""

import asyncio
import logging
import resource
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from bot.simulator import Simulator
from bot.web.connections import Bounds, Connection, Connections, bounded_address
from bot.web.files import FileAnswer
from bot.web.server import WebServer
from tests.end_to_end.harness import is_result, muralize
from tests.end_to_end.test_run import output_of, start
from tests.ports import free_port

HALF = b"GET / HTTP/1.1\r\nHost: x\r\n"
WHOLE = HALF + b"\r\n"
LAST = HALF + b"Connection: close\r\n\r\n"
LARGE = 64 * 2**20  # bytes: more than the kernel buffers of one connection

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Pages:
    """A server with a page that answers, one that waits, and two that are large."""

    def __init__(self, bounds: Bounds, file: Path) -> None:
        self.cuts: Counter[str] = Counter()
        self.free = asyncio.Event()
        self.waiting = 0  # requests, so far
        self.file = file
        self.server = WebServer("127.0.0.1", 0, bounds=bounds, on_cut=self._cut)
        self.server.add(
            [
                web.get("/", self._answer),
                web.get("/waits", self._wait),
                web.get("/bytes", self._bytes),
                web.get("/file", self._file),
            ]
        )
        self._opened: list[asyncio.StreamWriter] = []

    async def open(self, sent: bytes) -> Streams:
        """Open a connection and send something."""
        port = int(self.server.url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        self._opened.append(writer)
        writer.write(sent)
        return reader, writer

    async def ask(self, sent: bytes = LAST) -> bytes:
        """Send something on a connection of its own and read what comes until its end."""
        reader, _ = await self.open(sent)
        return await ended(reader)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(120):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        """Close both ends."""
        for writer in self._opened:
            writer.close()
        await self.server.close()

    def _cut(self, why: str) -> None:
        self.cuts[why] += 1

    async def _answer(self, _: web.Request) -> web.Response:
        return web.Response(text="here")

    async def _wait(self, _: web.Request) -> web.Response:
        self.waiting += 1
        await self.free.wait()
        return web.Response(text="waited")

    async def _bytes(self, _: web.Request) -> web.Response:
        return web.Response(body=bytes(LARGE))

    async def _file(self, _: web.Request) -> web.StreamResponse:
        return FileAnswer(self.file)


async def ended(reader: asyncio.StreamReader) -> bytes:
    """Read until the other end closes, politely or not."""
    got = b""
    async with asyncio.timeout(120):
        try:
            while part := await reader.read(2**16):
                got += part
        except ConnectionError:
            pass
    return got


@asynccontextmanager
async def serving(tmp_path: Path, **bounds: float) -> AsyncIterator[Pages]:
    """Serve the pages with other bounds than the defaults."""
    file = tmp_path / "large"
    with file.open("wb") as made:
        made.truncate(LARGE)
    pages = Pages(Bounds(**bounds), file)  # type: ignore[arg-type]
    await pages.server.start()
    try:
        yield pages
    finally:
        await pages.close()


async def test_half_requests_are_cut(tmp_path: Path) -> None:
    """A request whose headers do not end, a silent connection and an idle one have a deadline."""
    async with serving(tmp_path, head=0.3) as pages:
        readers = [(await pages.open(sent))[0] for sent in (HALF, b"", WHOLE, WHOLE + HALF)]
        got = [await ended(reader) for reader in readers]
        assert [answer.count(b"200 OK") for answer in got] == [0, 0, 1, 1]
        assert pages.cuts == {"head": 4}
        assert len(pages.server.connections) == 0


async def test_a_flood_of_half_requests_shuts_nobody_out(tmp_path: Path) -> None:
    """At the cap the connection that has waited longest makes room: a visitor is answered."""
    async with serving(tmp_path, total=8) as pages:
        for _ in range(60):
            await pages.open(HALF)
        assert b"here" in await pages.ask()
        assert len(pages.server.connections) <= 8
        assert pages.cuts["total"] >= 52


async def test_no_answer_is_cut_for_a_new_connection(tmp_path: Path) -> None:
    """Where all connections are being answered, a new one is refused, and none of them is lost."""
    async with serving(tmp_path, total=2) as pages:
        asked = LAST.replace(b"GET /", b"GET /waits")
        waiting = [asyncio.create_task(pages.ask(asked)) for _ in range(2)]
        await pages.until(lambda: pages.waiting == 2)
        assert await pages.ask() == b""
        pages.free.set()
        assert all([b"waited" in await one for one in waiting])
        assert b"here" in await pages.ask()


@pytest.mark.parametrize("page", ["bytes", "file"])
async def test_who_does_not_read_is_cut(tmp_path: Path, page: str) -> None:
    """An answer has a deadline for its last byte; its task and its connection end with it."""
    async with serving(tmp_path, answer=0.4) as pages:
        before = len(asyncio.all_tasks())
        await pages.open(LAST.replace(b"GET /", b"GET /" + page.encode()))
        await pages.until(lambda: pages.cuts == {"answer": 1})
        await pages.until(lambda: len(asyncio.all_tasks()) == before)
        assert len(pages.server.connections) == 0
        assert b"here" in await pages.ask()


async def test_who_leaves_early_is_not_counted(tmp_path: Path) -> None:
    """A visitor who leaves while the answer is made has broken no bound, now or later."""
    async with serving(tmp_path, head=0.1) as pages:
        _, writer = await pages.open(WHOLE.replace(b"GET /", b"GET /waits"))
        await pages.until(lambda: len(pages.server.connections) == 1)
        writer.close()
        await pages.until(lambda: len(pages.server.connections) == 0)
        reader, _ = await pages.open(HALF)
        await ended(reader)  # a deadline that began later has passed
        assert pages.cuts == {"head": 1}


async def test_a_body_is_not_waited_for(tmp_path: Path) -> None:
    """No page takes a body: one that is announced and does not come ends the connection."""
    async with serving(tmp_path, body=0.2) as pages:
        got = await pages.ask(HALF + b"Content-Length: 1000000000\r\n\r\nsome")
        assert b"200 OK" in got
        got = await pages.ask(HALF.replace(b"GET", b"POST") + b"Content-Length: 99999\r\n\r\nso")
        assert b"405 Method Not Allowed" in got


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\n2026 a line of the log\n\r\n\r\n",
        b"GET /\r\nevil \x1b[31mline HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: " + b"b" * 20_000 + b"\r\n\r\n",
        HALF + b"".join(b"H%d: x\r\n" % n for n in range(500)) + b"\r\n",
        HALF + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        HALF + b"Content-Length: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=("tls", "control", "long", "many", "smuggled", "length", "http2"),
)
async def test_what_is_no_http_is_refused_in_silence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    """It gets a 400 that repeats nothing of it, and the log stays empty."""
    async with serving(tmp_path, head=2.0) as pages:
        with caplog.at_level(logging.INFO):
            got = await pages.ask(sent)
        assert got.startswith(b"HTTP/1.1 400 ") or got.startswith(b"HTTP/1.0 400 ")
        assert got.endswith(b"\r\n\r\nThis is not a request that can be read.\n")
        assert b"Python" not in got
        assert caplog.records == []


async def test_one_address_has_a_share() -> None:
    """Connections of one public address are bounded; those of another are not affected."""

    async def page(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response()

    cuts: list[str] = []
    connections = Connections(Bounds(of_address=3), cuts.append)
    made = [Connection(web.Server(page), connections) for _ in range(5)]
    assert all(connections.admit(one, "8.8.8.8") for one in made[:3])
    assert not connections.admit(made[3], "8.8.8.8")
    assert connections.admit(made[4], "9.9.9.9")
    connections.waits(made[1])
    assert connections.admit(made[3], "8.8.8.8")  # made[1] makes room
    assert (cuts, len(connections)) == (["address"] * 2, 4)
    for one in made:
        connections.forget(one)
    assert len(connections) == 0


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("127.0.0.1", None),
        ("172.17.0.1", None),
        ("8.8.8.8", "8.8.8.8"),
        ("::ffff:8.8.8.8", "8.8.8.8"),
        ("2a00:1450:4001:81b::200e", "2a00:1450:4001:81b::/64"),
        ("fe80::1%eth0", None),
    ],
)
def test_which_addresses_are_bounded(peer: str, address: str | None) -> None:
    """A network of IPv6 is one visitor; a proxy on loopback or a private address is many."""
    assert bounded_address(asyncio.Transport({"peername": (peer, 1)})) == address


@pytest.mark.slow
async def test_painting_goes_on_under_a_flood(simulator: Simulator, tmp_path: Path) -> None:
    """With 512 descriptors and 966 half-open requests members get paintings; the log stays short.

    As under systemd, but with half of its descriptors.
    """
    port = free_port()
    bot = await start(
        DISCORD__TOKEN=simulator.world.token,
        DISCORD__API_BASE=simulator.api_base,
        DISCORD__ATTACHMENT_HOSTS='["127.0.0.1"]',
        DATA_DIR=str(tmp_path / "data"),
        WEB__PORT=str(port),
    )
    _, hard = resource.prlimit(bot.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(bot.pid, resource.RLIMIT_NOFILE, (512, hard))
    await simulator.until(lambda: simulator.gateway.connected)
    held = []
    for _ in range(966):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HALF)
        held.append(writer)
    asked = muralize(simulator, "ben", size="32", preset="draft")
    await simulator.until(lambda: asked.original and is_result(asked.original), 120)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(LAST.replace(b"GET /", b"GET /healthz"))
    assert b"200 OK" in await ended(reader)
    for one in (*held, writer):
        one.close()
    bot.send_signal(signal.SIGTERM)
    said = await output_of(bot)
    assert len(said.splitlines()) < 200
    assert bot.returncode == 0
