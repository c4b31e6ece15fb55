"""Which members are notified of a result, and where a result is not wanted any more."""

from pathlib import Path

from bot.simulator import Permission, Simulator
from bot.simulator.faults import CdnFault
from bot.simulator.model import Message
from tests.end_to_end.harness import (
    FAST,
    UNTOLD,
    muralize,
    painting,
    query,
    results,
    run,
    running_bot,
)
from tests.end_to_end.painters import hold, release
from tests.end_to_end.test_delivery import forbid_posting, kill_token
from tests.end_to_end.test_guild_settings import switch
from tests.end_to_end.test_painting import said_privately


async def settled(simulator: Simulator, data_dir: Path) -> None:
    """Wait until the bot has nothing to deliver."""
    await simulator.until(lambda: not query(data_dir, UNTOLD))


async def late_result(simulator: Simulator, data_dir: Path) -> Message:
    """Let the held painting end after members have looked away, and wait for its result."""
    simulator.clock.advance(FAST.long_wait + 1)
    release(data_dir)
    (message,) = await simulator.until(lambda: results(simulator))
    return message


def notices(simulator: Simulator) -> list[Message]:
    """List the messages that notified somebody."""
    return [message for message in simulator.world.messages.values() if message.notified]


async def test_after_long_the_result_is_a_reply(simulator: Simulator, data_dir: Path) -> None:
    """A long painting comes as a reply to its card and notifies its member, and only them."""
    hold(data_dir, 10)
    async with running_bot(simulator, data_dir, clock=simulator.clock):
        asked = muralize(simulator)
        card = await painting(simulator, asked)
        message = await late_result(simulator, data_dir)
        await settled(simulator, data_dir)
        await simulator.until(lambda: "Finished" in card.content)
    assert message.reference is card
    assert message.notified == [asked.user]
    assert str(message.id) in card.content
    assert card.attachments == []
    assert notices(simulator) == [message]


async def test_without_the_history_it_is_no_reply(simulator: Simulator, data_dir: Path) -> None:
    """Without Read Message History Discord takes no reply (160002): the result comes without."""
    assert simulator.atelier is not None
    gallery, deny = simulator.atelier.gallery, Permission.READ_MESSAGE_HISTORY
    simulator.world.overwrite(gallery, simulator.world.bot, deny=deny)
    hold(data_dir, 10)
    async with running_bot(simulator, data_dir, clock=simulator.clock):
        asked = muralize(simulator)
        await painting(simulator, asked)
        message = await late_result(simulator, data_dir)
        await settled(simulator, data_dir)
    assert message.channel is gallery
    assert message.reference is None
    assert message.notified == [asked.user]


async def test_soon_after_nobody_is_notified(simulator: Simulator, data_dir: Path) -> None:
    """A quick painting replaces its card; the member is still looking."""
    async with running_bot(simulator, data_dir, clock=simulator.clock):
        asked = muralize(simulator)
        (message,) = await simulator.until(lambda: results(simulator))
        await settled(simulator, data_dir)
    assert message is asked.original
    assert notices(simulator) == []


async def test_a_server_may_not_want_that(simulator: Simulator, data_dir: Path) -> None:
    """Where the server's setting is off, a long painting replaces its card too."""
    hold(data_dir, 10)
    async with running_bot(simulator, data_dir, clock=simulator.clock):
        await switch(simulator, "mention_members", on=False, user="olga")
        card = await painting(simulator, muralize(simulator))
        message = await late_result(simulator, data_dir)
        await settled(simulator, data_dir)
    assert message is card
    assert notices(simulator) == []


async def test_without_the_right_to_post(simulator: Simulator, data_dir: Path) -> None:
    """There the card shows the long painting, and a follow-up notifies the member."""
    forbid_posting(simulator)
    hold(data_dir, 10)
    async with running_bot(simulator, data_dir, clock=simulator.clock):
        asked = muralize(simulator)
        await painting(simulator, asked)
        message = await late_result(simulator, data_dir)
        (notice,) = await simulator.until(lambda: notices(simulator))
    assert message is asked.original
    assert notice.notified == [asked.user]
    assert notice.interaction is asked
    assert str(message.id) in notice.content


async def test_a_deleted_card(simulator: Simulator, data_dir: Path) -> None:
    """When a moderator deletes a card (10008) the result is not posted, and pings nobody.

    The painting goes on, and its member finds it by `/paintings`.
    """
    hold(data_dir, 10)
    async with running_bot(simulator, data_dir) as bot:
        card = await painting(simulator, muralize(simulator))
        simulator.people.delete(card.id, "mo")
        release(data_dir)
        await settled(simulator, data_dir)
        job = await bot.app.jobs.get(1)
        assert job is not None
        assert job.result is not None
        assert simulator.world.messages == {}
        page = await said_privately(simulator, run(simulator, "paintings"))
        assert page.embeds[0]["title"].startswith("№ 1")


async def test_a_card_deleted_after_its_token(simulator: Simulator, data_dir: Path) -> None:
    """The same holds when the token is dead, or the painting took long."""
    hold(data_dir, 10)
    async with running_bot(simulator, data_dir, clock=simulator.clock) as bot:
        card = await painting(simulator, muralize(simulator))
        simulator.people.delete(card.id, "mo")
        simulator.clock.advance(FAST.long_wait + 1)
        release(data_dir)
        await settled(simulator, data_dir)

        hold(data_dir, 10)
        card = await painting(simulator, muralize(simulator, "ben"))
        simulator.people.delete(card.id, "mo")
        kill_token(simulator)
        release(data_dir)
        await settled(simulator, data_dir)
        assert [job and job.result is not None for job in [await bot.app.jobs.get(2)]] == [True]
    assert simulator.world.messages == {}


async def test_a_deleted_thinking_message(simulator: Simulator, data_dir: Path) -> None:
    """An answer whose "thinking" was deleted (10008) is not given elsewhere; nothing breaks."""
    async with running_bot(simulator, data_dir):
        muralize(simulator)
        await simulator.until(lambda: results(simulator))
        page = await said_privately(simulator, run(simulator, "paintings"))
        simulator.people.press(page.id, "paintings/show/0", "ada", ["1"])
        await simulator.until(lambda: "Final loss" in page.content)
        before = set(simulator.world.messages)
        simulator.faults.slow(0.3, method="PATCH", path="@original", times=1)
        posted = simulator.people.press(page.id, "paintings/post/1", "ada")
        thinking = await simulator.until(lambda: posted.original)
        simulator.people.delete(thinking.id, "mo")
        await simulator.until(lambda: simulator.record.find("PATCH", "@original", 404))
    assert set(simulator.world.messages) == before


async def test_a_thinking_message_that_a_refusal_deleted(
    simulator: Simulator, data_dir: Path
) -> None:
    """A refusal cut short by a crash deletes "thinking"; the painting comes by another way."""
    stall = simulator.faults.download(CdnFault(stall_at=0))
    async with running_bot(simulator, data_dir):
        asked = muralize(simulator)
        await simulator.until(lambda: asked.original and query(data_dir, "SELECT 1 FROM requests"))
    assert asked.original is not None
    simulator.messages.delete(asked.original)
    simulator.faults.lift(stall)
    async with running_bot(simulator, data_dir):
        (message,) = await simulator.until(lambda: results(simulator))
        await settled(simulator, data_dir)
    assert message.channel is asked.channel
