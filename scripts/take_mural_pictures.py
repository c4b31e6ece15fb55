"""Take the pictures of a mural that the handbook shows.

    python -m scripts.take_mural_pictures

Three members paint a mural of the package's own photograph in the simulator's page. Writes WebP
files to docs/. Needs the test extra and a Chromium.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser

from bot.settings import WebSettings
from bot.simulator import Invocation, Simulator, Upload
from bot.simulator.model import Message
from engine.samples import CONTENTS
from scripts.take_challenge_pictures import room, settle, told
from scripts.take_gallery_pictures import write
from tests.end_to_end.browser.chromium import chromium
from tests.end_to_end.browser.stage import Stage, new_simulator
from tests.end_to_end.harness import ROOMY, run, running_bot
from tests.ports import free_port

TILE = 160  # pixels
CLAIMED = (  # in this order; the rest is painted at the end
    *(("ada", 5, "Poppies in watercolour"), ("ben", 1, "Whirling night")),
    *(("cleo", 9, "River in dots"), ("ada", 3, "Loud poster")),
)
REST = (
    *(("ben", 2, "Mountains in ink"), ("cleo", 4, "Burning bay"), ("ada", 7, "Woodblock waves")),
    *(("ben", 6, "Whirling night"), ("cleo", 8, "Cat in pencil")),
)
LONGEST = 900.0  # seconds of painting
WIDE = {"width": 1100, "height": 1180}
NARROW = {"width": 390, "height": 844}


async def take(folder: Path) -> None:
    """Show how a tile is claimed, how the mural grows, and the page of the finished one."""
    web = WebSettings(port=free_port())
    web = web.model_copy(update={"public_url": f"http://127.0.0.1:{web.port}"})
    limits = ROOMY.model_copy(update={"mural_tile": TILE})
    async with chromium() as browser, new_simulator() as simulator:
        simulator.world.bot.global_name = "Muralscape"
        stage = Stage(browser, simulator, folder)
        async with running_bot(simulator, folder, painter=None, limits=limits, web=web):
            await begin(simulator)
            await claim(simulator, CLAIMED)
            message = await until(simulator, f"{len(CLAIMED)} of 9 tiles painted")
            for name, size in (("desktop", WIDE), ("phone", NARROW)):
                screen = await stage.screen("cleo", room(simulator), **size)
                await settle(screen.page)
                await write(f"mural_growing_{name}.webp", await screen.page.screenshot())
                await screen.page.get_by_role("button", name="Claim a tile").click()
                await screen.message("free tiles are numbered").last.wait_for()
                await settle(screen.page)
                await write(f"mural_claiming_{name}.webp", await screen.page.screenshot())
                await stage.clear()
            await claim(simulator, REST)
            await until(simulator, "Finished:")
            await show_page(browser, message.content.split("](")[1].split(")")[0])


async def begin(simulator: Simulator) -> None:
    """Have the moderator start the mural."""
    photo = next(sample for sample in CONTENTS if sample.name == "mountains")
    texts = {"title": "Our mountains", "columns": "3", "rows": "3", "tiles_per_member": "3"}
    files = {"content": Upload("mountains.jpg", photo.path.read_bytes(), "image/jpeg")}
    begun = Invocation("mural start", user="mo", channel="gallery", texts=texts, files=files)
    await told(simulator, simulator.people.invoke(begun))


async def claim(simulator: Simulator, tiles: tuple[tuple[str, int, str], ...]) -> None:
    """Have members claim tiles and order their paintings."""
    for user, number, style in tiles:
        texts = {"tile": str(number), "saved_style": style}
        await told(simulator, run(simulator, "mural claim", user, texts))


async def until(simulator: Simulator, words: str) -> Message:
    """Wait until the mural's message says so."""

    def found() -> list[Message]:
        known = simulator.world.messages.values()
        return [one for one in known if words in one.content and one.ephemeral_to is None]

    return (await simulator.until(found, LONGEST))[0]


async def show_page(browser: Browser, link: str) -> None:
    """Show the page of the finished mural, wide in light and narrow in dark."""
    for name, scheme, size in (("desktop", "light", WIDE), ("phone", "dark", NARROW)):
        page = await browser.new_page(
            color_scheme="dark" if scheme == "dark" else "light",
            viewport={"width": size["width"], "height": size["height"]},
        )
        await page.goto(link, wait_until="networkidle")
        await settle(page)
        await write(f"mural_page_{name}.webp", await page.screenshot())
        await page.close()


if __name__ == "__main__":
    with TemporaryDirectory() as made:
        asyncio.run(take(Path(made)))
