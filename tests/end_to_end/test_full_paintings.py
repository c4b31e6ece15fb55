"""A painting too large for Discord comes as a copy, with a link to the full file."""

import io
import json
import re
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

from bot.settings import WebSettings
from bot.simulator import DiscordLimits, Simulator
from bot.simulator.model import Message
from tests.bot.clients import StartSimulator
from tests.end_to_end.harness import Bot, button, muralize, running_bot
from tests.end_to_end.harness import run as command
from tests.end_to_end.test_painting import result_of, said_privately

PUBLIC = "https://murals.example"
OPEN = WebSettings(port=0, public_url=PUBLIC)
SMALL = 60_000  # bytes, for which the noisy painting must lose pixels


@pytest.fixture
async def cramped(start_simulator: StartSimulator) -> Simulator:
    """A Discord that takes small files only."""
    return await start_simulator(DiscordLimits(accepted_upload=SMALL))


def path_in(message: Message) -> str:
    """Find a message's link: path and query. <> keeps Discord from fetching it for a preview."""
    found = re.search(rf"\(<{PUBLIC}(/paintings/[^>]+)>\)", message.content)
    assert found is not None, message.content
    return found[1]


async def fetch(bot: Bot, path: str) -> tuple[int, bytes]:
    """Open a link as a proxy in front of the bot passes it on."""
    async with aiohttp.ClientSession() as session, session.get(bot.app.pages.url + path) as answer:
        return answer.status, await answer.read()


async def test_from_the_command_to_the_full_file(cramped: Simulator, data_dir: Path) -> None:
    """The message says that it has a smaller copy; its link gives the stored file, bit for bit."""
    async with running_bot(cramped, data_dir, painter="load_noisy", web=OPEN) as bot:
        message = await result_of(cramped, muralize(cramped))
        (attached,) = message.attachments
        assert attached.pixels is not None
        width, height = attached.pixels
        assert width < 600
        assert f"This is a smaller copy, {width}x{height}" in message.content
        status, full = await fetch(bot, path_in(message))
        assert status == 200
        with Image.open(io.BytesIO(full)) as picture:
            assert (picture.format, picture.size) == ("PNG", (600, 600))
        job = await bot.app.jobs.get(1)
        assert job is not None
        assert job.result is not None
        name = job.result.picture
        assert full == (data_dir / "pictures" / name[:2] / name).read_bytes()


@pytest.mark.slow
async def test_links_live_through_restarts_and_die_with_the_painting(
    cramped: Simulator, data_dir: Path
) -> None:
    """After a restart the old link works; the button gives a new one; deletion ends both."""
    async with running_bot(cramped, data_dir, painter="load_noisy", web=OPEN):
        message = await result_of(cramped, muralize(cramped))
    async with running_bot(cramped, data_dir, painter="load_noisy", web=OPEN) as bot:
        pressed = cramped.people.press(message.id, button(message, "full"), "ben")
        paths = [path_in(message), path_in(await said_privately(cramped, pressed))]
        assert [(await fetch(bot, path))[0] for path in paths] == [200, 200]
        cramped.people.press(message.id, button(message, "delete"), "ada")
        await cramped.until(lambda: message.id not in cramped.world.messages)
        assert [(await fetch(bot, path))[0] for path in paths] == [404, 404]


@pytest.mark.slow
async def test_privacy_delete_ends_a_link(cramped: Simulator, data_dir: Path) -> None:
    """Deleting all data of a member also ends the links to their paintings."""
    async with running_bot(cramped, data_dir, painter="load_noisy", web=OPEN) as bot:
        path = path_in(await result_of(cramped, muralize(cramped)))
        asked = await said_privately(cramped, command(cramped, "privacy delete"))
        cramped.people.press(asked.id, "privacy/delete", "ada")
        await cramped.until(lambda: "data is deleted" in asked.content)
        assert (await fetch(bot, path))[0] == 404


@pytest.mark.slow
async def test_without_a_public_address(cramped: Simulator, data_dir: Path) -> None:
    """The message says what it is, and offers nothing that could not be opened."""
    async with running_bot(cramped, data_dir, painter="load_noisy"):
        message = await result_of(cramped, muralize(cramped))
    assert "This is a smaller copy" in message.content
    assert "http" not in message.content
    assert "job:1:again" in json.dumps(message.components)
    assert "job:1:full" not in json.dumps(message.components)


async def test_what_fits_is_no_copy(simulator: Simulator, data_dir: Path) -> None:
    """A painting that Discord takes as it is comes without a word about copies."""
    async with running_bot(simulator, data_dir, painter="load_noisy", web=OPEN):
        message = await result_of(simulator, muralize(simulator))
    assert "copy" not in message.content
    assert PUBLIC not in message.content
