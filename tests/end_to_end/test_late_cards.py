"""Cards while a painting takes long: their previews, and their edits after the token's life."""

from dataclasses import replace
from pathlib import Path

from bot.simulator import DiscordLimits, Simulator
from bot.simulator.permissions import Permission
from tests.bot.clients import StartSimulator
from tests.end_to_end.harness import FAST, is_result, muralize, painting, results, run, running_bot
from tests.end_to_end.painters import hold, release
from tests.end_to_end.test_painting import said_privately

CHANNEL_EDITS = r"^/channels/\d+/messages/\d+$"


async def test_three_previews(start_simulator: StartSimulator, data_dir: Path) -> None:
    """A painting has at most three previews; the text is edited between, and keeps the picture."""
    simulator = await start_simulator(DiscordLimits(rate_limits=False))
    timing = replace(FAST, cards=replace(FAST.cards, painting=0.02))
    hold(data_dir, 1)
    async with running_bot(simulator, data_dir, painter="load_steady", timing=timing):
        card = await painting(simulator, muralize(simulator))
        for step in range(2, 18):
            hold(data_dir, step)
            await simulator.until(lambda: f"Step {step} " in card.content)  # noqa: B023 - awaited
        release(data_dir)
        (message,) = await simulator.until(lambda: results(simulator))
    assert message is card
    edits = simulator.record.find("PATCH", "@original")
    assert len(edits) > 16
    # with the result; a slow machine leaves previews out
    assert 2 <= message.reuploads <= 4
    texts = [edit for edit in edits if not edit.files]
    assert all("attachments" not in edit.body for edit in texts)


async def test_slow_uploads(start_simulator: StartSimulator, data_dir: Path) -> None:
    """Where an upload takes long, fewer previews come, and the result waits for none."""
    simulator = await start_simulator(DiscordLimits(rate_limits=False, upload_speed=1500.0))
    hold(data_dir, 10)
    async with running_bot(simulator, data_dir, painter="load_steady"):
        card = await painting(simulator, muralize(simulator))
        await simulator.until(lambda: card.attachments)
        release(data_dir)
        await simulator.until(lambda: is_result(card))
    uploads = [edit for edit in simulator.record.find("PATCH", "@original") if edit.files]
    assert [edit.files[0][1] for edit in uploads] == ["preview-1.jpg", "muralscape-1.png"]


async def test_a_card_goes_on_after_its_token(simulator: Simulator, data_dir: Path) -> None:
    """After 15 minutes the bot edits its card by its own permissions, without any 401."""
    hold(data_dir, 4)
    async with running_bot(simulator, data_dir, painter="load_steady", clock=simulator.clock):
        asked = muralize(simulator)
        card = await painting(simulator, asked)
        simulator.clock.advance(901)
        for step in (8, 12):
            hold(data_dir, step)
            await simulator.until(lambda: f"Step {step} " in card.content)  # noqa: B023 - awaited
        assert simulator.record.find("PATCH", CHANNEL_EDITS, 200)
        release(data_dir)
        (message,) = await simulator.until(lambda: results(simulator))
        await simulator.until(lambda: "Finished" in card.content)
    assert message.notified == [asked.user]
    assert simulator.record.find(status=401) == []


async def test_the_last_edit_says_where(simulator: Simulator, data_dir: Path) -> None:
    """A card that the bot cannot edit after 15 minutes says before that where the result comes."""
    assert simulator.atelier is not None
    for channel in simulator.atelier.guild.channels.values():
        simulator.world.overwrite(channel, simulator.world.bot, deny=int(Permission.VIEW_CHANNEL))
    timing = replace(FAST, cards=replace(FAST.cards, last_edit=60.0))
    hold(data_dir, 10)
    async with running_bot(simulator, data_dir, timing=timing, clock=simulator.clock):
        asked = muralize(simulator)
        card = await painting(simulator, asked)
        simulator.clock.advance(830)  # of the 825 to 885 s in which it is the last edit
        await simulator.until(lambda: "will come as a direct message" in card.content)
        assert "<t:" not in card.content
        simulator.clock.advance(71)
        release(data_dir)
        (message,) = await simulator.until(lambda: results(simulator))
    assert message.channel.recipients == [asked.user]
    assert "will come as a direct message" in card.content
    assert simulator.record.find(status=401) == []


async def test_no_direct_message_without_a_mutual_server(
    simulator: Simulator, data_dir: Path
) -> None:
    """A member who left cannot be written to (50278); the result stays for `/paintings`."""
    assert simulator.atelier is not None
    hold(data_dir, 10)
    async with running_bot(simulator, data_dir, clock=simulator.clock) as bot:
        asked = muralize(simulator)
        await painting(simulator, asked)
        for channel in simulator.atelier.guild.channels.values():
            deny = int(Permission.SEND_MESSAGES)
            simulator.world.overwrite(channel, simulator.world.bot, deny=deny)
        simulator.world.leave(simulator.atelier.guild, asked.user)
        simulator.clock.advance(901)
        release(data_dir)
        job = await bot.until_job(lambda job: job.kept)
        assert job.result is not None
        refused = simulator.record.find("POST", r"^/channels/\d+/messages$", 403)
        assert [call.answer["code"] for call in refused] == [50013, 50278]
        simulator.world.join(simulator.atelier.guild, asked.user)
        page = await said_privately(simulator, run(simulator, "paintings"))
        assert page.embeds[0]["title"].startswith("№ 1")
