"""Take the pictures of the gallery that the README shows.

    python -m scripts.take_gallery_pictures

Serves a gallery of the package's own pictures and writes WebP files to docs/. Needs the test extra
and a Chromium.
"""

import asyncio
import io
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from bot.storage.database import Database, sqlite_url
from tests.end_to_end.browser.chromium import chromium
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
            taken = Image.open(io.BytesIO(await page.screenshot()))
            name = "gallery_phone.webp" if dark else "gallery_desktop.webp"
            await asyncio.to_thread(taken.save, DOCS / name, "WEBP", quality=80)
    await database.close()


if __name__ == "__main__":
    with TemporaryDirectory() as made:
        asyncio.run(take(Path(made)))
