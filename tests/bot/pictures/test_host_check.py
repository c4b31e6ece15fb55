"""The host's picture check, asked by real commands and a real page on loopback."""

import asyncio
import io
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from PIL import Image

from bot.pictures.decoder import Decoder
from bot.pictures.host_check import Ask, CheckRefused, HostCheck, Verdict, command, page
from bot.pictures.store import PictureStore
from bot.pictures.turns import Owner
from tests.engine.motion_clips import animation, pan, video

ADA, BEN = Owner(10, 1), Owner(11, 2)
LOOK = "import sys; sys.exit(0 if sys.stdin.buffer.read()[:2] == b'\\xff\\xd8' else 7)"
NO = "print('No **cats**.\\nnor dogs'); raise SystemExit(1)"
ODD = "raise SystemExit(3)"
SLOW = "import time; time.sleep(600)"
LONG = "while True: print('x' * 1000)"


def python(program: str) -> Ask:
    """Ask a Python program."""
    return command([sys.executable, "-c", program])


class Desk:
    """A stored picture, and checks of it."""

    def __init__(self, pictures: PictureStore, decoder: Decoder, name: str) -> None:
        self.pictures, self.decoder, self.name = pictures, decoder, name

    def check(
        self, ask: Ask, seconds: float = 30.0, *, lenient: bool = False, at_a_time: int = 2
    ) -> HostCheck:
        """Make a check."""
        return HostCheck(
            ask,
            self.pictures,
            self.decoder,
            seconds=seconds,
            pass_on_failure=lenient,
            at_a_time=at_a_time,
        )

    async def asked(self, check: HostCheck, owner: Owner = ADA) -> str:
        """Ask, and give the refusal, or an empty text."""
        try:
            await check.check(self.name, "The picture", owner)
        except CheckRefused as refused:
            return str(refused)
        return ""


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A store with a PNG in it."""
    buffer = io.BytesIO()
    Image.new("RGBA", (40, 30), (0, 128, 128, 40)).save(buffer, "PNG")
    pictures = PictureStore(tmp_path / "pictures")
    await pictures.open()
    async with Decoder() as decoder:
        yield Desk(pictures, decoder, await pictures.put(buffer.getvalue()))


async def test_a_command_says_yes_or_no(desk: Desk) -> None:
    """It gets a JPEG; its first line is what the member reads, without markdown."""
    assert await desk.asked(desk.check(python(LOOK))) == ""
    assert await desk.asked(desk.check(python(NO))) == "The picture is not allowed here: No cats."


SIZE = "import sys; from PIL import Image; print(*Image.open(sys.stdin.buffer).size); sys.exit(1)"


@pytest.mark.parametrize(
    ("film", "size"),
    [
        (video(pan(6), 0.1), "256 128"),
        (animation(pan(30), "GIF"), "256 256"),
        (animation(pan(1), "GIF"), "64 64"),
    ],
    ids=["video", "gif", "still gif"],
)
async def test_of_a_film_it_sees_frames(desk: Desk, film: bytes, size: str) -> None:
    """Up to sixteen of its frames come side by side, as one JPEG; a still GIF comes alone."""
    desk.name = await desk.pictures.put(film)
    told = await desk.asked(desk.check(python(SIZE)))
    assert told == f"The picture is not allowed here: {size}."


@pytest.mark.parametrize(
    ("ask", "seconds"),
    [
        (python(ODD), 30.0),
        (python(SLOW), 0.2),
        (python(LONG), 0.5),
        (command(["/no/such/program"]), 30.0),
        (page("http://127.0.0.1:1/"), 30.0),
    ],
    ids=["code", "slow", "long", "missing", "closed"],
)
async def test_without_an_answer_the_host_has_chosen(desk: Desk, ask: Ask, seconds: float) -> None:
    """A picture is refused with a message that says so, or let through."""
    refused = await desk.asked(desk.check(ask, seconds))
    assert "could not be checked just now" in refused
    assert await desk.asked(desk.check(ask, seconds, lenient=True)) == ""


async def test_a_page_says_yes_or_no(desk: Desk) -> None:
    """It gets a JPEG by POST; what is no answer, and a redirect, counts as a failure."""
    answers = [
        web.json_response({"allowed": True}),
        web.json_response({"allowed": False, "reason": "Cats."}),
        web.json_response({"allowed": False, "reason": None}),
        web.json_response({"allowed": "yes"}),
        web.json_response(["allowed"]),
        web.Response(text="no"),
        web.Response(status=302, headers={"Location": "/"}),
    ]
    seen: list[bytes] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(await request.read())
        return answers[len(seen) - 1]

    app = web.Application()
    app.router.add_post("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    check = desk.check(page(f"http://{host}:{port}/"))
    said = [await desk.asked(check) for _ in answers]
    await runner.cleanup()
    no = "The picture is not allowed here"
    assert said[:3] == ["", f"{no}: Cats.", f"{no}."]
    assert all("could not be checked" in one for one in said[3:])
    assert all(data.startswith(b"\xff\xd8\xff") for data in seen)


async def test_a_page_answers_in_pieces(desk: Desk) -> None:
    """An answer that arrives in several pieces is read whole, up to a bound."""
    pieces = [b'{"allowed": ', b"false, ", b'"reason": "Cats."}']

    async def answer(request: web.Request) -> web.StreamResponse:
        await request.read()
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in pieces:
            await response.write(piece)
            await asyncio.sleep(0.05)  # so that each is a packet of its own
        return response

    app = web.Application()
    app.router.add_post("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    check = desk.check(page(f"http://{host}:{port}/"))
    assert await desk.asked(check) == "The picture is not allowed here: Cats."
    pieces[2] = b'"reason": "%s"}' % (b"long " * 2000)
    assert "could not be checked" in await desk.asked(check)
    await runner.cleanup()


async def test_a_slow_check_holds_up_its_member_alone(desk: Desk) -> None:
    """While a member's picture is being checked another member's is, and the check is killed."""
    gone = asyncio.Event()
    begun = asyncio.Event()

    async def ask(picture: bytes) -> Verdict:
        if not begun.is_set():
            begun.set()
            try:
                await python(SLOW)(picture)
            finally:
                gone.set()
        return await python(LOOK)(picture)

    check = desk.check(ask)
    waiting = asyncio.create_task(desk.asked(check, ADA))
    await begun.wait()
    assert await desk.asked(check, BEN) == ""
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert gone.is_set()
    assert await desk.asked(check, ADA) == ""
