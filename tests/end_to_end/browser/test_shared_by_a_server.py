"""Settings, styles and challenges as members use them in the simulator's page."""

import pytest
from playwright.async_api import expect

from bot.simulator.model import Channel
from tests.end_to_end.browser.stage import Stage
from tests.end_to_end.browser.test_accessibility import faults
from tests.end_to_end.harness import picture

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_settings_by_menus_and_a_form(stage: Stage, room: Channel) -> None:
    """A manager chooses in the panel's menus and form; the panel shows what holds."""
    mo = await stage.screen("mo", room)
    await mo.choose_command("/settings set")
    await mo.send()
    panel = mo.message("Paintings may be made")
    await expect(panel).to_contain_text("everywhere")
    assert await faults(mo.page) == []
    for typed, holds in (("640", "640"), ("", "1024")):
        await panel.get_by_role("button", name="Limits…").click()
        form = mo.page.get_by_role("dialog")
        await form.get_by_label("Largest size in pixels").fill(typed)
        await form.get_by_role("button", name="Submit").click()
        await expect(panel).to_contain_text(f"Largest size in pixels: {holds}")
    menu = panel.get_by_role("combobox", name="Choose what is on")
    for holds in ("yes", "no"):
        await menu.click()
        await mo.page.get_by_role("option", name="Web gallery").click()
        await menu.click()
        await expect(panel).to_contain_text(f"Web gallery: {holds}")
    assert mo.faults == []


async def test_a_ballot(stage: Stage, room: Channel) -> None:
    """A challenge is announced, entered with the button on a result, and voted on by a button."""
    mo = await stage.screen("mo", room)
    await mo.choose_command("/challenge start")
    await mo.form.get_by_label("title", exact=True).fill("A night at sea")
    await mo.option("theme", "What you would see from a ship")
    await mo.send()
    ada = await stage.screen("ada", room)
    await expect(ada.message("Challenge: A night at sea")).to_be_visible()
    await ada.paint(picture(), picture(colour="red"))
    await ada.message("Final loss").get_by_role("button", name="Enter the challenge").click()
    await expect(ada.message("is in the challenge")).to_be_visible()
    await mo.choose_command("/challenge close")
    await mo.send()
    ballot = mo.message("Which is the best?")
    await ballot.get_by_role("button", name="1", exact=True).click()
    await expect(mo.message("Your vote is for entry 1")).to_be_visible()
    assert await faults(mo.page) == []
    await mo.choose_command("/challenge close")
    await mo.send()
    await expect(ada.message("Results: A night at sea")).to_contain_text("🥇 Ada · 1 vote")
    assert mo.faults == ada.faults == []
