"""axe-core looks at the page in each of its states."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from bot.simulator.model import Channel
from tests.end_to_end.browser.stage import PHONE, Stage
from tests.end_to_end.harness import picture

pytestmark = pytest.mark.asyncio(loop_scope="session")

TAGS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


async def faults(page: Page) -> list[str]:
    """What axe finds to be serious or worse."""
    results = await Axe().run(page, options=TAGS)
    return [
        f"{found['id']}: {found['help']}: {node['html'][:160]} {node.get('failureSummary', '')}"
        for found in results.response["violations"]
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]


async def test_nothing_serious(stage: Stage, room: Channel) -> None:
    """Messages, a command's form, lists, menus, the bot's forms and the drawer are all usable."""
    ada = await stage.screen("ada", room)
    page = ada.page
    assert await faults(page) == [], "an empty channel"
    await ada.choose_command("/muralize")
    await ada.form.get_by_role("button", name="preset").click()
    await page.get_by_role("option").first.wait_for()
    assert await faults(page) == [], "a command's form with a list open"
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await ada.paint(picture(), picture(colour="red"))
    await ada.message("Final loss").get_by_role("button", name="Loss curve").click()
    await expect(ada.message("Only you").get_by_role("button", name="Enlarge")).to_be_visible()
    assert await faults(page) == [], "a result and an ephemeral message"
    await ada.messages.first.click(button="right")
    assert await faults(page) == [], "a menu"
    await page.get_by_role("menuitem", name="Muralize this picture").click()
    await page.get_by_role("dialog").wait_for()
    assert await faults(page) == [], "a form of the bot's"
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Sample pictures").click()
    assert await faults(page) == [], "the samples"
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Traffic").click()
    await page.locator(".traffic-line").first.wait_for()
    assert await faults(page) == [], "the traffic"


async def test_nothing_serious_on_a_phone(stage: Stage, room: Channel) -> None:
    """The same at the width of a phone, with the channels slid in and out."""
    ada = await stage.screen("ada", room, **PHONE)
    assert await faults(ada.page) == []
    await ada.page.get_by_role("button", name="Channels and members").click()
    assert await faults(ada.page) == []
