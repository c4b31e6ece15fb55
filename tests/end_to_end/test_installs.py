"""The bot outside of servers: in direct messages, and where only a user has installed it."""

from pathlib import Path

import pytest

from bot.settings import LimitSettings
from bot.simulator import Permission, Simulator
from bot.simulator.errors import Invalid
from bot.simulator.model import Channel, User
from bot.simulator.upheaval import group_of
from tests.end_to_end.harness import (
    HASTY,
    button,
    muralize,
    painting,
    query,
    results,
    running_bot,
)
from tests.end_to_end.harness import run as command
from tests.end_to_end.test_departures import atelier_of
from tests.end_to_end.test_painting import result_of, said_privately

ANYWHERE = (
    "muralize",
    "Muralize this picture",
    "Paint their avatar",
    "queue",
    "paintings",
    "privacy",
)


def elsewhere(simulator: Simulator) -> tuple[User, Channel]:
    """Add a guild without the bot, and a member there who has installed the bot for herself."""
    world = simulator.world
    zoe = world.add_user("zoe", "Zoe")
    guild = world.add_guild("Elsewhere", world.add_user("otto"), with_bot=False)
    channel = world.add_channel(guild, "chat")
    world.join(guild, zoe)
    world.installers.add(zoe.id)
    return zoe, channel


async def test_each_command_says_where_it_works(simulator: Simulator, data_dir: Path) -> None:
    """Installs and contexts are set for every command; only those without a server go anywhere."""
    async with running_bot(simulator, data_dir):
        for registered in simulator.commands.registered():
            definition = registered.definition
            everywhere = registered.name in ANYWHERE
            assert definition["integration_types"] == ([0, 1] if everywhere else [0])
            servers_only = [0, 1] if registered.name == "paintings" else [0]  # 1: with the bot
            assert definition["contexts"] == ([0, 1, 2] if everywhere else servers_only)


async def test_in_a_server_without_the_bot(simulator: Simulator, data_dir: Path) -> None:
    """Command, buttons and queue work there by the interaction's token alone."""
    _, channel = elsewhere(simulator)
    async with running_bot(simulator, data_dir):
        message = await result_of(simulator, muralize(simulator, "zoe", channel="chat"))
        assert message.channel is channel
        ids = [
            component["custom_id"] for row in message.components for component in row["components"]
        ]
        assert not any(custom_id.endswith(":enter") for custom_id in ids)
        again = simulator.people.press(message.id, button(message, "again"), "zoe")
        assert (await result_of(simulator, again)).channel is channel
        shown = await said_privately(simulator, command(simulator, "queue show", "zoe"))
        assert "Outside of servers" in shown.content
    assert simulator.record.find("POST", "^/channels/") == []
    assert {row["guild_id"] for row in query(data_dir, "SELECT guild_id FROM jobs")} == {0}


async def test_in_private_conversations(simulator: Simulator, data_dir: Path) -> None:
    """It works in direct messages with the bot and in groups, for users that installed it."""
    world, atelier = simulator.world, atelier_of(simulator)
    ada, ben = atelier.members[:2]
    direct, group = world.dm(ada), group_of(world, ada, ben)
    async with running_bot(simulator, data_dir):
        with pytest.raises(Invalid, match="no command"):
            muralize(simulator, channel=str(group.id))
        world.installers.add(ada.id)
        for place in (direct, group):
            message = await result_of(simulator, muralize(simulator, channel=str(place.id)))
            assert message.channel is place


async def test_moderators_elsewhere_are_none_here(simulator: Simulator, data_dir: Path) -> None:
    """Moderators of a server without the bot have no say over paintings made there."""
    _, channel = elsewhere(simulator)
    world = simulator.world
    guild = world.guilds[channel.guild_id or 0]
    max_ = world.add_user("max")
    world.join(guild, max_, [world.add_role(guild, "Mods", Permission.MANAGE_MESSAGES)])
    world.installers.add(max_.id)
    async with running_bot(simulator, data_dir, painter="load_slow", limits=HASTY):
        asked = muralize(simulator, "zoe", channel="chat")
        await painting(simulator, asked)
        cancel = command(simulator, "queue cancel", "max", {"job": "1"})
        assert "Only the owner" in (await said_privately(simulator, cancel)).content


async def test_what_would_come_too_late(simulator: Simulator, data_dir: Path) -> None:
    """Nothing is begun that would be ready after the quarter of an hour in which it can be sent."""
    elsewhere(simulator)
    async with running_bot(simulator, data_dir, painter="load_slow", limits=wide()) as bot:
        asked = muralize(simulator, "zoe", channel="chat")
        await painting(simulator, asked)
        for size in ("2048", "2048", "2048"):
            late = muralize(simulator, "zoe", channel="chat", preset="gatys", size=size)
            told = await said_privately(simulator, late)
            assert "I can answer for 15 minutes only" in told.content
        assert len(await bot.app.jobs.jobs_of(0, simulator.world.find_user("zoe").id)) == 1


def wide() -> LimitSettings:
    """Limits with which large paintings are allowed everywhere."""
    return HASTY.model_copy(
        update={"largest_size": 4096, "outside_largest_size": 4096, "outside_jobs_per_user": 9}
    )


async def test_the_hosts_limits(simulator: Simulator, data_dir: Path) -> None:
    """The host says how much is painted outside of servers; nothing, if it likes."""
    elsewhere(simulator)
    one = HASTY.model_copy(update={"outside_jobs_per_user": 1, "outside_largest_size": 64})
    async with running_bot(simulator, data_dir, painter="load_slow", limits=one):
        large = await said_privately(
            simulator, muralize(simulator, "zoe", channel="chat", size="65")
        )
        assert "The largest size here is 64 pixels" in large.content
        muralize(simulator, "zoe", channel="chat", size="32")
        await simulator.until(lambda: query(data_dir, "SELECT id FROM jobs"))
        second = await said_privately(simulator, muralize(simulator, "zoe", channel="chat"))
        assert "You already have one painting under way" in second.content
    none = HASTY.model_copy(update={"outside_jobs": 0})
    async with running_bot(simulator, data_dir, limits=none):
        refused = await said_privately(simulator, muralize(simulator, "zoe", channel="chat"))
        assert "only in servers that it was added to" in refused.content
    assert results(simulator) == []
