"""The pages for links to full paintings that do not work."""

from pathlib import Path

import pytest

from bot.jobs.model import JobState
from bot.storage.database import Database
from bot.web.links import PaintingLinks
from bot.web.paintings import Paintings
from bot.web.server import WebServer
from tests.bot.conftest import ON_SQLITE, database, database_url
from tests.bot.jobs.harness import JobHarness
from tests.end_to_end.browser.chromium import chromium, new_page, program
from tests.end_to_end.browser.test_accessibility import faults
from tests.end_to_end.browser.test_gallery import look

__all__ = ["database", "database_url"]


@pytest.mark.skipif(program() is None, reason="no Chromium is installed")
@ON_SQLITE
async def test_refusals(database: Database, tmp_path: Path) -> None:
    """A wrong and an expired link: nothing else is loaded or sticks out, and axe finds no fault."""
    harness = JobHarness(database, tmp_path / "pictures")
    await harness.pictures.open()
    links = PaintingLinks(tmp_path / "link.key", "http://murals.example", 60, 60, harness.clock)
    await links.open()
    server = WebServer("127.0.0.1", 0, Paintings(links, harness.service, harness.pictures).routes())
    await server.start()
    link = links.to(await harness.job_in(JobState.DONE))
    assert link is not None
    expired = link.url.replace("http://murals.example", server.url)
    harness.clock.now += 60
    async with chromium() as browser:
        for scheme, width in (("light", 1280), ("dark", 390)):
            page = await new_page(
                browser,
                color_scheme="dark" if scheme == "dark" else "light",
                viewport={"width": width, "height": 800},
                bypass_csp=True,  # axe is put into the page
            )
            for address, heading in (
                (expired, "This link has expired"),
                (expired + "0", "This link opens nothing"),
            ):
                seen = await look(page, address)
                assert seen == {"bytes": seen["bytes"], "shift": 0, "other": [], "wide": False}
                assert await page.get_by_role("heading", level=1).inner_text() == heading
                assert await faults(page) == []
    await server.close()
