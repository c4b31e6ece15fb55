"""The kinds of channels, chosen channels that are gone, and files up to each place's own limit."""

from pathlib import Path

import pytest

from bot.simulator import DiscordLimits, Permission, Simulator, upheaval
from bot.simulator.errors import Invalid
from bot.simulator.model import ChannelType, Message
from tests.bot.clients import StartSimulator
from tests.end_to_end.harness import button, muralize, results, running_bot
from tests.end_to_end.harness import run as command
from tests.end_to_end.test_departures import atelier_of
from tests.end_to_end.test_painting import result_of, said_privately

KINDS = (ChannelType.NEWS, ChannelType.VOICE, ChannelType.STAGE)
MIB = 1024 * 1024


async def numbered_result(simulator: Simulator, number: int) -> Message:
    """Wait for the last of so many paintings."""
    await simulator.until(lambda: len(results(simulator)) == number)
    return results(simulator)[-1]


async def test_each_kind_of_channel(simulator: Simulator, data_dir: Path) -> None:
    """Announcements, voice, stages, threads and posts take paintings, after 15 minutes too."""
    world, atelier = simulator.world, atelier_of(simulator)
    ada = atelier.members[0]
    places = [world.add_channel(atelier.guild, kind.name, kind=kind) for kind in KINDS]
    forums = [
        world.add_channel(atelier.guild, kind.name, kind=kind)
        for kind in (ChannelType.FORUM, ChannelType.MEDIA)
    ]
    places += [world.start_thread(forum, "a post", ada) for forum in forums]
    places.append(world.start_thread(places[0], "talk", ada))
    places.append(world.start_thread(atelier.gallery, "talk", ada))
    async with running_bot(simulator, data_dir, painter="load_brisk"):
        for forum in forums:
            with pytest.raises(Invalid, match="open a post in it"):
                muralize(simulator, channel=str(forum.id))
        for place in places:
            message = await result_of(simulator, muralize(simulator, channel=str(place.id)))
            assert message.channel is place
        simulator.faults.fail(401, 50027, "Invalid Webhook Token", path=r"^/webhooks/")
        for number, place in enumerate(places, len(places) + 1):
            asked = muralize(simulator, channel=str(place.id))
            message = await numbered_result(simulator, number)
            assert (message.channel, message.mentions) == (place, [asked.user])


async def test_places_that_are_shut(simulator: Simulator, data_dir: Path) -> None:
    """From a locked thread, or a voice channel closed to the bot, results come privately."""
    world, atelier = simulator.world, atelier_of(simulator)
    ada = atelier.members[0]
    thread = world.start_thread(atelier.gallery, "talk", ada)
    voice = world.add_channel(atelier.guild, "voice", kind=ChannelType.VOICE)
    simulator.faults.fail(401, 50027, "Invalid Webhook Token", path=r"^/webhooks/")
    async with running_bot(simulator, data_dir):
        world.overwrite(voice, world.bot, deny=int(Permission.CONNECT))
        thread.locked = True
        for number, place in enumerate((thread, voice), 1):
            muralize(simulator, channel=str(place.id))
            assert (await numbered_result(simulator, number)).channel.recipients == [ada]


async def test_chosen_channels(simulator: Simulator, data_dir: Path) -> None:
    """A forum's posts count as the forum; where all that was chosen is deleted, all is open."""
    world, atelier = simulator.world, atelier_of(simulator)
    forum = world.add_channel(atelier.guild, "works", kind=ChannelType.FORUM)
    post = world.start_thread(forum, "mine", atelier.members[0])
    async with running_bot(simulator, data_dir):
        panel = await said_privately(simulator, command(simulator, "settings set", "mo"))
        simulator.people.press(panel.id, "settings/channels", "mo", ("works",))
        await simulator.until(lambda: "made** in <#" in panel.content)
        await result_of(simulator, muralize(simulator, channel=str(post.id)))
        refused = await said_privately(simulator, muralize(simulator))
        assert "cannot paint in this channel" in refused.content
        upheaval.delete_channel(world, forum)
        await result_of(simulator, muralize(simulator))
        shown = await said_privately(simulator, command(simulator, "settings show", "mo"))
        assert "everywhere (the channels that were chosen have been deleted)" in shown.content


async def test_each_file_has_its_own_limit(start_simulator: StartSimulator, data_dir: Path) -> None:
    """A painting and its film may both be as large as one file may."""
    simulator = await start_simulator(DiscordLimits(advertised_upload=MIB, accepted_upload=MIB))
    async with running_bot(simulator, data_dir, painter="load_film"):
        message = await result_of(simulator, muralize(simulator))
        filmed = simulator.people.press(message.id, button(message, "timelapse"), "ada")
        message = await result_of(simulator, filmed)
        sizes = sorted(file.size for file in message.attachments)
        assert len(sizes) == 2
        assert sum(sizes) > simulator.limits.accepted_upload > sizes[-1]


async def test_nitro_counts(start_simulator: StartSimulator, data_dir: Path) -> None:
    """The answer to a member with Nitro may be larger than the server's limit, a message not."""
    simulator = await start_simulator(
        DiscordLimits(advertised_upload=MIB // 4, accepted_upload=MIB // 4)
    )
    ada = atelier_of(simulator).members[0]
    ada.upload_limit = 50 * MIB
    async with running_bot(simulator, data_dir, painter="load_noisy"):
        message = await result_of(simulator, muralize(simulator))
        assert message.attachments[0].filename.endswith(".png")
        assert message.attachments[0].size > MIB // 2
        message = await result_of(simulator, muralize(simulator, "ben"))
        assert message.attachments[0].size < MIB // 4
    assert simulator.record.find(status=413) == []  # the limits are known beforehand
