"""Announcements that fail, and ballots that were deleted."""

from pathlib import Path

import pytest

from bot.simulator import Invocation, Permission, Simulator
from bot.simulator.model import Message
from tests.end_to_end.harness import button, muralize, query, running_bot
from tests.end_to_end.harness import run as command
from tests.end_to_end.test_ballots import enter_twelve
from tests.end_to_end.test_challenges import posted, told
from tests.end_to_end.test_painting import result_of, said_privately

OPTIONS = {"title": "Night", "theme": "Paint it"}


async def open_with_two_entries(simulator: Simulator) -> None:
    """Have Mo start a challenge, and Ada and Ben enter it."""
    assert "It is announced" in await told(
        simulator, command(simulator, "challenge start", "mo", OPTIONS)
    )
    for user in ("ada", "ben"):
        painted = await result_of(simulator, muralize(simulator, user))
        press = simulator.people.press(painted.id, button(painted, "enter"), user)
        await told(simulator, press)


def letters(simulator: Simulator, user: str) -> list[Message]:
    """List the direct messages of a member."""
    channel = simulator.world.dm(simulator.people.user(user))
    return [one for one in simulator.world.messages.values() if one.channel is channel]


async def test_a_permission_that_is_missing_for_a_while(
    simulator: Simulator, data_dir: Path
) -> None:
    """The answer and a message to the host say so; the ballot comes when the bot may post again."""
    assert simulator.atelier is not None
    gallery, everyone = simulator.atelier.gallery, simulator.atelier.guild.id
    role = simulator.atelier.guild.roles[everyone]
    async with running_bot(simulator, data_dir):
        await open_with_two_entries(simulator)
        # of the challenge's messages the one in the channel cannot be edited either
        simulator.world.overwrite(gallery, simulator.world.bot, deny=Permission.VIEW_CHANNEL)
        closed = await told(simulator, command(simulator, "challenge close", "olga"))
        assert "now voting" in closed
        assert "not announced yet" in closed
        assert "Send Messages" in closed
        (letter,) = await simulator.until(lambda: letters(simulator, "mo"))
        assert f"I may not post in <#{gallery.id}>" in letter.content
        shown = await told(simulator, command(simulator, "challenge status", "mo"))
        assert "not announced yet" in shown
        assert "not announced" not in await told(simulator, command(simulator, "challenge status"))
        assert posted(simulator, "🗳️ **Vote") == []
    async with running_bot(simulator, data_dir):  # it goes on after a restart
        simulator.world.overwrite(gallery, simulator.world.bot)
        simulator.world.overwrite(gallery, role)
        await simulator.until(lambda: posted(simulator, "🗳️ **Vote"))
    assert len(posted(simulator, "🗳️ **Vote")) == 1
    assert len(letters(simulator, "mo")) == 1


async def test_discord_is_down_for_a_while(simulator: Simulator, data_dir: Path) -> None:
    """A challenge is announced once Discord takes messages again, and once only."""
    fault = simulator.faults.fail(503, method="POST", path=r"^/channels/\d+/messages$", times=3)
    async with running_bot(simulator, data_dir):
        started = await told(simulator, command(simulator, "challenge start", "mo", OPTIONS))
        assert "№ 1 is open" in started
        assert "Discord did not take the message" in started
        await simulator.until(lambda: posted(simulator, "Challenge: *Night*"))
        assert fault.hits == 3
    assert len(posted(simulator, "Challenge: *Night*")) == 1


async def test_a_picture_that_the_disk_does_not_give(simulator: Simulator, data_dir: Path) -> None:
    """A message that cannot be made waits, and keeps none of the others from being posted."""
    async with running_bot(simulator, data_dir, clock=simulator.clock) as bot:
        await open_with_two_entries(simulator)
        for row in query(data_dir, "SELECT DISTINCT preview FROM challenge_entries"):
            file = bot.app.core.pictures.path(row["preview"])
            file.unlink()
            file.mkdir()  # which cannot be read
        said = await told(simulator, command(simulator, "challenge close", "mo"))
        assert "It could not be posted in" in said  # it is not Discord's fault
        simulator.clock.advance(61)
        await told(simulator, command(simulator, "challenge close", "mo"))
        day = {"title": "Day", "theme": "Paint it"}
        await told(simulator, command(simulator, "challenge start", "mo", day))
        await simulator.until(lambda: posted(simulator, "Challenge: *Day*"))
        assert posted(simulator, "🗳️ **Vote") == []
        for row in query(data_dir, "SELECT DISTINCT preview FROM challenge_entries"):
            file = bot.app.core.pictures.path(row["preview"])
            file.rmdir()
            file.write_bytes(b"damaged")
        await simulator.until(lambda: posted(simulator, "🏆 **Results: *Night*"))


