"""The gallery of a bot that runs against the simulator, as browsers and link previews see it."""

import re
from pathlib import Path

import aiohttp

from bot.settings import WebSettings
from bot.simulator import Simulator
from tests.end_to_end.harness import Bot, button, muralize, picture, running_bot
from tests.end_to_end.harness import run as command
from tests.end_to_end.test_challenges import contest_of, posted, told, vote
from tests.end_to_end.test_guild_settings import switch
from tests.end_to_end.test_painting import result_of, said_privately


async def get(bot: Bot, path: str, **headers: str) -> tuple[aiohttp.ClientResponse, bytes]:
    """Fetch something."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(bot.app.pages.url + path, headers=headers) as answer,
    ):
        return answer, await answer.read()


async def status_of(bot: Bot, path: str) -> int:
    """Fetch something and say how that went."""
    return (await get(bot, path))[0].status


async def hold_challenge(simulator: Simulator, bot: Bot) -> int:
    """Have two members compete to the end; ada wins. Returns the server's id."""
    options = {"title": "Night & <b>day</b>", "theme": "Paint it"}
    await told(simulator, command(simulator, "challenge start", "mo", options))
    for user, colour in (("ada", "red"), ("ben", "green")):
        content = picture(colour=colour)
        painted = await result_of(simulator, muralize(simulator, user, content=content))
        await told(simulator, simulator.people.press(painted.id, button(painted, "enter"), user))
    await told(simulator, command(simulator, "challenge close", "mo"))
    await simulator.until(lambda: posted(simulator, "🗳️ **Vote"))
    await vote(simulator, await contest_of(bot), "cleo", "ada")
    (guild,) = simulator.world.guilds
    return guild


async def test_the_gallery(simulator: Simulator, data_dir: Path) -> None:
    """It opens when a server opts in, shows what is closed, and nothing before the end."""
    public = WebSettings(port=0, public_url="https://murals.example")
    async with running_bot(simulator, data_dir, web=public) as bot:
        guild = await hold_challenge(simulator, bot)
        assert await status_of(bot, f"/gallery/{guild}") == 404
        await switch(simulator, "gallery", on=True)
        _, page = await get(bot, f"/gallery/{guild}")
        assert b"No challenge has ended here yet" in page
        entry = (await contest_of(bot)).entries[0].id
        for path in (f"/gallery/{guild}/1", f"/gallery/{guild}/1/{entry}-640.webp"):
            assert await status_of(bot, path) == 404

        await told(simulator, command(simulator, "challenge close", "mo"))
        answer, page = await get(bot, f"/gallery/{guild}")
        text = page.decode()
        assert "Atelier" in text
        assert "🥇</span> Ada" in text
        assert "<script" not in text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        answer, page = await get(bot, f"/gallery/{guild}/1")
        text = page.decode()
        assert text.index("Ada") < text.index("Ben")
        assert "🥇 1st" in text
        assert "2nd" not in text  # nobody voted for Ben
        assert "Night &amp; b day /b" in text
        assert len(page) < 100_000

        found = re.search(r'property="og:image" content="([^"]+)"', text)
        assert found is not None
        preview = found[1].removeprefix("https://murals.example")
        answer, _ = await get(bot, preview)
        assert (answer.status, answer.content_type) == (200, "image/webp")
        again, _ = await get(bot, preview, **{"If-None-Match": answer.headers["ETag"]})
        assert again.status == 304


async def test_the_host_header_is_not_believed(simulator: Simulator, data_dir: Path) -> None:
    """Without a public address no page has absolute addresses, whatever host a visitor names."""
    async with running_bot(simulator, data_dir) as bot:
        guild = await hold_challenge(simulator, bot)
        await switch(simulator, "gallery", on=True)
        _, page = await get(bot, f"/gallery/{guild}", Host="evil.example")
        assert b"evil.example" not in page
        assert b"og:url" not in page


async def test_a_deleted_picture_is_gone_at_once(simulator: Simulator, data_dir: Path) -> None:
    """Neither page nor picture is left, though a browser may have both; the rest stays."""
    async with running_bot(simulator, data_dir) as bot:
        guild = await hold_challenge(simulator, bot)
        await switch(simulator, "gallery", on=True)
        entry, other = (await contest_of(bot)).entries
        await told(simulator, command(simulator, "challenge close", "mo"))
        address = f"/gallery/{guild}/1/{entry.id}-640.webp"
        answer, _ = await get(bot, address)
        assert answer.headers["Cache-Control"] == "no-cache"
        asked = await said_privately(simulator, command(simulator, "privacy delete"))
        simulator.people.press(asked.id, "privacy/delete", "ada")
        await simulator.until(lambda: "data is deleted" in asked.content)
        gone, _ = await get(bot, address, **{"If-None-Match": answer.headers["ETag"]})
        assert gone.status == 404
        _, page = await get(bot, f"/gallery/{guild}/1")
        assert b"Ada" not in page
        assert b"Ben" in page
        assert await status_of(bot, f"/gallery/{guild}/1/{other.id}-320.webp") == 200


async def test_addresses_that_are_none(simulator: Simulator, data_dir: Path) -> None:
    """Foreign servers, other sizes and numbers out of range are simply not there."""
    async with running_bot(simulator, data_dir) as bot:
        guild = await hold_challenge(simulator, bot)
        await switch(simulator, "gallery", on=True)
        await told(simulator, command(simulator, "challenge close", "mo"))
        for path in (
            "/gallery/1",
            "/gallery/99999999999999999999",
            f"/gallery/{guild}/7",
            "/gallery/1/1",
            f"/gallery/{guild}/1/1-999.webp",
            f"/gallery/{guild}/1/77-640.webp",
            f"/gallery/{guild}/x",
            "/gallery/../healthz/x",
        ):
            assert await status_of(bot, path) == 404
