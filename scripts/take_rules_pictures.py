"""Take the picture of a server's log and of the panel of its rules that the handbook shows.

    python -m scripts.take_rules_pictures

Plays in the simulator's page and writes a WebP file to docs/. Needs the test extra and a Chromium.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.simulator import Invocation, Simulator
from bot.simulator.model import Interaction
from bot.simulator.permissions import Permission
from scripts.take_challenge_pictures import settle, told
from scripts.take_gallery_pictures import write
from tests.end_to_end.browser.chromium import chromium
from tests.end_to_end.browser.stage import Stage, new_simulator
from tests.end_to_end.harness import button, muralize, running_bot
from tests.end_to_end.test_guild_settings import menu
from tests.end_to_end.test_painting import result_of

SIZE = {"width": 1280, "height": 900}


async def take(folder: Path) -> None:
    """Let things happen in a server with a log, then show the log and the panel."""
    async with chromium() as browser, new_simulator() as simulator:
        simulator.world.bot.global_name = "Muralscape"
        stage = Stage(browser, simulator, folder)
        atelier = simulator.atelier
        if atelier is None:
            raise RuntimeError("the simulator has no server")
        channel = simulator.world.add_channel(atelier.guild, "log", "What happened")
        everyone = atelier.guild.roles[atelier.guild.id]
        simulator.world.overwrite(channel, everyone, deny=Permission.SEND_MESSAGES)
        simulator.world.overwrite(channel, simulator.world.bot, allow=Permission.SEND_MESSAGES)
        async with running_bot(simulator, folder):
            panel = await told(simulator, run(simulator, "settings rules"))
            simulator.people.press(panel.id, "settings/log", "mo", ("log",))
            await simulator.until(lambda: f"moderators**: <#{channel.id}>" in panel.content)
            await told(simulator, run(simulator, "settings allowance", {"per_day": "3600"}))
            role = {"role": "Moderators", "per_hour": "1800"}
            await told(simulator, run(simulator, "settings allowance", role))
            await play(simulator)
            simulator.people.press(panel.id, menu(panel, "off"), "mo", ("challenges",))
            await simulator.until(lambda: "off**: Challenges" in panel.content)
            screen = await stage.screen("mo", channel, **SIZE)
            await told(simulator, run(simulator, "settings rules", channel="log"))
            await settle(screen.page)
            await write("rules.webp", await screen.page.screenshot())
            await stage.clear()


async def play(simulator: Simulator) -> None:
    """Have members paint, and a moderator step in."""
    first = await result_of(simulator, muralize(simulator, "ada"))
    second = await result_of(simulator, muralize(simulator, "ben"))
    await result_of(simulator, muralize(simulator, "mo"))
    options = {"title": "The long night", "theme": "Night"}
    await told(simulator, run(simulator, "challenge start", options))
    await told(simulator, simulator.people.press(first.id, button(first, "enter"), "ada"))
    simulator.people.press(second.id, button(second, "delete"), "mo")
    blocked = {"member": "ben", "reason": "Unwanted pictures", "days": "7"}
    await told(simulator, run(simulator, "block member", blocked))


def run(
    simulator: Simulator, command: str, options: Mapping[str, str] | None = None, channel: str = ""
) -> Interaction:
    """Have the moderator send a command."""
    entry = Invocation(command, user="mo", channel=channel, texts=options or {})
    return simulator.people.invoke(entry)


if __name__ == "__main__":
    with TemporaryDirectory() as made:
        asyncio.run(take(Path(made)))
