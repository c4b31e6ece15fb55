"""Murals on the simulator, from the first command to the finished picture, page and film."""

import io
from pathlib import Path

import aiohttp
from PIL import Image

from bot.settings import WebSettings
from bot.simulator import Invocation, Simulator, Upload
from bot.simulator.model import Message
from tests.end_to_end.harness import ROOMY, picture, query, running_bot
from tests.end_to_end.harness import run as command
from tests.end_to_end.test_challenges import posted, told
from tests.ports import free_port

SMALL = ROOMY.model_copy(update={"mural_tile": 64})
PAINTERS = ("ada", "ben", "cleo", "dora", "eve")


def start(simulator: Simulator, **options: str) -> Invocation:
    """Write the command that starts a mural."""
    files = {"picture": Upload("photo.png", picture(400, 300), "image/png")}
    return Invocation(
        "mural start", user="mo", texts={"title": "Our *town*"} | options, files=files
    )


def claim(simulator: Simulator, user: str, tile: int, style: str = "Whirling night") -> object:
    """Have a member claim a tile and order its painting."""
    return command(simulator, "mural claim", user, {"tile": str(tile), "style": style})


async def finished(simulator: Simulator, within: float = 60) -> Message:
    """Wait until the message shows the finished mural."""
    (message,) = await simulator.until(
        lambda: [one for one in posted(simulator, "Finished:") if one.attachments], within
    )
    return message


async def test_two_members_paint_a_mural(simulator: Simulator, data_dir: Path) -> None:
    """The message shows it growing; at the end there are the whole, the film and the page."""
    web = WebSettings(port=free_port())
    web = web.model_copy(update={"public_url": f"http://127.0.0.1:{web.port}"})
    async with running_bot(simulator, data_dir, painter="load_flat", limits=SMALL, web=web):
        refused = simulator.people.invoke(
            Invocation(
                "mural start",
                user="ada",
                **{
                    "texts": {"title": "Mine"},
                    "files": {"picture": Upload("photo.png", picture(), "image/png")},
                },
            )
        )
        assert "Manage Server" in await told(simulator, refused)
        options = {"columns": "2", "rows": "2", "tiles_per_member": "2"}
        started = simulator.people.invoke(start(simulator, **options))
        assert "2 x 2 tiles and 128 x 128 pixels" in await told(simulator, started)
        (message,) = await simulator.until(lambda: posted(simulator, "0 of 4 tiles painted"))
        for user, tile in (("ada", 1), ("ben", 2), ("ada", 4)):
            assert f"tile {tile}:" in await told(simulator, claim(simulator, user, tile))
        assert "is taken" in await told(simulator, claim(simulator, "cleo", 1))
        assert "You have your 2 tiles" in await told(simulator, claim(simulator, "ada", 3))
        await simulator.until(lambda: "3 of 4 tiles painted" in message.content, 30)
        assert "Claiming is over" in await told(simulator, command(simulator, "mural finish", "mo"))
        done = await finished(simulator)
        assert done is message
        assert "Ada (2), Ben, the server (1)" in done.content
        assert [one.filename for one in done.attachments] == ["mural.jpg", "mural-growing.mp4"]
        link = done.content.split("](")[1].split(")")[0]
        await look_at_page(link)
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
