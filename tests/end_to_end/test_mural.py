"""Murals on the simulator, from the first command to the finished picture, page and film."""

import asyncio
import io
import time
from contextlib import suppress
from dataclasses import replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import aiohttp
import psutil
import pytest
from PIL import Image

from bot.settings import WebSettings
from bot.simulator import Invocation, Simulator, Upload, upheaval
from bot.simulator.model import Interaction, Message
from tests.end_to_end import bot_process
from tests.end_to_end.harness import picture, query, running_bot, write
from tests.end_to_end.harness import run as command
from tests.end_to_end.test_challenges import furnish, posted, told
from tests.end_to_end.test_full_paintings import PUBLIC
from tests.end_to_end.test_painting import said_privately

PAINTERS = ("ada", "ben", "cleo", "dora", "eve")


def start(**options: str) -> Invocation:
    """Write the command that starts a mural."""
    files = {"content": Upload("photo.png", picture(400, 300), "image/png")}
    return Invocation(
        "mural start", user="mo", texts={"title": "Our *town*"} | options, files=files
    )


def claim(simulator: Simulator, user: str, tile: int, style: str = "Whirling night") -> Interaction:
    """Have a member claim a tile and order its painting."""
    return command(simulator, "mural claim", user, {"tile": str(tile), "saved_style": style})


async def finished(simulator: Simulator, within: float = 120) -> Message:
    """Wait until the message shows the finished mural."""
    (message,) = await simulator.until(
        lambda: [one for one in posted(simulator, "Finished:") if one.attachments], within
    )
    return message


async def test_two_members_paint_a_mural(simulator: Simulator, data_dir: Path) -> None:
    """The message shows it growing; at the end there are the whole, the film and the page."""
    web = WebSettings(port=0, public_url=PUBLIC)
    async with running_bot(simulator, data_dir, painter="load_flat", web=web) as bot:
        refused = simulator.people.invoke(replace(start(), user="ada"))
        assert "Manage Server" in await told(simulator, refused)
        options = {"columns": "2", "rows": "2", "tiles_per_member": "2"}
        started = simulator.people.invoke(start(**options))
        assert "2 x 2 tiles and 128 x 128 pixels" in await told(simulator, started)
        (message,) = await simulator.until(lambda: posted(simulator, "0 of 4 tiles painted"))
        for user, tile in (("ada", 1), ("ben", 2), ("ada", 4)):
            assert f"tile {tile}:" in await told(simulator, claim(simulator, user, tile))
        assert "is taken" in await told(simulator, claim(simulator, "cleo", 1))
        assert "You have your 2 tiles" in await told(simulator, claim(simulator, "ada", 3))
        await simulator.until(lambda: "3 of 4 tiles painted" in message.content)
        assert "Claiming is over" in await told(simulator, command(simulator, "mural finish", "mo"))
        done = await finished(simulator)
        assert done is message
        assert "Ada (2), Ben, the server (1)" in done.content
        assert [one.filename for one in done.attachments] == ["mural.jpg", "mural-growing.mp4"]
        link = done.content.split("](")[1].split(")")[0]
        await look_at_page(bot.app.pages.url + link.removeprefix(PUBLIC))
    assert query(data_dir, "SELECT COUNT(*) AS n FROM jobs WHERE told_at IS NULL")[0]["n"] == 0
    assert len(posted(simulator, "Mural № 1")) == 1


async def look_at_page(link: str) -> None:
    """See that the page and its files are there, for this link alone."""
    base, _, signed = link.partition("?")
    async with aiohttp.ClientSession() as session:

        async def get(name: str, given: str = signed) -> tuple[int, bytes]:
            async with session.get(f"{base}{name}?{given}") as response:
                return response.status, await response.read()

        status, page = await get("")
        assert status == 200
        assert b"Our" in page
        assert b"viewer.js" in page
        assert len(page) < 20_000
        for name, size in (("mural.png", (128, 128)), ("mural.jpg", (128, 128))):
            status, data = await get(name)
            assert status == 200
            assert Image.open(io.BytesIO(data)).size == size
        assert (await get("zoom/0-0-0.jpg"))[0] == 200
        assert (await get("zoom/0-1-0.jpg"))[0] == 404
        status, film = await get("film.mp4")
        assert film[4:8] == b"ftyp"
        assert (await get("mural.png", signed[:-1] + "x"))[0] == 403


async def test_what_is_deleted_while_the_bot_is_down(simulator: Simulator, data_dir: Path) -> None:
    """The message is sent anew, since members need it; without its channel the mural ends."""
    async with running_bot(simulator, data_dir, painter="load_flat"):
        await told(simulator, simulator.people.invoke(start(columns="2", rows="2")))
        (message,) = await simulator.until(lambda: posted(simulator, "0 of 4 tiles painted"))
    simulator.people.delete(message.id, "mo")
    async with running_bot(simulator, data_dir, painter="load_flat"):
        (again,) = await simulator.until(lambda: posted(simulator, "0 of 4 tiles painted"))
        assert again.attachments
    upheaval.delete_channel(simulator.world, again.channel)
    async with running_bot(simulator, data_dir, painter="load_flat"):
        state = "SELECT state FROM murals WHERE given_up"
        await simulator.until(lambda: [row["state"] for row in query(data_dir, state)])
    assert [row["state"] for row in query(data_dir, state)] == ["cancelled"]


