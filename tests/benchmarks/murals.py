"""A mural of 12x12 tiles of 512 pixels, painted by the clock: the bot's memory, the edits of its
message, the bytes of its page. Real claims through the real bot against the simulator."""

import asyncio
import io
import tempfile
import time
from functools import partial
from itertools import pairwise
from pathlib import Path

import aiohttp
import psutil
from PIL import Image

from bot.app.timing import Timing
from bot.settings import LimitSettings, WebSettings
from bot.simulator import Invocation, Simulator, Upload
from engine.device import Device
from tests.end_to_end import bot_process
from tests.end_to_end.harness import query
from tests.end_to_end.harness import run as command
from tests.end_to_end.test_challenges import posted
from tests.ports import free_port

SIDE = 12  # tiles
PHOTO = 5000  # pixels on a side
MEMBERS = ("ada", "ben", "cleo")
STYLES = ("Whirling night", "Loud poster", "Mountains in ink")
LOOK = 0.2  # seconds between two looks at the memory
LONGEST = 3600.0  # seconds


def run(_: Device | None = None) -> dict[str, float]:
    """Figures of the whole, from the start to the finished page."""
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(_measure(Path(folder)))
    for name, value in figures.items():
        print(f"{name:45} {value:12.4g}")
    return figures


async def _measure(folder: Path) -> dict[str, float]:
    web = WebSettings(port=free_port())
    web = web.model_copy(update={"public_url": f"http://127.0.0.1:{web.port}"})
    limits = LimitSettings(jobs_per_member=50, jobs_per_person=50, jobs_per_guild=200)
    async with Simulator() as simulator:
        token, base = simulator.world.token, simulator.api_base
        bot = bot_process.start(
            *(token, base, folder, "load_flat", Timing()), limits=limits, web=web
        )
        try:
            await simulator.until(lambda: simulator.gateway.connected, 60)
            memory = _Memory(psutil.Process(bot.pid))
            watching = asyncio.create_task(memory.watch())
            begun = time.monotonic()
            await _paint(simulator, folder)
            seconds = time.monotonic() - begun
            watching.cancel()
            edits = await _last_edits(simulator)
            page = await _page(simulator)
        finally:
            bot.terminate()
            await asyncio.to_thread(bot.join)
    gaps = [after - before for before, after in pairwise(edits)]
    return {
        "mural_seconds": seconds,
        "mural_bot_mib": memory.own / 2**20,
        "mural_workshop_mib": memory.workshop / 2**20,
        "mural_edits": float(len(edits)),
        "mural_least_seconds_between_edits": min(gaps),
        "mural_page_bytes": float(page),
    }


async def _paint(simulator: Simulator, folder: Path) -> None:
    """Start the mural, have all tiles ordered at once, and wait for the end."""
    options = {"title": "Large", "columns": str(SIDE), "rows": str(SIDE), "tiles_per_member": "48"}
    photo = {"content": Upload("photo.jpg", await asyncio.to_thread(_photograph), "image/jpeg")}
    begun = Invocation("mural start", user="mo", texts=options, files=photo)
    simulator.people.invoke(begun)
    await simulator.until(lambda: posted(simulator, "of 144 tiles painted"), 120)
    for tile in range(1, SIDE * SIDE + 1):
        who = tile % len(MEMBERS)
        texts = {"tile": str(tile), "saved_style": STYLES[who]}
        command(simulator, "mural claim", MEMBERS[who], texts)
        ordered = f"SELECT 1 FROM mural_tiles WHERE number = {tile}"
        await simulator.until(partial(query, folder, ordered), 120)
    began, painted = time.monotonic(), -1
    while not posted(simulator, "Finished:") and time.monotonic() - began < LONGEST:
        (row,) = query(folder, "SELECT COUNT(*) AS n FROM mural_tiles WHERE picture IS NOT NULL")
        if row["n"] // 12 != painted // 12:
            print(f"{time.monotonic() - began:6.0f} s: {row['n']} tiles", flush=True)
        painted = row["n"]
        await asyncio.sleep(1)


async def _last_edits(simulator: Simulator) -> list[float]:
    """When the mural's message was edited: nothing else is edited in public."""
    (message,) = posted(simulator, "Mural № 1")
    path = f"/channels/{message.channel.id}/messages/{message.id}"
    return [call.started for call in simulator.record.find("PATCH", path)]


async def _page(simulator: Simulator) -> int:
    (message,) = posted(simulator, "Finished:")
    link = message.content.split("](")[1].split(")")[0]
    async with aiohttp.ClientSession() as session:
        total = 0
        for address in (link, f"{link.split('/murals/')[0]}/murals/viewer.js"):
            async with session.get(address) as response:
                total += len(await response.read())
    return total


class _Memory:
    """The most resident bytes of the bot's own process, and of a child that makes pictures."""

    def __init__(self, bot: psutil.Process) -> None:
        self._bot = bot
        self.own = self.workshop = 0

    async def watch(self) -> None:
        while True:
            self.own = max(self.own, self._bot.memory_info().rss)
            for child in self._bot.children():
                try:
                    if "engine.mural" in child.cmdline():
                        self.workshop = max(self.workshop, child.memory_info().rss)
                except psutil.NoSuchProcess:
                    continue
            await asyncio.sleep(LOOK)


def _photograph() -> bytes:
    noise = Image.effect_noise((PHOTO // 8, PHOTO // 8), 60).convert("RGB")
    buffer = io.BytesIO()
    noise.resize((PHOTO, PHOTO), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
