"""The page of a finished mural in a real browser: it zooms, is light, and everybody can use it."""

import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from PIL import Image

from bot.mural.model import ChosenStyle, Mural, MuralMessage, MuralState, Terms, Tile
from bot.mural.page import MuralPages
from bot.mural.store import MuralStore
from bot.mural.workshop import Workshop
from bot.pictures.ledger import PictureLedger
from bot.pictures.retention import PictureRetention
from bot.pictures.store import PictureStore
from bot.storage.database import Database
from bot.web.links import PaintingLinks
from engine.samples import CONTENTS, STYLES
from tests.bot.conftest import ON_SQLITE, database, database_url
from tests.end_to_end.browser.chromium import chromium, new_page, program
from tests.end_to_end.browser.test_accessibility import faults

__all__ = ["database", "database_url"]


# Several tiles are shown, and all of them have arrived.
WHOLE = """() => {
  const tiles = [...document.querySelectorAll('#viewer img')];
  return tiles.length > 1 && tiles.every(img => img.naturalWidth > 0);
}"""


@asynccontextmanager
async def open_mural(database: Database, folder: Path, tile: int = 384) -> AsyncIterator[str]:
    """Serve the page of a mural of 3x3 tiles; give its link. `tile` is in pixels."""
    pictures, store = PictureStore(folder / "pictures"), MuralStore(database)
    await pictures.open()
    retention = PictureRetention(pictures, PictureLedger(database), [store], time.time)
    photo = await pictures.put(CONTENTS[5].path.read_bytes())
    terms = Terms("Mountains", 3, 3, tile, time.time() + 60, ChosenStyle(photo, "Night"))
    mural = Mural(
        *(0, 10, 20, 99, MuralState.DONE, terms, photo, 7, 0.0, MuralMessage("5")), host_name="Mo"
    )
    tiles = []
    for number in range(1, 10):
        left, top, right, bottom = terms.grid.region(number)
        file = folder / "part.png"
        with Image.open(STYLES[number].path) as style:
            style.convert("RGB").resize((right - left, bottom - top)).save(file)
        stored = await pictures.put(file.read_bytes())
        tiles.append(Tile(number, number % 4, f"Member {number % 4}", picture=stored, turn=number))
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    link_of = PaintingLinks(folder / "key", f"http://127.0.0.1:{port}", 600.0, 600.0, time.time)
    await link_of.open()
    workshop = Workshop(retention)
    async with database.write() as connection:
        mural = await store.add(connection, mural)
    whole = replace(mural, tiles=tuple(tiles))
    whole = replace(whole, results=await workshop.assemble(whole))
    async with database.write() as connection:
        await store.save(connection, mural, whole)
    pages = MuralPages(link_of, store, pictures, workshop)
    app = web.Application()
    app.add_routes(pages.routes())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    try:
        link = pages.link(whole)
        assert link is not None
        yield link.url
    finally:
        await runner.cleanup()


@pytest.mark.skipif(program() is None, reason="no Chromium is installed")
@ON_SQLITE
async def test_the_page_zooms(database: Database, tmp_path: Path) -> None:
    """Under 150 kB before tiles; zooming in loads finer ones; axe and the console are silent."""
    async with open_mural(database, tmp_path) as link, chromium() as browser:
        for scheme, width in (("light", 1280), ("dark", 390)):
            page = await new_page(
                browser,
                color_scheme="dark" if scheme == "dark" else "light",
                viewport={"width": width, "height": 844},
            )
            said: list[str] = []
            page.on("console", lambda message: said.append(message.text))  # noqa: B023 - its own
            answer = await page.goto(link, wait_until="networkidle")
            assert answer is not None
            assert len(await answer.body()) < 150_000
            tiles = page.locator("#viewer img")
            await page.wait_for_function(WHOLE)
            await page.screenshot(path=tmp_path / f"whole-{width}.png", full_page=True)
            for _ in range(6):
                await page.click("#nearer")
            await page.wait_for_function(
                "[...document.querySelectorAll('#viewer img')].some(i => i.src.includes('zoom/0-'))"
            )
            await page.wait_for_load_state("networkidle")
            box = await page.locator("#viewer").bounding_box()
            assert box is not None
            before = await tiles.first.evaluate("img => img.style.transform")
            await page.mouse.move(box["x"] + 100, box["y"] + 100)
            await page.mouse.down()
            await page.mouse.move(box["x"] + 160, box["y"] + 130)
            await page.mouse.up()
            await page.wait_for_function(
                "before => document.querySelector('#viewer img').style.transform != before",
                arg=before,
            )
            await page.screenshot(path=tmp_path / f"near-{width}.png")
            assert not await page.evaluate(
                "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            )
            assert said == []
            await page.close()
        page = await new_page(browser, bypass_csp=True)  # axe is put into the page
        await page.goto(link, wait_until="networkidle")
        assert await faults(page) == []


@pytest.mark.skipif(program() is None, reason="no Chromium is installed")
@ON_SQLITE
async def test_a_small_mural_is_shown_whole(database: Database, tmp_path: Path) -> None:
    """One tile of a single level fills the viewer, in the middle of it, wide or narrow."""
    async with open_mural(database, tmp_path, tile=96) as link, chromium() as browser:
        for width in (1280, 390):
            page = await new_page(browser, viewport={"width": width, "height": 844})
            await page.goto(link, wait_until="networkidle")
            await page.wait_for_function("document.querySelector('#viewer img')?.naturalWidth > 0")
            viewer = await page.locator("#viewer").bounding_box()
            shown = await page.locator("#viewer img").bounding_box()
            assert viewer is not None
            assert shown is not None
            assert shown["height"] == pytest.approx(viewer["height"], abs=2)
            assert shown["width"] == pytest.approx(shown["height"], abs=2)
            middle = viewer["x"] + viewer["width"] / 2
            assert shown["x"] + shown["width"] / 2 == pytest.approx(middle, abs=2)
            await page.close()
