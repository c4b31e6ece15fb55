"""Members point at pictures in the page: emojis, stickers, avatars, and the last one posted."""

import pytest
from playwright.async_api import expect

from bot.simulator.model import Channel
from tests.end_to_end.browser.stage import Stage
from tests.end_to_end.harness import picture

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_point_and_paint(stage: Stage, room: Channel) -> None:
    """The page shows them, offers them while one types, and sends them as Discord's clients do."""
    simulator, world = stage.simulator, stage.simulator.world
    assert simulator.atelier is not None
    guild = simulator.atelier.guild
    guild.members[world.find_user("ben").id].avatar = picture(colour="pink")
    world.add_emoji(guild, "wow", picture(48, 48, "teal"))
    world.add_sticker(guild, "tide", picture(48, 48, "gold"))
    ada = await stage.screen("ada", room)
    await expect(ada.page.locator("#members img[src*='/users/']")).to_have_count(1)
    await ada.page.get_by_role("button", name="Stickers").click()
    await ada.page.get_by_role("menuitem", name="tide").click()
    await expect(ada.page.get_by_alt_text("Sticker tide")).to_be_visible()
    await ada.box.fill("hello :wow:")
    await ada.box.press("Enter")
    await expect(ada.message("hello").get_by_alt_text(":wow:")).to_be_visible()

    await ada.choose_command("/muralize")
    await ada.option("content_from", "")
    offered = ada.page.get_by_role("option")
    await expect(offered.filter(has_text="Your avatar")).to_be_visible()
    await expect(offered.filter(has_text="Sticker tide")).to_be_visible()
    await ada.form.get_by_label("content_from", exact=True).fill("@ben")
    await ada.send()
    dialog = ada.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Style")  # the only thing that is missing
    await expect(dialog).not_to_contain_text("Or a member")
    await dialog.get_by_role("button", name="Cancel").click()

    await ada.page.locator("#members button", has_text="Ben").click()
    await ada.page.get_by_role("menuitem", name="Paint their avatar").click()
    await expect(dialog).to_contain_text("Muralize this picture")
    await dialog.locator("input[type=file]").first.set_input_files(
        {"name": "style.png", "mimeType": "image/png", "buffer": picture(colour="red")}
    )
    await dialog.get_by_role("button", name="Submit").click()
    await expect(ada.message("Final loss")).to_be_visible()
    assert ada.faults == []
