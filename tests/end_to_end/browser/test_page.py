"""The page around the paintings: members, menus, modals, restarts, traffic, what is typed."""

import pytest
from playwright.async_api import expect

from bot.simulator.model import Channel
from tests.end_to_end.browser.stage import PHONE, Stage
from tests.end_to_end.harness import picture

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONTENT, STYLE = picture(), picture(colour="red")


async def test_two_members(stage: Stage, room: Channel) -> None:
    """Two members in two windows see each other's messages; one window can become another."""
    ada, ben = await stage.screen("ada", room), await stage.screen("ben", room)
    await ada.box.fill("**Hello** <@" + str(ben_id(stage)) + ">")
    await ada.box.press("Enter")
    heard = ben.message("Hello @Ben")
    await expect(heard.locator(".message-for-me")).to_be_visible()
    await expect(heard.locator("strong")).to_have_text("Hello")

    await ben.page.get_by_role("button", name="Acting as Ben").click()
    await ben.page.get_by_role("menuitem", name="Mo (moderator)").first.click()
    await expect(ben.page.get_by_role("button", name="Acting as Mo")).to_be_visible()
    await ben.message("Hello @Ben").hover()
    await ben.message("Hello @Ben").get_by_role("button", name="More").click()
    await ben.page.get_by_role("menuitem", name="Delete message").click()
    await expect(ada.messages).to_have_count(0)
    assert ada.faults + ben.faults == []


def ben_id(stage: Stage) -> int:
    """Look up Ben."""
    return stage.simulator.world.find_user("ben").id


async def test_message_menu(stage: Stage, room: Channel) -> None:
    """The message menu's app opens a form; a style chosen there is painted with."""
    ada = await stage.screen("ada", room)
    dropped = {"name": "photo.png", "mimeType": "image/png", "buffer": CONTENT}
    await ada.page.locator("#composer > input[type=file]").set_input_files(dropped)  # type: ignore[arg-type]
    await ada.box.press("Enter")
    await ada.messages.first.get_by_role("button", name="More").focus()
    await ada.page.keyboard.press("Enter")
    await ada.page.get_by_role("menuitem", name="Muralize this picture").press("Enter")
    form = ada.page.get_by_role("dialog", name="Muralize this picture")
    first = form.get_by_role("combobox").first
    await expect(first).to_be_focused()
    await first.click()
    await ada.page.get_by_role("option", name="Loud poster").click()
    await form.get_by_role("button", name="Submit").click()
    await expect(ada.message("in the style of Loud poster")).to_contain_text("Final loss")
    assert ada.faults == []


async def test_style_uploaded_in_the_form(stage: Stage, room: Channel) -> None:
    """The form of the message menu takes a style of one's own."""
    ada = await stage.screen("ada", room)
    dropped = {"name": "photo.png", "mimeType": "image/png", "buffer": CONTENT}
    await ada.page.locator("#composer > input[type=file]").set_input_files(dropped)  # type: ignore[arg-type]
    await ada.box.press("Enter")
    await ada.messages.first.click(button="right")
    await ada.page.get_by_role("menuitem", name="Muralize this picture").click()
    form = ada.page.get_by_role("dialog", name="Muralize this picture")
    style = {"name": "style.png", "mimeType": "image/png", "buffer": STYLE}
    own = form.get_by_label("Or a style of your own: Choose a file")
    await own.set_input_files(style)  # type: ignore[arg-type]
    await form.get_by_role("button", name="Submit").click()
    await expect(ada.message("Final loss")).to_be_visible()
    assert ada.faults == []


async def test_restart(stage: Stage, room: Channel) -> None:
    """While the bot is away the page says so and commands fail; then old buttons work again."""
    ada = await stage.screen("ada", room)
    await ada.paint(CONTENT, STYLE)
    await expect(ada.message("Final loss")).to_be_visible()
    await stage.stop_bot()
    await expect(ada.page.get_by_text("Muralscape is offline", exact=False)).to_be_visible()
    deadline = stage.simulator.limits.response_deadline
    stage.simulator.limits.response_deadline = 0.2
    await ada.choose_command("/queue show")
    await ada.send()
    await expect(ada.page.get_by_text("The application did not respond").last).to_be_visible()
    await ada.message("Final loss").get_by_role("button", name="Again").click()
    await expect(ada.page.get_by_text("This interaction failed").first).to_be_visible()
    stage.simulator.limits.response_deadline = deadline

    await stage.start_bot()
    await expect(ada.page.get_by_text("is offline")).to_have_count(0)
    await ada.message("Final loss").get_by_role("button", name="Again").click()
    await expect(ada.message("Final loss")).to_have_count(2)
    assert ada.faults == []


async def test_traffic(stage: Stage, room: Channel) -> None:
    """The drawer shows what the bot sent and was sent, with its JSON, and can be filtered."""
    ada = await stage.screen("ada", room)
    await ada.page.get_by_role("button", name="Traffic").click()
    await ada.choose_command("/queue show")
    await ada.send()
    await expect(ada.message("You have no painting under way here")).to_be_visible()
    await ada.page.get_by_label("Filter the traffic").fill("interaction_create")
    shown = ada.page.locator(".traffic-line:visible")
    await shown.last.click()
    await expect(shown.last.locator("pre")).to_contain_text('"name": "queue"')
    await ada.page.get_by_role("radio", name="REST").check()
    await expect(shown).to_have_count(0)
    assert ada.faults == []


async def test_phone(stage: Stage, room: Channel) -> None:
    """At the width of a phone nothing sticks out, and the channels slide in."""
    ada = await stage.screen("ada", room, **PHONE)
    await ada.choose_command("/muralize")
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await ada.page.evaluate(wide) == 0
    await ada.page.keyboard.press("Escape")
    await ada.page.get_by_role("button", name="Channels and members").click()
    await ada.page.get_by_role("button", name="studio").click()
    await expect(ada.page.get_by_role("heading", level=1)).to_have_text("studio")
    assert ada.faults == []
