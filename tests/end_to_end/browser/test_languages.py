"""The page in the language of a member's client."""

import asyncio

import pytest
from playwright.async_api import Route, expect

from bot.simulator.model import Channel, Interaction, Json
from tests.end_to_end.browser.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

GERMAN = {"queue": "schlange", "show": "zeigen", "cancel": "abbrechen", "job": "bild"}


def in_german(entry: Json) -> Json:
    """Add German names to a command or option."""
    inner = [in_german(option) for option in entry.get("options") or []]
    texts = {"name_localizations": {"de": GERMAN[entry["name"]]}}
    return {**entry, **texts, **({"options": inner} if inner else {})}


async def test_commands_are_shown_and_typed_in_german(stage: Stage, room: Channel) -> None:
    """Once the member has chosen German, names of commands and options are German.

    What they began to type before their choice arrived is looked for again in German.
    """
    simulator, people = stage.simulator, stage.simulator.people
    command = simulator.commands.named("queue")
    english = command.definition
    simulator.commands.change(command, in_german(english))

    def asked() -> list[Interaction]:
        every = simulator.interactions.by_id.values()
        return [one for one in every if one.channel is room and one.command_name == "queue show"]

    try:
        screen = await stage.screen("ada", room)
        chosen = asyncio.Event()

        async def once_chosen(route: Route) -> None:
            await chosen.wait()
            await route.continue_()

        await screen.page.route("**/sim/locale", once_chosen)
        await screen.page.locator('[data-key="me"]').click()
        await screen.page.get_by_role("menuitem", name="Deutsch").click()
        await screen.box.fill("/schlange abb")
        offered = screen.page.get_by_role("option")
        await expect(offered).to_have_text("The bot has no such command here.")
        chosen.set()
        await expect(offered).to_contain_text("/schlange abbrechen")
        await screen.choose_command("/schlange abb")
        await expect(screen.form.locator(".command-name")).to_have_text("/schlange abbrechen")
        await expect(screen.form.get_by_role("button", name="bild", exact=True)).to_be_visible()
        await screen.page.keyboard.press("Escape")
        await screen.choose_command("/schlange zeigen")
        await screen.send()
        await simulator.until(asked)
        assert screen.faults == []
    finally:
        simulator.commands.change(command, english)
        people.set_locale("ada", "en-US")
