"""The bot's pages as strangers reach them, and what must hold whatever bytes they send.

Free of any fuzzer.
"""

import asyncio
import logging
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from bot.challenges.gallery import Gallery
from bot.challenges.model import Challenge, ChallengeState, Entry, Terms
from bot.challenges.store import ChallengeStore
from bot.executors.local import LocalExecutor
from bot.jobs.model import JobState
from bot.pictures.decoder import Decoder
from bot.storage.database import Database, sqlite_url
from bot.web.connections import Bounds
from bot.web.health import Health
from bot.web.links import PaintingLinks
from bot.web.metrics import Metrics
from bot.web.paintings import Paintings
from bot.web.server import WebServer
from tests.bot.jobs.harness import GUILD, JobHarness
from tests.engine.picture_files import encoded, quarters

PUBLIC = "https://murals.example"
LAST = b"\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
_STATUS = re.compile(rb"HTTP/\d\.\d (\d{3}) ")  # 0.9 for a request without a version
# 503 is for health while the bot is not ready, which it never is here
_ALLOWED = frozenset((200, 206, 304, 400, 403, 404, 405, 410, 412, 416, 417, 503))
_FORBIDDEN = (b"Traceback", b"aiohttp/", b"site-packages", b"<script", b"evil.example")
_SECONDS = 60.0  # until an exchange counts as hung


