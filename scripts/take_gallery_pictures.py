"""Take the pictures of the gallery and of a server's settings that the README shows.

    python -m scripts.take_gallery_pictures

Serves a gallery of the package's own pictures, opens the settings in the simulator's page, and
writes WebP files to docs/. Needs the test extra and a Chromium.
"""

import asyncio
import io
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from bot.storage.database import Database, sqlite_url
from tests.end_to_end.browser.chromium import chromium
from tests.end_to_end.browser.stage import Stage, new_simulator
from tests.end_to_end.browser.wall import open_gallery

DOCS = Path(__file__).parents[1] / "docs"


async def take(folder: Path) -> None:
    """Take a wide one in light and a narrow one in dark."""
    database = Database(sqlite_url(folder / "gallery.db"))
    await database.upgrade()
    async with open_gallery(database, folder / "pictures") as address, chromium() as browser:
        for dark, width, height in ((False, 1280, 860), (True, 390, 844)):
            page = await browser.new_page(
                color_scheme="dark" if dark else "light",
                viewport={"width": width, "height": height},
            )
            await page.goto(f"{address}/1", wait_until="networkidle")
            name = "gallery_phone.webp" if dark else "gallery_desktop.webp"
            await write(name, await page.screenshot())
        await database.close()
        async with new_simulator() as simulator:
            await take_settings(Stage(browser, simulator, folder / "data"))


async def take_settings(stage: Stage) -> None:
    """Show the settings' panel, as a moderator sees it."""
    stage.data_dir.mkdir()
    await stage.start_bot()
    mo = await stage.screen("mo", stage.new_channel(), width=1000, height=900)
    await mo.choose_command("/settings set")
    await mo.send()
    panel = mo.message("Paintings may be made")
    await panel.get_by_role("button", name="Language…").wait_for()
    await write("settings.webp", await panel.screenshot())
    await stage.clear()
    await stage.stop_bot()


async def write(name: str, screenshot: bytes) -> None:
    """Write a screenshot to docs/."""
    taken = Image.open(io.BytesIO(screenshot))
    await asyncio.to_thread(taken.save, DOCS / name, "WEBP", quality=80)


if __name__ == "__main__":
    with TemporaryDirectory() as made:
        asyncio.run(take(Path(made)))
