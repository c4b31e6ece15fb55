"""Pictures of messages are shown as Discord's clients show them."""

import pytest
from playwright.async_api import expect

from bot.simulator import Upload
from bot.simulator.model import Channel
from tests.end_to_end.browser.stage import Stage
from tests.end_to_end.harness import picture

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_mosaic_has_no_names(stage: Stage, room: Channel) -> None:
    """Ten pictures: one over the whole width, then rows of three, square, none with its name."""
    files = [Upload(f"entry-{number}.png", picture(), "image/png") for number in range(10)]
    stage.simulator.people.post("ada", "look", files, room.name)
    ben = await stage.screen("ben", room)
    tiles = ben.message("look").locator(".picture")
    await expect(tiles).to_have_count(10)
    boxes = [await tile.bounding_box() for tile in await tiles.all()]
    shapes = [(box["y"], round(box["width"] / box["height"], 1)) for box in boxes if box]
    assert [shape for _, shape in shapes] == [2.0, *[1.0] * 9]
    assert [sum(y == top for y, _ in shapes) for top in sorted({y for y, _ in shapes})] == [
        1,
        3,
        3,
        3,
    ]
    labels = [await tile.get_attribute("aria-label") for tile in await tiles.all()]
    assert set(labels) == {"Enlarge Picture"}
    await tiles.first.click()
    await expect(ben.page.locator(".lightbox-title")).not_to_contain_text("entry-")
    assert ben.faults == []


async def test_forwards_and_stickers(stage: Stage, room: Channel) -> None:
    """A forward shows the picture without its author; a sticker is a picture of its own."""
    people = stage.simulator.people
    original = people.post("ada", "mine", [Upload("a.png", picture(), "image/png")], room.name)
    people.forward(original.id, "ben", room.name)
    assert stage.simulator.atelier is not None
    guild = stage.simulator.atelier.guild
    sticker = stage.simulator.world.add_sticker(guild, "wave", picture(colour="gold"))
    people.post("ben", "", channel=room.name, stickers=[sticker])
    cleo = await stage.screen("cleo", room)
    forward = cleo.messages.locator(".forwarded")
    await expect(forward).to_contain_text("mine")
    await expect(forward.locator(".picture")).to_have_count(1)
    await expect(cleo.page.get_by_alt_text("Sticker wave")).to_be_visible()
    await cleo.message("Forwarded").get_by_role("button", name="More").click()
    await cleo.page.get_by_role("menuitem", name="Forward here").click()
    await expect(forward).to_have_count(2)
    assert cleo.faults == []