async def test_a_deleted_ballot(simulator: Simulator, data_dir: Path) -> None:
    """It stays deleted when it changes, and is posted again on request, also elsewhere."""
    assert simulator.atelier is not None
    async with running_bot(simulator, data_dir):
        await open_with_two_entries(simulator)
        said = await told(simulator, command(simulator, "challenge close", "mo"))
        (ballot,) = posted(simulator, "🗳️ **Vote")
        assert f"/{ballot.id}" in said
        simulator.people.delete(ballot.id, "mo")
        status = await said_privately(simulator, command(simulator, "challenge status", "mo"))
        (entry, _) = status.components[-1]["components"][0]["options"]
        form = simulator.people.press(
            status.id, "challenges/1/remove/0", "mo", [str(entry["value"])]
        )
        await simulator.until(lambda: form.modal)
        simulator.people.submit(str(form.id), "mo", {"reason": "not a night"})
        await simulator.until(lambda: "entry is removed" in status.content)
        await simulator.until(
            lambda: (
                [call.status for call in simulator.record.find("PATCH", f"/messages/{ballot.id}$")]
                == [404]
            )
        )
        assert posted(simulator, "🗳️ **Vote") == []

        refused = await told(simulator, command(simulator, "challenge repost", "ada"))
        assert "Only its host and moderators" in refused
        again = await told(simulator, command(simulator, "challenge repost", "mo"))
        (ballot,) = posted(simulator, "🗳️ **Vote")
        assert f"/{ballot.id}" in again
        await told(simulator, command(simulator, "challenge repost", "mo"))
        assert posted(simulator, "🗳️ **Vote") == [ballot]  # it is there
        moved = {"channel": "studio"}
        await told(simulator, command(simulator, "challenge repost", "mo", moved))
        _, second = posted(simulator, "🗳️ **Vote")
        assert second.channel is simulator.atelier.studio
        assert len(second.attachments) == 1
        (vote,) = second.components[0]["components"]  # else it is too early to close it
        await told(simulator, simulator.people.press(second.id, vote["custom_id"], "cleo"))
        await told(simulator, command(simulator, "challenge close", "mo"))
        (results,) = posted(simulator, "🏆 **Results")
        assert results.channel is simulator.atelier.studio


async def test_a_deleted_channel(simulator: Simulator, data_dir: Path) -> None:
    """The host is told, and chooses another channel."""
    assert simulator.atelier is not None
    gallery = simulator.atelier.gallery
    async with running_bot(simulator, data_dir):
        await open_with_two_entries(simulator)
        del simulator.atelier.guild.channels[gallery.id]
        close = command(simulator, "challenge close", "mo")  # now in #studio
        assert "does not exist any more" in await told(simulator, close)
        (letter,) = await simulator.until(lambda: letters(simulator, "mo"))
        assert "`/challenge repost`" in letter.content
        await told(simulator, command(simulator, "challenge repost", "mo", {"channel": "studio"}))
        (ballot,) = posted(simulator, "🗳️ **Vote")
        assert ballot.channel is simulator.atelier.studio


async def test_threads(simulator: Simulator, data_dir: Path) -> None:
    """A thread is checked as a channel is, and one that was locked is waited for."""
    assert simulator.atelier is not None
    gallery, world = simulator.atelier.gallery, simulator.world
    thread = world.start_thread(gallery, "corner", simulator.people.user("ada"))
    start = Invocation("challenge start", user="mo", channel="corner", texts=OPTIONS)
    close = Invocation("challenge close", user="mo", channel="gallery")
    async with running_bot(simulator, data_dir):
        world.overwrite(gallery, world.bot, deny=Permission.SEND_MESSAGES_IN_THREADS)
        refused = await told(simulator, simulator.people.invoke(start))
        assert f"I may not post pictures in <#{thread.id}>" in refused
        world.overwrite(gallery, world.bot, deny=Permission.SEND_MESSAGES)  # not that of threads
        world.lock(thread, locked=True)
        assert "I may not post pictures" in await told(simulator, simulator.people.invoke(start))
        world.lock(thread, locked=False)
        assert "It is announced" in await told(simulator, simulator.people.invoke(start))
        world.lock(thread, locked=True)
        said = await told(simulator, simulator.people.invoke(close))
        assert "now closed. It is not announced yet" in said
        world.lock(thread, locked=False)
        await simulator.until(lambda: posted(simulator, "🏆 **Results"))
        assert posted(simulator, "🏆 **Results")[0].channel is thread


async def test_an_archived_thread(simulator: Simulator, data_dir: Path) -> None:
    """Discord edits nothing in an archived thread (50083), so the bot opens it for its messages."""
    assert simulator.atelier is not None
    gallery, world = simulator.atelier.gallery, simulator.world
    thread = world.start_thread(gallery, "corner", simulator.people.user("ada"))
    start = Invocation("challenge start", user="mo", channel="corner", texts=OPTIONS)
    texts = {"title": "Day"}
    rename = Invocation("challenge rename", user="mo", channel="gallery", texts=texts)
    async with running_bot(simulator, data_dir):
        await told(simulator, simulator.people.invoke(start))
        world.archive(thread)
        await told(simulator, simulator.people.invoke(rename))
        await simulator.until(lambda: posted(simulator, "Challenge: *Day*"))
    assert not thread.archived
    assert letters(simulator, "mo") == []


@pytest.mark.slow
async def test_a_part_of_a_ballot_fails(simulator: Simulator, data_dir: Path) -> None:
    """The host reads what is posted and what is not; each part is posted once, again on request."""
    options = OPTIONS | {"entries_per_member": "6"}
    async with running_bot(simulator, data_dir):
        await told(simulator, command(simulator, "challenge start", "mo", options))
        await enter_twelve(simulator)
        refused = simulator.faults.fail(
            403, 50013, method="POST", path=r"^/channels/\d+/messages$", skip=1
        )
        said = await told(simulator, command(simulator, "challenge close", "mo"))
        (first,) = posted(simulator, "🗳️ **Vote")
        assert "Only a part of it is announced" in said
        assert f"/{first.id}\nI may not post" in said
        simulator.faults.lift(refused)
        await simulator.until(lambda: len(posted(simulator, "🗳️ **Vote")) == 2)
        _, second = posted(simulator, "🗳️ **Vote")
        simulator.people.delete(second.id, "mo")
        again = await told(simulator, command(simulator, "challenge repost", "mo"))
        kept, anew = posted(simulator, "🗳️ **Vote")
        assert kept is first
        assert again.endswith(f"/{anew.id}")
