"""The gallery in a real browser: nothing moves, little is loaded, everybody can read it."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from bot.storage.database import Database
from tests.bot.conftest import ON_SQLITE, database, database_url
from tests.end_to_end.browser.chromium import chromium, new_page, program
from tests.end_to_end.browser.test_accessibility import faults
from tests.end_to_end.browser.wall import open_gallery

__all__ = ["database", "database_url"]

SHIFT = """() => new Promise(done => {
  let shift = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) shift += entry.value;
  }).observe({type: 'layout-shift', buffered: true});
  setTimeout(() => done(shift), 300);
})"""
LOADED = """() => performance.getEntriesByType('resource').map(
  entry => [entry.name, entry.initiatorType, entry.transferSize])"""


async def look(page: Page, address: str) -> dict[str, Any]:
    """Open a page, scroll through it, and say how it behaved."""
    answer = await page.goto(address, wait_until="load")
    assert answer is not None
    size = len(await answer.body())
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    await page.wait_for_load_state("networkidle")
    resources = await page.evaluate(LOADED)
    return {
        "bytes": size,
        "shift": await page.evaluate(SHIFT),
        "other": [name for name, _, _ in resources if not name.endswith(".webp")],
        "wide": await page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        ),
    }


@pytest.mark.skipif(program() is None, reason="no Chromium is installed")
@ON_SQLITE
async def test_light_dark_wide_and_narrow(database: Database, tmp_path: Path) -> None:
    """No layout shift, under 100 kB before pictures, no scripts needed, no fault that axe finds."""
    async with open_gallery(database, tmp_path / "pictures") as address, chromium() as browser:
        for scheme, width in (("light", 1280), ("dark", 390)):
            page = await new_page(
                browser,
                color_scheme="dark" if scheme == "dark" else "light",
                viewport={"width": width, "height": 800},
                bypass_csp=True,  # axe is put into the page
            )
            for path in ("", "/1"):
                seen = await look(page, address + path)
                assert seen == {
                    "bytes": seen["bytes"],
                    "shift": 0,
                    "other": [],
                    "wide": False,
                }, (scheme, path)
                assert seen["bytes"] < 100_000
                assert await faults(page) == []
            assert await page.locator("img").count() == 12
            await page.close()
