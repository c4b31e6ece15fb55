"""`/paintings`: what Discord has lost is found again, and handed out."""

from pathlib import Path
from typing import Any

from bot.settings import LimitSettings
from bot.simulator import Invocation, Simulator
from bot.simulator.model import Message
from tests.end_to_end.harness import button, is_result, muralize, running_bot
from tests.end_to_end.painters import hold, release
from tests.end_to_end.test_guild_settings import switch
from tests.end_to_end.test_marks import blurred
from tests.end_to_end.test_painting import result_of, said_privately

PAGE = 5


async def listed(simulator: Simulator, user: str = "ada", channel: str = "") -> Message:
    """Have a member send `/paintings` and wait for the list."""
    entry = Invocation("paintings", user=user, channel=channel)
    return await said_privately(simulator, simulator.people.invoke(entry))


async def shown(simulator: Simulator, page: Message, job_id: int, user: str = "ada") -> Message:
    """Choose a painting from the menu of a list and wait until it is shown."""
    number = page.components[0]["components"][0]["custom_id"]
    simulator.people.press(page.id, number, user, [str(job_id)])
    return await simulator.until(lambda: page if is_result(page) else None)


def numbers(page: Message) -> list[str]:
    """List the titles of a page."""
    return [str(embed["title"]).split(" · ")[0] for embed in page.embeds]


async def test_pages_of_own_paintings(simulator: Simulator, data_dir: Path) -> None:
    """A member finds their own paintings, the newest first, in pages with previews."""
    limits = LimitSettings(jobs_per_member=50, retention_days=7)
    async with running_bot(simulator, data_dir, limits=limits):
        assert "no finished paintings" in (await listed(simulator)).content
        for _ in range(PAGE + 1):
            await result_of(simulator, muralize(simulator, name="old_harbour.png"))
        await result_of(simulator, muralize(simulator, "ben"))
        page = await listed(simulator)
        assert "Your paintings** in this server: 6 · page 1 of 2" in page.content
        assert "stays here for 7 days" in page.content
        assert numbers(page) == [f"№ {number}" for number in (6, 5, 4, 3, 2)]
        assert page.embeds[0]["title"].endswith("old harbour")
        assert len(page.attachments) == PAGE
        simulator.people.press(page.id, "paintings/after/1", "ada")
        await simulator.until(lambda: numbers(page) == ["№ 1"])
        assert numbers(await listed(simulator, "ben")) == ["№ 7"]


async def test_an_ephemeral_result_that_discord_dropped(
    simulator: Simulator, data_dir: Path
) -> None:
    """A private result is gone after a reload; `/paintings` shows it again, here or to all."""
    async with running_bot(simulator, data_dir):
        await switch(simulator, "public_results", on=False, user="olga")
        asked = muralize(simulator)
        await result_of(simulator, asked)
        simulator.people.reload("ada")
        assert simulator.people.messages("ada") == []

        one = await shown(simulator, await listed(simulator), 1)
        assert one.ephemeral_to == asked.user.id
        assert "Final loss" in one.content
        refused = simulator.people.press(one.id, "paintings/post/1", "ada")
        assert "to their member only" in (await said_privately(simulator, refused)).content

        await switch(simulator, "public_results", on=True, user="olga")
        posted = simulator.people.press(one.id, "paintings/post/1", "ada")
        message = await result_of(simulator, posted)
        assert message.ephemeral_to is None
        again = simulator.people.press(message.id, button(message, "again"), "ben")
        assert (await result_of(simulator, again)).interaction is again


async def test_alt_texts(simulator: Simulator, data_dir: Path) -> None:
    """Previews, results, loss curves and lists say what they show, however long a name is."""
    texts: set[str] = set()
    simulator.bus.subscribe(lambda _: texts.update(alt_texts(simulator)))
    hold(data_dir, 10)
    async with running_bot(simulator, data_dir, painter="load_steady"):
        asked = muralize(simulator, name="x" * 200 + ".png", saved_style="whirling_night")
        await simulator.until(lambda: any(text.startswith("Preview at ") for text in texts))
        release(data_dir)
        result = await result_of(simulator, asked)
        curve = simulator.people.press(result.id, button(result, "curve"), "ben")
        await said_privately(simulator, curve)
        await listed(simulator)
    painting = f"{'x' * 80}, repainted in the style of Whirling night with the preset mural"
    (preview,) = {text.split("%")[1] for text in texts if text.startswith("Preview at ")}
    assert preview == f": {painting}"
    assert f"The loss falls from 200 to 10 at step 20: {painting}" in texts
    assert painting in texts


def alt_texts(simulator: Simulator) -> list[str]:
    """List the alt texts of all files that are there now."""
    messages = simulator.world.messages.values()
    return [file.description or "" for message in messages for file in message.attachments]


async def test_in_direct_messages(simulator: Simulator, data_dir: Path) -> None:
    """There a member has the paintings of all servers, and one that they delete is gone."""
    async with running_bot(simulator, data_dir) as bot:
        for _ in range(2):
            await result_of(simulator, muralize(simulator))
        direct = simulator.world.dm(simulator.people.user("ada"))
        page = await listed(simulator, channel=str(direct.id))
        assert "Your paintings**: 2\n" in page.content
        await shown(simulator, page, 2)
        before = len(bot.stored_pictures())
        simulator.people.press(page.id, "paintings/delete/2/0", "ada")
        await simulator.until(lambda: "№ 2 is deleted" in page.content)
        assert numbers(page) == ["№ 1"]
        assert len(bot.stored_pictures()) == before  # an equal painting of the first job stays