async def test_a_message_that_is_deleted_before_it_is_noted(
    simulator: Simulator, data_dir: Path
) -> None:
    """It is sent anew, although Discord gives the deleted one for its nonce."""
    simulator.faults.hang_up(method="POST", path=r"^/channels/\d+/messages$", after=True, times=1)
    searching = simulator.faults.hold(method="GET", path="/messages$")
    async with running_bot(simulator, data_dir, painter="load_flat"):
        await told(simulator, simulator.people.invoke(start(columns="2", rows="2")))
        (lost,) = await simulator.until(lambda: posted(simulator, "0 of 4 tiles painted"))
        await simulator.until(lambda: searching.hits)
        simulator.people.delete(lost.id, "mo")
        simulator.faults.lift(searching)
        (again,) = await simulator.until(lambda: posted(simulator, "0 of 4 tiles painted"))
    assert again is not lost
    assert again.attachments


@pytest.mark.slow
async def test_a_failed_assembly_is_told_once(simulator: Simulator, data_dir: Path) -> None:
    """The host reads that it failed; it is tried again until it works."""
    noise = io.BytesIO()
    Image.effect_noise((96, 64), 90).save(noise, "PNG")  # so that all tiles differ
    async with running_bot(simulator, data_dir, painter="load_copying"):
        begun = start(columns="3", rows="2", tiles_per_member="5")
        photo = {"content": Upload("noise.png", noise.getvalue(), "image/png")}
        await told(simulator, simulator.people.invoke(replace(begun, files=photo)))
        for tile in range(1, 6):
            await told(simulator, claim(simulator, "ada", tile))
        await simulator.until(lambda: painted(data_dir) == 5)
        (row,) = query(data_dir, "SELECT picture FROM mural_tiles WHERE number = 1")
        layer = data_dir / "pictures" / row["picture"][:2] / row["picture"]
        hidden = layer.rename(data_dir / "hidden")
        await told(simulator, claim(simulator, "ben", 6))
        await simulator.until(lambda: posted(simulator, "putting them together failed"))
        hidden.rename(layer)
        await finished(simulator)
    assert len(posted(simulator, "putting them together failed")) == 1


@pytest.mark.slow
async def test_five_members_and_kills(simulator: Simulator, data_dir: Path) -> None:
    """4x4 tiles, kills of the bot and of its engine, a withdrawal, an expiry: finished once."""
    furnish(simulator)
    token, base = simulator.world.token, simulator.api_base

    def begin() -> ForkServerProcess:
        return bot_process.start(token, base, data_dir, "load_flat")

    bot = begin()
    await simulator.until(lambda: simulator.gateway.connected)
    await told(
        simulator,
        simulator.people.invoke(start(columns="4", rows="4", tiles_per_member="4")),
    )
    (message,) = await simulator.until(lambda: posted(simulator, "of 16 tiles painted"))
    for number, user in enumerate(PAINTERS[:4]):
        for tile in (1 + number, 9 + number):
            await told(simulator, claim(simulator, user, tile))
        if number % 2:  # in the middle of it
            bot.kill()
            await asyncio.to_thread(bot.join)
            await simulator.until(lambda: not simulator.gateway.connected)
            bot = begin()
            await simulator.until(lambda: simulator.gateway.connected)
    await simulator.until(lambda: "8 of 16" in message.content, 120)

    # Ada gives a painted tile back; Eve claims one and does nothing with it.
    opened = command(simulator, "mural claim", "ada", {"tile": "1"})
    shown = await said_privately(simulator, opened)
    pressed = simulator.people.press(shown.id, "mural/1/back/1", "ada")
    await simulator.until(lambda: "7 of 16" in message.content)
    assert pressed.state != "failed"
    await told(simulator, command(simulator, "mural claim", "eve", {"tile": "16"}))
    ended = "UPDATE mural_tiles SET claimed_until = ? WHERE claimed_until > 0"
    await write(data_dir, ended, [time.time() - 1])
    await simulator.until(
        lambda: not query(data_dir, "SELECT * FROM mural_tiles WHERE number = 16")
    )
    await told(simulator, claim(simulator, "eve", 16, "Cat in pencil"))
    await told(simulator, command(simulator, "mural finish", "mo"))
    await simulator.until(lambda: painted(data_dir) >= 9)
    for child in psutil.Process(bot.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # children that decode come and go
            if "bot.executors" in child.cmdline():
                child.kill()
    await simulator.until(lambda: painted(data_dir) >= 12, 120)
    bot.kill()
    await asyncio.to_thread(bot.join)
    await simulator.until(lambda: not simulator.gateway.connected)
    bot = begin()
    try:
        done = await finished(simulator, 180)
    finally:
        bot.terminate()
        await asyncio.to_thread(bot.join)
    assert done is message
    assert len(posted(simulator, "Mural № 1")) == 1
    (credits,) = [line for line in done.content.splitlines() if line.startswith("Painted by")]
    assert {one.strip(". ") for one in credits.removeprefix("Painted by").split(",")} == {
        *("Ada", "Ben (2)", "Cleo (2)", "dora (2)", "eve", "the server (8)"),
    }
    tiles = query(data_dir, "SELECT * FROM mural_tiles")
    assert sorted(tile["number"] for tile in tiles) == list(range(1, 17))
    assert len({tile["turn"] for tile in tiles}) == 16
    assert query(data_dir, "SELECT * FROM jobs WHERE told_at IS NULL") == []


def painted(data_dir: Path) -> int:
    """Count the painted tiles; the message skips counts, since it is edited at a bounded rate."""
    return len(query(data_dir, "SELECT * FROM mural_tiles WHERE picture IS NOT NULL"))
