"""What a client of Discord does not do for its members, the page does not do either."""

import pytest
from playwright.async_api import expect

from bot.simulator import Invocation
from bot.simulator.drafts import Body
from bot.simulator.model import Channel
from tests.end_to_end.browser.stage import PHONE, Stage
from tests.end_to_end.harness import picture

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_mention_of_somebody_not_met(stage: Stage, room: Channel) -> None:
    """A mention that notifies nobody is a number, until its member has written something."""
    simulator = stage.simulator
    cleo, ben = (simulator.people.user(name) for name in ("cleo", "ben"))
    ada = await stage.screen("ada", room)
    body = {"content": f"Painted for <@{cleo.id}>", "allowed_mentions": {"parse": []}}
    simulator.messages.send(room, ben, Body(body, {}))
    await expect(ada.message(f"Painted for <@{cleo.id}>")).to_be_visible()
    simulator.people.post("cleo", "Here I am", channel=room.name)
    await expect(ada.message("Painted for @Cleo")).to_be_visible()


async def test_a_link_to_a_message(stage: Stage, room: Channel) -> None:
    """A link to a message here is named by its channel and leads there, not out of the page."""
    far = stage.new_channel()
    ada = await stage.screen("ada", room)
    wanted = stage.simulator.people.post("ben", "The one that is meant", channel=far.name)
    for number in range(40):
        stage.simulator.people.post("ben", f"Line {number}\n" * 3, channel=far.name)
    address = f"https://discord.com/channels/{room.guild_id}/{far.id}/{wanted.id}"
    stage.simulator.people.post("cleo", f"See {address}", channel=room.name)
    link = f"#{far.name} › message"  # noqa: RUF001 - as Discord writes it
    await ada.page.get_by_role("button", name=link).click()
    await expect(ada.message("The one that is meant")).to_be_in_viewport()
    assert ada.faults == []


async def test_a_command_of_managers(stage: Stage, room: Channel) -> None:
    """A command that only others may use is not offered, and the list says so."""
    ada = await stage.screen("ada", room)
    await ada.box.fill("/settings")
    offered = ada.page.get_by_role("option")
    await expect(offered).to_have_text("Ada may not use /settings here; Olga (owner) may.")
    await ada.box.fill("/nonsense")
    await expect(offered).to_have_text("The bot has no such command here.")


async def test_a_reload_loses_what_only_the_member_saw(stage: Stage, room: Channel) -> None:
    """Ephemeral messages are gone after a reload, public ones are not; `/paintings` has all."""
    ada = await stage.screen("ada", room, **PHONE)
    await ada.paint(picture(), picture(colour="red"))
    await expect(ada.message("Final loss")).to_be_visible()
    listing = Invocation("paintings", user="ada", channel=room.name)
    stage.simulator.people.invoke(listing)
    await expect(ada.message("Your paintings")).to_be_visible()
    await ada.page.reload()
    await expect(ada.message("Final loss")).to_be_visible()
    await expect(ada.message("Your paintings")).to_have_count(0)
    painting = ada.message("Final loss").locator(".gallery img")
    await expect(painting).to_have_attribute(
        "alt", "photo, repainted in the style of style with the preset mural"
    )
    assert ada.faults == []
