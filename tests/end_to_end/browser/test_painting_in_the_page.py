"""A member paints in the page: command, progress, result, buttons, cancelling, wrong files."""

import pytest
from playwright.async_api import expect

from bot.simulator.model import Channel
from tests.end_to_end.browser.stage import Stage
from tests.end_to_end.harness import picture
from tests.end_to_end.painters import hold, release

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONTENT, STYLE = picture(), picture(colour="red")
LONG = "1024"  # pixels; what the painter takes its time for


async def test_command_progress_result(stage: Stage, room: Channel) -> None:
    """A command with two files is answered at once, shows progress, and ends in a picture."""
    ada = await stage.screen("ada", room)
    await ada.box.press_sequentially("/murali")
    listed = ada.page.get_by_role("listbox", name="Commands").get_by_role("option")
    await expect(listed).to_have_count(1)
    await ada.box.press("Enter")
    await ada.attach("content", "photo.png", CONTENT)
    await ada.attach("style", "style.png", STYLE)
    await ada.option("preset", "draft")
    await ada.page.get_by_role("option", name="draft").click()
    hold(stage.data_dir, 10)
    try:
        await ada.send()
        message = ada.messages.first
        await expect(message).to_contain_text("Ada used /muralize")
        await expect(message).to_contain_text("Painting")
    finally:
        release(stage.data_dir)
    await expect(message).to_contain_text("Final loss")
    await expect(message.get_by_role("button", name="Again")).to_be_visible()
    await message.get_by_role("button", name="Enlarge").click()
    large = ada.page.get_by_role("dialog", name="Picture").get_by_role("img")
    await expect(large).to_have_js_property("naturalWidth", 32)
    await ada.page.keyboard.press("Escape")
    await expect(ada.page.get_by_role("dialog")).to_have_count(0)
    assert ada.faults == []


async def test_again_and_loss_curve(stage: Stage, room: Channel) -> None:
    """Again paints anew; the loss curve is a picture in an ephemeral answer."""
    ada, ben = await stage.screen("ada", room), await stage.screen("ben", room)
    await ada.paint(CONTENT, STYLE)
    await ada.message("Final loss").get_by_role("button", name="Again").click()
    await expect(ada.message("Final loss")).to_have_count(2)

    await ben.message("Final loss").first.get_by_role("button", name="Loss curve").click()
    curve = ben.message("Only you can see this")
    await expect(curve.get_by_role("button", name="Enlarge")).to_be_visible()
    await expect(ada.messages).to_have_count(2)
    await curve.get_by_role("button", name="Dismiss message").click()
    await expect(ben.messages).to_have_count(2)
    assert ada.faults + ben.faults == []


async def test_cancel_queued_and_painting(stage: Stage, room: Channel) -> None:
    """A painting can be cancelled while it waits and while it is painted, by its own member."""
    ada, ben = await stage.screen("ada", room), await stage.screen("ben", room)
    await ada.paint(CONTENT, STYLE, size=LONG)
    first = ada.messages.nth(0)
    await expect(first).to_contain_text("Painting")
    await ada.paint(CONTENT, STYLE, size=LONG)
    second = ada.messages.nth(1)
    await expect(second).to_contain_text("Waiting")

    await ben.messages.nth(1).get_by_role("button", name="Cancel").click()
    await expect(ben.message("Only you can see this")).to_be_visible()
    await second.get_by_role("button", name="Cancel").click()
    await expect(second).to_contain_text("Cancelled")
    await first.get_by_role("button", name="Cancel").click()
    await expect(first).to_contain_text("Cancelled")
    await expect(ada.message("Only you can see this")).to_have_count(0)
    assert ada.faults + ben.faults == []


async def test_wrong_file(stage: Stage, room: Channel) -> None:
    """A file that is no picture is refused in words that only its member sees."""
    ada, ben = await stage.screen("ada", room), await stage.screen("ben", room)
    await ada.choose_command("/muralize")
    await ada.attach("content", "notes.txt", b"no picture at all", "text/plain")
    await ada.attach("style", "style.png", STYLE)
    await ada.send()
    told = ada.message("Only you can see this")
    await expect(told).to_contain_text("content picture")
    await ben.box.fill("I see nothing of that")
    await ben.box.press("Enter")
    await expect(ada.message("I see nothing of that")).to_be_visible()
    await expect(ben.messages).to_have_count(1)
    assert ada.faults + ben.faults == []


async def test_sample_pair(stage: Stage, room: Channel) -> None:
    """The sample pair is one press away, and a saved style is offered while it is typed."""
    ada = await stage.screen("ada", room)
    await ada.page.get_by_role("button", name="Fill in /muralize").click()
    await expect(ada.page.locator(".tile-filled")).to_have_count(2)
    await ada.form.get_by_role("button", name="Remove: style").click()
    await ada.option("saved_style", "whirl")
    await ada.page.get_by_role("option", name="Whirling night").click()
    await ada.send()
    await expect(ada.message("in the style of Whirling night")).to_contain_text("Final loss")
    assert ada.faults == []
