"""The result arrives by the first way that is open, once, whatever Discord does."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.jobs.model import JobState
from bot.muralize.delivery import MOST_FAULTS
from bot.simulator import DiscordLimits, Simulator
from bot.simulator.faults import RestFault
from bot.simulator.model import Interaction, Message
from bot.simulator.permissions import Permission
from tests.bot.clients import StartSimulator
from tests.end_to_end.harness import (
    FAST,
    UNTOLD,
    button,
    is_result,
    muralize,
    painting,
    private_answers,
    query,
    results,
    run,
    running_bot,
    write,
)
from tests.end_to_end.painters import hold, release


async def only_result(simulator: Simulator, data_dir: Path) -> Message:
    """Wait until the one painting is delivered and the bot has nothing more to deliver."""
    await simulator.until(lambda: results(simulator))
    await simulator.until(lambda: not query(data_dir, UNTOLD))
    (message,) = results(simulator)
    return message


def kill_token(simulator: Simulator) -> None:
    """Make every use of an interaction's token after its first answer fail as after 15 minutes."""
    simulator.faults.fail(401, 50027, "Invalid Webhook Token", path=r"^/webhooks/")


def forbid_posting(simulator: Simulator) -> None:
    """Take the right to write in every channel from the bot."""
    assert simulator.atelier is not None
    for channel in simulator.atelier.guild.channels.values():
        simulator.world.overwrite(channel, simulator.world.bot, deny=int(Permission.SEND_MESSAGES))


async def test_token_expired(simulator: Simulator, data_dir: Path) -> None:
    """After 15 minutes the result is a new message that mentions its member; 50027 is met once."""
    hold(data_dir, 10)
    async with running_bot(simulator, data_dir):
        asked = muralize(simulator)
        await painting(simulator, asked)
        simulator.clock.advance(901)
        release(data_dir)
        message = await only_result(simulator, data_dir)
        await simulator.until(lambda: asked.original and "Finished" in asked.original.content)
    assert message.interaction is None
    assert message.channel is asked.channel
    assert message.mentions == [asked.user]
    assert asked.original is not None
    assert str(message.id) in asked.original.content
    assert len(simulator.record.find("PATCH", "^/webhooks/", 401)) <= 2  # a card's edit, the result


async def test_no_permission_in_the_channel(simulator: Simulator, data_dir: Path) -> None:
    """Where the bot may not post, the member gets a direct message."""
    kill_token(simulator)
    forbid_posting(simulator)
    async with running_bot(simulator, data_dir):
        asked = muralize(simulator)
        message = await only_result(simulator, data_dir)
    assert message.channel.recipients == [asked.user]


async def test_closed_direct_messages(simulator: Simulator, data_dir: Path) -> None:
    """With no way left the result waits in `/queue show`, from where its member fetches it."""
    kill_token(simulator)
    forbid_posting(simulator)
    assert simulator.atelier is not None
    simulator.atelier.members[0].dms_open = False
    async with running_bot(simulator, data_dir) as bot:
        kept = asyncio.create_task(bot.until_job(lambda job: job.kept))
        asked = muralize(simulator)
        await kept
        simulator.faults.clear()
        shown = await answered(simulator, run(simulator, "queue show"))
        assert "could not be sent to you" in shown.content
        simulator.people.press(shown.id, button(shown, "fetch"), "ada")
        fetched = await only_result(simulator, data_dir)
        assert fetched.ephemeral_to == asked.user.id
        shown = await answered(simulator, run(simulator, "queue show"))
        assert "no painting under way" in shown.content


async def answered(simulator: Simulator, interaction: Interaction) -> Message:
    """Wait for a private answer."""
    return await simulator.until(
        lambda: next((m for m in private_answers(simulator, interaction) if not m.thinking), None)
    )


@pytest.mark.slow
async def test_too_large(start_simulator: StartSimulator, data_dir: Path) -> None:
    """On 40005 the picture is encoded smaller and sent again, until Discord takes it."""
    simulator = await start_simulator(DiscordLimits(accepted_upload=150_000))
    async with running_bot(simulator, data_dir, painter="load_noisy"):
        muralize(simulator)
        message = await only_result(simulator, data_dir)
    assert simulator.record.find("PATCH", status=413) or simulator.record.find("PATCH", status=400)
    assert len(message.attachments[0].content) <= 150_000
    assert message.attachments[0].pixels is not None