class Site:
    """A server with all pages over a real database and real pictures, on a loop of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._folder = tempfile.TemporaryDirectory(prefix="muralscape-")
        self._wrong: list[str] = []
        self._log = _Listener(self._wrong)
        self.seeds: dict[str, bytes] = {}

    def __enter__(self) -> Self:
        self._loop.set_exception_handler(lambda _, context: self._wrong.append(str(context)))
        logging.getLogger().addHandler(self._log)
        self._loop.run_until_complete(self._open(Path(self._folder.name)))
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.run_until_complete(self._close())
        logging.getLogger().removeHandler(self._log)
        self._loop.close()
        self._folder.cleanup()

    def check(self, data: bytes) -> list[int]:
        """Send bytes, then a plain request; return the statuses of the answers.

        Raises AssertionError where a promise breaks: answers are none of ours that failed (500),
        say nothing of libraries, repeat nothing of the bytes; the log stays free of warnings, and
        the server answers the next visitor.
        """
        self._wrong.clear()
        got = self._loop.run_until_complete(self._exchange(data + LAST))
        statuses = [int(status) for status in _STATUS.findall(got) if status != b"100"]
        assert not got or _STATUS.match(got), got[:100]
        assert set(statuses) <= _ALLOWED, statuses
        for text in _FORBIDDEN:
            assert text not in got, text
        assert got.count(b"\r\nServer: muralscape\r\n") >= len(statuses)
        after = self._loop.run_until_complete(self._exchange(LAST.lstrip()))
        assert after.startswith(b"HTTP/1.1 200 OK"), after[:100]
        assert not self._wrong, self._wrong
        return statuses

    async def _exchange(self, data: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        got = b""
        try:
            async with asyncio.timeout(_SECONDS):
                writer.write(data)
                while part := await reader.read(2**16):
                    got += part
        except ConnectionError:
            pass  # what was not read when the server closed
        finally:
            writer.close()
        return got

    async def _open(self, folder: Path) -> None:
        self._database = Database(sqlite_url(folder / "muralscape.db"))
        await self._database.upgrade()
        harness = JobHarness(self._database, folder / "pictures")
        await harness.pictures.open()
        links = PaintingLinks(folder / "link.key", PUBLIC, 1e9, 1e9, harness.clock)
        await links.open()
        job = await harness.job_in(JobState.DONE)
        link = links.to(job)
        assert link is not None
        store = ChallengeStore(self._database)
        entry = await self._hold_challenge(
            store, await harness.pictures.put(encoded(quarters(32), "PNG"))
        )
        self._decoder = Decoder()
        await self._decoder.__aenter__()

        async def opted_in(guild_id: int) -> bool:
            return guild_id == GUILD

        gallery = Gallery(store, harness.pictures, self._decoder, opted_in, lambda _: "A", PUBLIC)
        metrics = Metrics("https://discord.com/api/v10")
        metrics.count_painters(LocalExecutor([]))
        health = Health({"gateway": lambda: "it is not connected"}, {})
        routes = [
            *gallery.routes(),
            *Paintings(links, harness.service, harness.pictures).routes(),
            *health.routes(),
            *metrics.routes(),
        ]
        bounds = Bounds(head=2.0, body=0.1)  # bytes that announce more than comes are frequent
        self._server = WebServer("127.0.0.1", 0, routes, bounds=bounds)
        await self._server.start()
        self._port = int(self._server.url.rpartition(":")[2])
        self.seeds = dict(_seeds(link.url.removeprefix(PUBLIC), entry))

    async def _hold_challenge(self, store: ChallengeStore, picture: str) -> Entry:
        terms = Terms("Night <b>", "Paint & <i>", 1.0, 2.0)
        challenge = Challenge(0, GUILD, 20, 99, ChallengeState.CLOSED, terms, 7, 1.0, 2.0)
        made = Entry(0, 1, 1, picture, picture, 1.0, "A", 1, None, 1, 1)
        async with store.database.write() as connection:
            contest = await store.add(connection, challenge)
            await store.save(connection, contest, replace(contest, entries=(made,)))
        found = await store.get(contest.challenge.id)
        assert found is not None
        return found.entries[0]

    async def _close(self) -> None:
        await self._server.close()
        await self._decoder.__aexit__()
        await self._database.close()
        await self._loop.shutdown_default_executor()


def request(target: str, method: str = "GET", *headers: str, body: bytes = b"") -> bytes:
    """Write a request."""
    lines = [f"{method} {target} HTTP/1.1", "Host: x", *headers]
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body


def _seeds(painting: str, entry: Entry) -> list[tuple[str, bytes]]:
    picture = f"/gallery/{GUILD}/1/{entry.id}"
    made = {
        "server": request(f"/gallery/{GUILD}"),
        "older": request(f"/gallery/{GUILD}?before=1"),
        "challenge": request(f"/gallery/{GUILD}/1").replace(b": x", b": evil.example"),
        "picture": request(f"{picture}-320.webp", "GET", 'If-None-Match: "a", W/"b"'),
        "large": request(f"{picture}-1280.webp", "HEAD"),
        "painting": request(painting, "GET", "Range: bytes=1-3"),
        "unsigned": request(painting[:-4]),
        "conditions": request(painting, "GET", "If-Modified-Since: Tue, 01 Jan 2030 00:00:00 GMT"),
        "health": request("/healthz") + request("/readyz"),
        "metrics": request("/metrics", "GET", "Accept-Encoding: gzip"),
        "post": request("/gallery/1", "POST", "Content-Length: 3", body=b"abc"),
        "chunked": request(
            "/", "POST", "Transfer-Encoding: chunked", body=b"3\r\nabc\r\n0\r\n\r\n"
        ),
        "expect": request("/healthz", "GET", "Expect: 100-continue"),
        "upgrade": request("/healthz", "GET", "Upgrade: websocket", "Connection: Upgrade"),
        "absolute": request("http://evil.example/gallery/10"),
        "escapes": request("/gallery/%31%30/..%2f%00?before=%D9%A3"),
        "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01",
    }
    return list(made.items())


class _Listener(logging.Handler):
    """Notes warnings and worse."""

    def __init__(self, wrong: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._wrong = wrong

    def emit(self, record: logging.LogRecord) -> None:
        self._wrong.append(self.format(record))


def tokens() -> list[bytes]:
    """Name what requests are made of, for the dictionary of a fuzzer."""
    words: dict[str, Any] = {
        "methods": "GET HEAD POST PUT OPTIONS TRACE CONNECT",
        "paths": "/gallery/ /paintings/ /healthz /readyz /metrics .webp .png -320 -640 -1280",
        "queries": "?before= ?expires= &signature= %00 %2f %D9%A3 %ff ../ //",
        "versions": "HTTP/1.1 HTTP/1.0 HTTP/2.0 http://x/",
        "headers": "Host: Connection: Range: Content-Length: Transfer-Encoding: Expect: Upgrade: "
        "If-None-Match: If-Modified-Since: If-Range: If-Match: X-Forwarded-For: Via: Accept: "
        "Cookie: Content-Encoding: Sec-WebSocket-Key:",
        "values": "close keep-alive chunked gzip bytes=0- bytes=-1 bytes=5-2 100-continue * W/",
        "numbers": "0 1 10 -1 9223372036854775808 99999999999999999999 1e9 0x10",
    }
    found = [word.encode() for text in words.values() for word in text.split()]
    return [*found, b"\r\n", b"\r\n\r\n", b"\n", b"\r", b": ", b"\t", b"\0"]
