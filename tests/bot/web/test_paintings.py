"""Full paintings over HTTP: signed links, headers, and the pages of refusals."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from bot.jobs.model import JobState
from bot.people import Member
from bot.storage.database import Database
from bot.web.links import PaintingLinks
from bot.web.paintings import Paintings
from bot.web.server import WebServer
from tests.bot.jobs.harness import ANN, GUILD, JobHarness

PUBLIC = "https://murals.example"
WEEK = 7 * 86_400.0
PAINTING = b"painting"  # what the harness paints


@dataclass
class Counter:
    """Where paintings are handed out."""

    harness: JobHarness
    links: PaintingLinks
    url: str

    async def path(self) -> str:
        """Have something painted and delivered; give its link's path and query."""
        link = self.links.to(await self.harness.job_in(JobState.DONE))
        assert link is not None
        return link.url.removeprefix(PUBLIC)

    async def ask(
        self, path: str, method: str = "GET", **headers: str
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        """Send a request."""
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self.url + path, headers=headers) as answer,
        ):
            return answer, await answer.read()


@pytest.fixture
async def counter(database: Database, tmp_path: Path) -> AsyncIterator[Counter]:
    """Paintings, links that live for a week, and their page."""
    harness = JobHarness(database, tmp_path / "pictures")
    await harness.pictures.open()
    links = PaintingLinks(tmp_path / "link.key", PUBLIC, WEEK, 5 * WEEK, harness.clock)
    pages = Paintings(links, harness.service, harness.pictures)
    server = WebServer("127.0.0.1", 0, pages.routes())
    await server.start()
    yield Counter(harness, links, server.url)
    await server.close()


async def test_the_file(counter: Counter) -> None:
    """The stored bytes come as a PNG of a harmless name that nobody keeps, embeds or passes on."""
    await counter.links.open()
    answer, body = await counter.ask(await counter.path())
    assert (answer.status, body) == (200, PAINTING)
    expected = {
        "Content-Type": "image/png",
        "Content-Disposition": 'inline; filename="muralscape-1.png"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    assert {name: answer.headers[name] for name in expected} == expected
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_head_and_ranges(counter: Counter) -> None:
    """Download managers can ask for the size, a part, and a part that is not there."""
    await counter.links.open()
    path = await counter.path()
    answer, body = await counter.ask(path, "HEAD")
    assert (answer.status, body) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(PAINTING))
    assert answer.headers["Accept-Ranges"] == "bytes"
    answer, body = await counter.ask(path, Range="bytes=2-4")
    assert (answer.status, body) == (206, PAINTING[2:5])
    assert answer.headers["Content-Range"] == f"bytes 2-4/{len(PAINTING)}"
    answer, _ = await counter.ask(path, Range="bytes=900-")
    assert answer.status == 416


@pytest.mark.parametrize("change", ["job", "extension", "expiry", "no signature", "bare"])
async def test_a_wrong_link(counter: Counter, change: str) -> None:
    """403 and a page that says why, whether or not there is such a painting."""
    await counter.links.open()
    path = await counter.path()
    changed = {
        "job": path.replace("/1.png", "/2.png"),
        "extension": path.replace(".png", ".jpg"),
        "expiry": path.replace("expires=1", "expires=2"),
        "no signature": path.partition("&")[0],
        "bare": path.partition("?")[0],
    }
    answer, body = await counter.ask(changed[change])
    assert answer.status == 403
    assert b"This link opens nothing" in body
    assert answer.headers["Cache-Control"] == "private, no-store"


async def test_an_expired_link(counter: Counter) -> None:
    """410, and what to do; the page does not repeat the signature."""
    await counter.links.open()
    path = await counter.path()
    counter.harness.clock.now += WEEK
    answer, body = await counter.ask(path)
    assert answer.status == 410
    assert "Press “Full file” below the painting in Discord" in body.decode()
    assert path.partition("signature=")[2].encode() not in body


async def test_a_deleted_painting(counter: Counter) -> None:
    """404 from the moment of deletion on, though another painting has the very same bytes."""
    await counter.links.open()
    path, twin = await counter.path(), await counter.path()
    await counter.harness.service.delete_result(1, Member(ANN, GUILD))
    answer, body = await counter.ask(path, **{"If-None-Match": "*"})
    assert answer.status == 404
    assert b"This painting is gone" in body
    assert (await counter.ask(twin))[0].status == 200


async def test_forgotten_paintings(counter: Counter) -> None:
    """404 when the time for which jobs are kept is over, and when a member is forgotten."""
    await counter.links.open()
    path = await counter.path()
    await counter.harness.data.forget(counter.harness.clock.now + 1)
    assert (await counter.ask(path))[0].status == 404
    path = await counter.path()
    await counter.harness.retention.release(await counter.harness.data.forget_member(ANN))
    assert (await counter.ask(path))[0].status == 404


async def test_while_the_bot_starts(counter: Counter) -> None:
    """Before the key is read every link is answered with 503."""
    answer, body = await counter.ask("/paintings/1.png?expires=9999999999&signature=00")
    assert answer.status == 503
    assert b"The bot is starting" in body