@pytest.mark.slow
async def test_a_painting_that_fits_nowhere(
    start_simulator: StartSimulator, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where Discord takes no file however small, the member is told and the painting is kept."""
    simulator = await start_simulator(DiscordLimits(accepted_upload=100))
    async with running_bot(simulator, data_dir, painter="load_noisy") as bot:
        kept = asyncio.create_task(bot.until_job(lambda job: job.kept))
        asked = muralize(simulator)
        await kept
        assert asked.original is not None
        assert "could not be sent here" in asked.original.content
        assert not asked.original.attachments
        shown = await answered(simulator, run(simulator, "queue show"))
        assert "could not be sent to you" in shown.content
        sent = len(simulator.record.find("PATCH", "^/webhooks/"))
    assert sent < 40
    assert "this outcome cannot be sent" in caplog.text


FULL = "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"


@pytest.mark.slow
async def test_a_disk_too_full_to_keep(
    start_simulator: StartSimulator, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be sent, nor noted as kept, is kept in the same run once the disk has room."""
    simulator = await start_simulator(DiscordLimits(accepted_upload=100))
    async with running_bot(simulator, data_dir, painter="load_noisy") as bot:
        await write(data_dir, f"CREATE TRIGGER full BEFORE UPDATE ON jobs WHEN NEW.kept {FULL}")
        kept = asyncio.create_task(bot.until_job(lambda job: job.kept))
        muralize(simulator)
        await simulator.until(lambda: "could not be kept; next try" in caplog.text)
        await write(data_dir, "DROP TRIGGER full")
        job = await kept
    assert job.state is JobState.DONE


@pytest.mark.slow
async def test_a_disk_that_is_full_for_long(
    simulator: Simulator, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A painting that is shown, but could not be noted as delivered, is not given up."""
    when = "BEFORE UPDATE OF told_at ON jobs WHEN NEW.told_at IS NOT NULL"
    async with running_bot(simulator, data_dir) as bot:
        await write(data_dir, f"CREATE TRIGGER full {when} {FULL}")
        ended = asyncio.create_task(bot.until_job(lambda job: job.settled))
        asked = muralize(simulator)
        await simulator.until(lambda: caplog.text.count("delivery failed; next try") > MOST_FAULTS)
        await write(data_dir, "DROP TRIGGER full")
        job = await ended
    assert not job.kept
    assert asked.original is not None
    assert asked.original.attachments


@pytest.mark.slow
async def test_sends_are_counted(simulator: Simulator, data_dir: Path) -> None:
    """An outcome for which Discord hangs up each time is sent so often, then kept."""
    counted = replace(FAST, delivery=replace(FAST.delivery, attempts=3))
    painted = asyncio.Event()
    async with running_bot(simulator, data_dir, timing=counted) as bot:
        bot.app.jobs.subscribe(
            lambda job: painted.set() if job.state is JobState.DELIVERING else None
        )
        fault = simulator.faults.hang_up(path="^/(webhooks|channels|users)/", times=None)
        fault.when = lambda *_: painted.is_set()
        kept = asyncio.create_task(bot.until_job(lambda job: job.kept))
        muralize(simulator)
        job = await kept
        simulator.faults.lift(fault)
    assert 2 <= job.delivery.tries <= 9
    assert job.state is JobState.DONE


async def test_rate_limit(simulator: Simulator, data_dir: Path) -> None:
    """After a 429 the bot waits as long as it was told, and the result arrives."""
    simulator.faults.rate_limit(0.3, path="^/webhooks/", times=2)
    async with running_bot(simulator, data_dir):
        muralize(simulator)
        await only_result(simulator, data_dir)
    limited = simulator.record.find(status=429)
    assert limited
    first = limited[0]
    after = [c for c in simulator.record.find("PATCH", "^/webhooks/") if c.started > first.started]
    assert after[0].started - first.started >= 0.3


@pytest.mark.slow
async def test_bad_gateway_on_every_fifth_call(simulator: Simulator, data_dir: Path) -> None:
    """With a 502 on every fifth call every result arrives once, also where the call was obeyed."""
    async with running_bot(simulator, data_dir):
        simulator.faults.fail(502, every=5, path="^/(webhooks|channels)/", after=True)
        asked = [muralize(simulator) for _ in range(6)]
        await simulator.until(lambda: len(results(simulator)) == len(asked))
        await simulator.until(lambda: not query(data_dir, UNTOLD))
    assert {message.interaction for message in results(simulator)} == set(asked)
    assert len(results(simulator)) == len(asked)


async def test_a_post_whose_answer_was_lost(simulator: Simulator, data_dir: Path) -> None:
    """A channel message that Discord took but did not confirm is not sent a second time."""
    kill_token(simulator)
    simulator.faults.hang_up(method="POST", path=r"^/channels/\d+/messages$", after=True, times=1)
    async with running_bot(simulator, data_dir):
        muralize(simulator)
        await only_result(simulator, data_dir)


async def test_a_post_that_failed_unclearly(simulator: Simulator, data_dir: Path) -> None:
    """The job's own card, in the same channel and with buttons too, is not taken for it."""
    kill_token_after_the_card(simulator)
    simulator.faults.hang_up(method="POST", path=r"^/channels/\d+/messages$", times=1)
    hold(data_dir, 10)
    async with running_bot(simulator, data_dir) as bot:
        told = asyncio.create_task(bot.until_job(lambda job: job.delivery.told_at is not None))
        asked = muralize(simulator)
        await simulator.until(lambda: asked.original and asked.original.components)
        release(data_dir)
        job = await told
        message = await only_result(simulator, data_dir)
    assert asked.original is not None
    assert job.delivery.message_id == message.id != asked.original.id


def kill_token_after_the_card(simulator: Simulator) -> None:
    """Let the card be shown with its button, and no outcome take its place."""
    simulator.faults.fail(
        401,
        50027,
        "Invalid Webhook Token",
        path=r"^/webhooks/",
        when=lambda *_: any(message.components for message in simulator.world.messages.values()),
    )


async def test_gateway_dropped_while_painting(simulator: Simulator, data_dir: Path) -> None:
    """A lost gateway is connected again, by the address that /gateway/bot gives; work goes on."""
    hold(data_dir, 10)
    async with running_bot(simulator, data_dir) as bot:
        bot.app.client.before_identify_hook = _at_once  # type: ignore[method-assign]
        first = muralize(simulator)
        await painting(simulator, first)
        simulator.gateway.invalidate()
        release(data_dir)
        await only_result(simulator, data_dir)
        await simulator.until(lambda: simulator.gateway.connected)
        second = muralize(simulator)
        await simulator.until(lambda: second.original and is_result(second.original))
    assert len(simulator.record.find("GET", "^/gateway/bot$")) == 2


async def _at_once(shard_id: int | None, *, initial: bool = False) -> None:
    """Do not wait the 5 s that Discord wants between two logins."""


async def test_a_token_that_dies_after_an_unconfirmed_answer(
    simulator: Simulator, data_dir: Path
) -> None:
    """When the answer was given but not confirmed, and the token is dead then, the bot looks first.

    The picture is there already, so no second one is sent to the channel.
    """
    async with running_bot(simulator, data_dir) as bot:
        painted = asyncio.Event()
        bot.app.jobs.subscribe(
            lambda job: painted.set() if job.state is JobState.DELIVERING else None
        )
        lost = RestFault(hang_up=True, after=True, method="PATCH", path="^/webhooks/", times=1)
        lost.when = lambda *_: painted.is_set()
        simulator.faults.add(lost)
        simulator.faults.fail(
            401, 50027, path="^/webhooks/", when=lambda *_: bool(results(simulator))
        )
        told = asyncio.create_task(bot.until_job(lambda job: job.delivery.told_at is not None))
        asked = muralize(simulator)
        await told
        message = await only_result(simulator, data_dir)
    assert lost.hits == 1
    assert message is asked.original
    assert simulator.record.find("POST", r"^/channels/\d+/messages$") == []
