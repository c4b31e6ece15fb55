"""Take the pictures of a ballot and of the message menu that the handbook shows.

    python -m scripts.take_challenge_pictures

Enters the package's own pictures into a challenge in the simulator's page, and writes WebP files to
docs/. Needs the test extra and a Chromium.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Page

from bot.simulator import Invocation, Simulator, Upload
from bot.simulator.model import Channel, Interaction, Message
from engine.samples import CONTENTS, STYLES
from scripts.take_gallery_pictures import write
from tests.end_to_end.browser.chromium import chromium
from tests.end_to_end.browser.stage import Stage, new_simulator
from tests.end_to_end.harness import button, running_bot
from tests.end_to_end.test_painting import result_of, said_privately

# high enough for all of it
WIDE = {"width": 1280, "height": 1560}
ENTRIES = (*STYLES, *CONTENTS)[:12]


async def take(folder: Path) -> None:
    """Show a ballot of twelve, then the menu."""
    async with chromium() as browser, new_simulator() as simulator:
        simulator.world.bot.global_name = "Muralscape"
        stage = Stage(browser, simulator, folder)
        async with running_bot(simulator, folder, painter="load_copying"):
            await hold_vote(simulator)
            await show_ballot(stage)
            await show_menu(stage)


async def hold_vote(simulator: Simulator) -> None:
    """Have two members enter six pictures each, and begin the vote."""
    people = simulator.people
    options = {"title": "The long night", "theme": "Night", "entries_per_member": "6"}
    await told(simulator, people.invoke(Invocation("challenge start", user="mo", texts=options)))
    for number, sample in enumerate(ENTRIES):
        user = ("ada", "ben")[number % 2]
        photo = Upload("photo.jpg", sample.path.read_bytes(), "image/jpeg")
        style = Upload("style.jpg", STYLES[0].path.read_bytes(), "image/jpeg")
        asked = people.invoke(
            Invocation(
                "muralize", user=user, channel="studio", files={"content": photo, "style": style}
            )
        )
        painted = await result_of(simulator, asked)
        await told(simulator, people.press(painted.id, button(painted, "enter"), user))
    await told(simulator, people.invoke(Invocation("challenge close", user="mo")))


async def show_ballot(stage: Stage) -> None:
    """Show the ballot as a member sees it."""
    screen = await stage.screen("cleo", room(stage.simulator), **WIDE)
    await settle(screen.page)
    await write("ballot_desktop.webp", await screen.page.screenshot())
    await stage.clear()


async def show_menu(stage: Stage) -> None:
    """Show the choice for a message with four pictures."""
    simulator = stage.simulator
    files = [
        Upload(f"IMG_{number}.jpg", sample.path.read_bytes(), "image/jpeg")
        for number, sample in enumerate(CONTENTS[:4], 4711)
    ]
    message = simulator.people.post("ada", "From the weekend", files, "studio")
    screen = await stage.screen("cleo", message.channel, width=1000, height=1250)
    used = Invocation(
        "Muralize this picture", user="cleo", channel="studio", target=str(message.id)
    )
    await told(simulator, simulator.people.invoke(used))
    await settle(screen.page)
    await write("menu_choice.webp", await screen.page.screenshot())
    await stage.clear()


async def told(simulator: Simulator, interaction: Interaction) -> Message:
    """Wait for the private answer."""
    return await said_privately(simulator, interaction)


def room(simulator: Simulator) -> Channel:
    """The channel of the challenge."""
    (guild,) = simulator.world.guilds.values()
    return next(one for one in guild.channels.values() if one.name == "gallery")


async def settle(page: Page) -> None:
    """Wait until the pictures have loaded."""
    await page.wait_for_function("[...document.images].every((image) => image.complete)")
    await page.wait_for_timeout(500)


if __name__ == "__main__":
    with TemporaryDirectory() as made:
        asyncio.run(take(Path(made)))