async def test_an_age_restricted_painting(simulator: Simulator, data_dir: Path) -> None:
    """It is listed without a preview, shown blurred, and not posted where all may look."""
    assert simulator.atelier is not None
    simulator.world.add_channel(simulator.atelier.guild, "den", nsfw=True)
    async with running_bot(simulator, data_dir):
        await blurred(simulator, muralize(simulator, channel="den", name="SPOILER_cat.png"))
        page = await listed(simulator)
        assert page.embeds[0]["title"] == "№ 1 · cat"
        assert page.attachments == []
        simulator.people.press(page.id, "paintings/show/0", "ada", ["1"])
        await simulator.until(lambda: page.attachments)
        assert page.attachments[0].filename == "SPOILER_muralscape-1.png"
        refused = simulator.people.press(page.id, "paintings/post/1", "ada")
        told = await said_privately(simulator, refused)
        assert "can be posted only in one" in told.content


async def test_by_style_and_preset(simulator: Simulator, data_dir: Path) -> None:
    """Menus choose a style and a preset; all that is listed then goes at one confirmation."""
    async with running_bot(simulator, data_dir, limits=LimitSettings(jobs_per_member=50)) as bot:
        for preset, saved in (("mural", True), ("draft", True), ("draft", False), ("draft", False)):
            style: dict[str, Any] = {"saved_style": "whirling_night"} if saved else {}
            await result_of(simulator, muralize(simulator, preset=preset, **style))
        await result_of(simulator, muralize(simulator, "ben", preset="draft"))
        page = await listed(simulator)
        simulator.people.press(page.id, *menu(page, "All presets", "draft"))
        await simulator.until(lambda: numbers(page) == ["№ 4", "№ 3", "№ 2"])
        simulator.people.press(page.id, *menu(page, "All styles", "style"))
        await simulator.until(lambda: numbers(page) == ["№ 4", "№ 3"])
        assert "2 of these" in page.content

        simulator.people.press(page.id, labelled(page, "Delete 2 paintings…"), "ada")
        await simulator.until(lambda: "Delete **these 2 paintings**" in page.content)
        simulator.people.press(page.id, labelled(page, "Keep them"), "ada")
        await simulator.until(lambda: numbers(page) == ["№ 4", "№ 3"])
        simulator.people.press(page.id, labelled(page, "Delete 2 paintings…"), "ada")
        await simulator.until(lambda: "Delete **these 2 paintings**" in page.content)
        await result_of(simulator, muralize(simulator, preset="draft"))  # a newer one stays
        simulator.people.press(page.id, labelled(page, "Delete 2 paintings"), "ada")
        await simulator.until(lambda: numbers(page) == ["№ 6", "№ 2", "№ 1"])
        assert page.content.startswith("2 paintings deleted.")

        simulator.people.press(page.id, labelled(page, "Delete 3 paintings…"), "ada")
        await simulator.until(lambda: "Delete **all your 3 paintings**" in page.content)
        simulator.people.press(page.id, labelled(page, "Delete 3 paintings"), "ada")
        await simulator.until(lambda: "no finished paintings" in page.content)
        assert (
            await bot.app.jobs.store.count_finished(None, simulator.world.find_user("ben").id) == 1
        )


def menu(page: Message, every: str, label: str) -> tuple[str, str, list[str]]:
    """Choose a kind of painting as Ada: the menu's custom id, she, and the value."""
    for row in page.components:
        options = row["components"][0].get("options", [])
        if options and options[0]["label"] == every:
            value = next(one["value"] for one in options if one["label"] == label)
            return str(row["components"][0]["custom_id"]), "ada", [value]
    raise AssertionError(f"no menu {every!r}")


def labelled(page: Message, label: str) -> str:
    """Find a button's custom id by its label."""
    parts = [one for row in page.components for one in row["components"]]
    return next(str(one["custom_id"]) for one in parts if one.get("label") == label)


async def test_what_it_was_made_from(simulator: Simulator, data_dir: Path) -> None:
    """A result names the painting it was made from, with a link while all can see that."""
    async with running_bot(simulator, data_dir):
        first = await result_of(simulator, muralize(simulator))
        assert "made from" not in first.content
        stronger = simulator.people.press(first.id, button(first, "stronger"), "ben")
        second = await result_of(simulator, stronger)
        address = f"/{first.channel.guild_id}/{first.channel.id}/{first.id}"
        assert f"made from [№ 1](<https://discord.com/channels{address}>)" in second.content
        simulator.people.press(first.id, button(first, "delete"), "ada")
        await simulator.until(lambda: first.id not in simulator.world.messages)
        softer = simulator.people.press(second.id, button(second, "softer"), "ben")
        third = await result_of(simulator, softer)
        assert "made from [№ 2]" in third.content
        page = await listed(simulator, "ben")
        assert "· seed 0" in page.embeds[0]["description"]
        shown_again = await shown(simulator, page, 2, "ben")
        assert shown_again.content.endswith("made from № 1")
