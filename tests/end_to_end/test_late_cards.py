"""Cards while a painting takes long: their previews, and their edits after the token's life."""

from dataclasses import replace
from pathlib import Path

from bot.simulator import DiscordLimits, Simulator
from bot.simulator.permissions import Permission
from tests.bot.clients import StartSimulator
from tests.end_to_end.harness import FAST, is_result, muralize, results, run, running_bot
from tests.end_to_end.test_notices import painting
from tests.end_to_end.test_painting import said_privately

CHANNEL_EDITS = r"^/channels/\d+/messages/\d+$"


async def test_three_previews(start_simulator: StartSimulator, data_dir: Path) -> None:
    """A painting has at most three previews; the text is edited between, and keeps the picture."""
    simulator = await start_simulator(DiscordLimits(rate_limits=False))
    async with running_bot(simulator, data_dir, painter="load_unhurried"):
        asked = muralize(simulator)
        (message,) = await simulator.until(lambda: results(simulator))
    assert message is asked.original
    edits = simulator.record.find("PATCH", "@original")
    assert len(edits) > 10
    assert message.reuploads in (3, 4)  # and the result
    texts = [edit for edit in edits if not edit.files]
    assert all("attachments" not in edit.body for edit in texts)


async def test_slow_uploads(start_simulator: StartSimulator, data_dir: Path) -> None:
    """Where an upload takes long, fewer previews come, and the result waits for none."""
    simulator = await start_simulator(DiscordLimits(rate_limits=False, upload_speed=1500.0))
    async with running_bot(simulator, data_dir, painter="load_unhurried"):
        asked = muralize(simulator)
        await simulator.until(lambda: asked.original and is_result(asked.original))
    uploads = [edit for edit in simulator.record.find("PATCH", "@original") if edit.files]
    assert [edit.files[0][1] for edit in uploads] == ["preview-1.jpg", "muralscape-1.png"]


async def test_a_card_goes_on_after_its_token(simulator: Simulator, data_dir: Path) -> None:
    """After 15 minutes the bot edits its card by its own permissions, without any 401."""
    async with running_bot(simulator, data_dir, painter="load_unhurried", clock=simulator.clock):
        asked = await painting(simulator)
        card = asked.original
        assert card is not None
        simulator.clock.advance(901)
        late = len(simulator.record.find("PATCH", CHANNEL_EDITS, 200))
        await simulator.until(
            lambda: len(simulator.record.find("PATCH", CHANNEL_EDITS, 200)) > late + 1
        )
        assert "Painting" in card.content
        (message,) = await simulator.until(lambda: results(simulator))
        await simulator.until(lambda: "Finished" in card.content)
    assert message.notified == [asked.user]
    assert simulator.record.find(status=401) == []


async def test_the_last_edit_says_where(simulator: Simulator, data_dir: Path) -> None:
    """A card that the bot cannot edit after 15 minutes says before that where the result comes."""
    assert simulator.atelier is not None
    for channel in simulator.atelier.guild.channels.values():
        simulator.world.overwrite(channel, simulator.world.bot, deny=int(Permission.VIEW_CHANNEL))
    timing = replace(FAST, cards=replace(FAST.cards, parting=60.0))
    async with running_bot(
        simulator, data_dir, painter="load_unhurried", timing=timing, clock=simulator.clock
    ):
        asked = await painting(simulator)
        card = asked.original
        assert card is not None
        simulator.clock.advance(850)
        await simulator.until(lambda: "will come as a direct message" in card.content)
        assert "<t:" not in card.content
        simulator.clock.advance(51)
        (message,) = await simulator.until(lambda: results(simulator))
    assert message.channel.recipients == [asked.user]
    assert "will come as a direct message" in card.content
    assert simulator.record.find(status=401) == []


async def test_no_direct_message_without_a_mutual_server(
    simulator: Simulator, data_dir: Path
) -> None:
    """A member who left cannot be written to (50278); the result stays for `/paintings`."""
    assert simulator.atelier is not None
    async with running_bot(
        simulator, data_dir, painter="load_unhurried", clock=simulator.clock
    ) as bot:
        asked = await painting(simulator)
        for channel in simulator.atelier.guild.channels.values():
            deny = int(Permission.SEND_MESSAGES)
            simulator.world.overwrite(channel, simulator.world.bot, deny=deny)
        simulator.world.leave(simulator.atelier.guild, asked.user)
        simulator.clock.advance(901)
        job = await bot.until_job(lambda job: job.kept)
        assert job.result is not None
        refused = simulator.record.find("POST", r"^/channels/\d+/messages$", 403)
        assert [call.answer["code"] for call in refused] == [50013, 50278]
        simulator.world.join(simulator.atelier.guild, asked.user)
        page = await said_privately(simulator, run(simulator, "paintings"))
        assert page.embeds[0]["title"].startswith("№ 1")
