"""What ends and what stays when the bot, a member, a channel or a role leaves a server."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.simulator import Simulator, upheaval
from bot.simulator.default_world import Atelier
from tests.end_to_end.harness import (
    FAST,
    HASTY,
    ROOMY,
    Bot,
    muralize,
    painting,
    query,
    running_bot,
)
from tests.end_to_end.harness import run as command
from tests.end_to_end.painters import hold, release
from tests.end_to_end.test_challenges import posted, told
from tests.end_to_end.test_gallery import hold_challenge, status_of
from tests.end_to_end.test_guild_settings import switch
from tests.end_to_end.test_painting import result_of, said_privately
from tests.end_to_end.test_styles import save

SOON = replace(FAST, departures=0.1)
AT_ONCE = ROOMY.model_copy(update={"departed_days": 0.0})


def atelier_of(simulator: Simulator) -> Atelier:
    """The guild that the simulator starts with."""
    assert simulator.atelier is not None
    return simulator.atelier


async def until_status(bot: Bot, path: str, status: int) -> None:
    """Wait until a page answers so."""
    async with asyncio.timeout(120):
        while await status_of(bot, path) != status:  # noqa: ASYNC110 - by its page
            await asyncio.sleep(0.02)


def lines_about(data_dir: Path, number: int) -> list[str]:
    """List the rows of the database, whatever the table, in which an id stands."""
    with closing(sqlite3.connect(data_dir / "muralscape.db", timeout=120)) as connection:
        return [line for line in connection.iterdump() if str(number) in line]


async def show_gallery(simulator: Simulator, bot: Bot) -> str:
    """Hold a challenge to its end and open the gallery; give its address."""
    guild = await hold_challenge(simulator, bot)
    await told(simulator, command(simulator, "challenge close", "mo"))
    await switch(simulator, "gallery", on=True)
    await until_status(bot, f"/gallery/{guild}", 200)
    return f"/gallery/{guild}"


async def test_removed_and_invited_back(simulator: Simulator, data_dir: Path) -> None:
    """A kick closes gallery, jobs and challenge at once, silently; a return in time opens it."""
    world, guild = simulator.world, atelier_of(simulator).guild
    async with running_bot(simulator, data_dir, painter="load_by_size", limits=HASTY) as bot:
        path = await show_gallery(simulator, bot)
        options = {"title": "Day", "theme": "Paint it"}
        await told(simulator, command(simulator, "challenge start", "mo", options))
        await simulator.until(lambda: posted(simulator, "*Day*"))
        await painting(simulator, muralize(simulator, size="1024"))
        muralize(simulator, size="64")  # waits
        await simulator.until(
            lambda: (
                len(query(data_dir, "SELECT state FROM jobs WHERE state IN ('queued', 'painting')"))
                == 2
            )
        )
        sent = len(simulator.record.find("POST", "/channels/"))
        world.leave(guild, world.bot)
        await until_status(bot, path, 404)
        await simulator.until(
            lambda: (
                len(query(data_dir, "SELECT id FROM jobs WHERE state = 'cancelled' AND told_at"))
                == 2
            )
        )
        await simulator.until(
            lambda: len(query(data_dir, "SELECT id FROM challenges WHERE state = 'cancelled'")) == 1
        )
        assert len(simulator.record.find("POST", "/channels/")) == sent  # nobody is written to
        world.join(guild, world.bot)
        await until_status(bot, path, 200)
        shown = await said_privately(simulator, command(simulator, "settings show", "mo"))
        assert "The gallery is at" in shown.content


@pytest.mark.slow
async def test_data_goes_after_the_grace(simulator: Simulator, data_dir: Path) -> None:
    """Once the host's grace is over, nothing of the server is left: no row, no picture."""
    world, guild = simulator.world, atelier_of(simulator).guild
    async with running_bot(simulator, data_dir, timing=SOON, limits=AT_ONCE) as bot:
        await show_gallery(simulator, bot)
        assert lines_about(data_dir, guild.id)
        assert bot.stored_pictures()
        world.leave(guild, world.bot)
        await simulator.until(
            lambda: not lines_about(data_dir, guild.id) and not bot.stored_pictures()
        )


@pytest.mark.slow
async def test_an_outage_loses_nothing(simulator: Simulator, data_dir: Path) -> None:
    """A server that is only unavailable keeps gallery and data, also over a restart of the bot."""
    guild = atelier_of(simulator).guild
    async with running_bot(simulator, data_dir, timing=SOON, limits=AT_ONCE) as bot:
        path = await show_gallery(simulator, bot)
        upheaval.begin_outage(simulator.world, guild)
        await simulator.until(lambda: bot.app.client.guilds[0].unavailable)
        assert await status_of(bot, path) == 200
    async with running_bot(simulator, data_dir, timing=SOON, limits=AT_ONCE) as bot:
        await simulator.until(bot.app.client.is_ready)
        assert await status_of(bot, path) == 200
        upheaval.end_outage(simulator.world, guild)
        await result_of(simulator, muralize(simulator))
        assert await status_of(bot, path) == 200
    assert query(data_dir, "SELECT * FROM departed_guilds") == []


async def test_removed_while_the_bot_was_off(simulator: Simulator, data_dir: Path) -> None:
    """At its start the bot compares what it has stored with the servers that Discord lists."""
    world, guild = simulator.world, atelier_of(simulator).guild
    async with running_bot(simulator, data_dir) as bot:
        path = await show_gallery(simulator, bot)
    world.leave(guild, world.bot)
    async with running_bot(simulator, data_dir) as bot:
        await until_status(bot, path, 404)
    world.join(guild, world.bot)
    async with running_bot(simulator, data_dir) as bot:
        await until_status(bot, path, 200)


async def test_a_return_that_could_not_be_noted(simulator: Simulator, data_dir: Path) -> None:
    """The bot compares now and then: data of a server that it is in never ends as that of others.

    Its disk may have been full when Discord told of the return.
    """
    guild = atelier_of(simulator).guild
    async with running_bot(simulator, data_dir, timing=SOON) as bot:
        path = await show_gallery(simulator, bot)
        await bot.app.core.departures.add(guild.id, 0.0)
        await until_status(bot, path, 200)


async def test_a_deleted_channel(simulator: Simulator, data_dir: Path) -> None:
    """Its challenge ends, also when it went while the bot was off; results are in `/paintings`."""
    world, atelier = simulator.world, atelier_of(simulator)
    here = {"title": "Day", "theme": "Paint it", "channel": "studio"}
    ended = "SELECT id FROM challenges WHERE state = 'cancelled'"
    hold(data_dir, 10)
    async with running_bot(simulator, data_dir):
        await told(simulator, command(simulator, "challenge start", "mo", here))
        await painting(simulator, muralize(simulator, channel="studio"))
        upheaval.delete_channel(world, atelier.studio)
        release(data_dir)
        told_at = "SELECT id FROM jobs WHERE told_at IS NOT NULL"
        await simulator.until(lambda: query(data_dir, told_at))
        listed = command(simulator, "paintings")
        assert "Your paintings" in await told(simulator, listed)
        await simulator.until(lambda: len(query(data_dir, ended)) == 1)
        world.add_channel(atelier.guild, "studio")
        await simulator.until(lambda: world.find_channel("studio", atelier.moderator))
        await told(simulator, command(simulator, "challenge start", "mo", here))
    upheaval.delete_channel(world, world.find_channel("studio", atelier.moderator))
    async with running_bot(simulator, data_dir):
        await simulator.until(lambda: len(query(data_dir, ended)) == 2)


async def test_a_deleted_role(simulator: Simulator, data_dir: Path) -> None:
    """A role's deletion opens nothing: members that could save styles only by it no longer can."""
    world, atelier = simulator.world, atelier_of(simulator)
    ada = atelier.members[0]
    painters = world.add_role(atelier.guild, "Painters")
    world.join(atelier.guild, ada, [painters])
    async with running_bot(simulator, data_dir):
        panel = await said_privately(simulator, command(simulator, "settings rules", "mo"))
        simulator.people.press(panel.id, "settings/styles", "mo", ("Painters",))
        await simulator.until(lambda: "saved** by <@&" in panel.content)
        upheaval.delete_role(world, atelier.guild, painters)
        refused = await said_privately(simulator, save(simulator, "Night"))
        assert "To save styles here you need" in refused.content
        assert "Saved" in (await said_privately(simulator, save(simulator, "Night", "mo"))).content


async def test_a_member_who_leaves(simulator: Simulator, data_dir: Path) -> None:
    """The jobs of somebody who left are cancelled; those of others stay."""
    world, atelier = simulator.world, atelier_of(simulator)
    states = "SELECT member_id, state FROM jobs"
    async with running_bot(simulator, data_dir, painter="load_slow", timing=SOON, limits=HASTY):
        for user in ("ada", "ben"):
            muralize(simulator, user)
        await simulator.until(lambda: len(query(data_dir, states)) == 2)
        ada, ben = atelier.members[:2]
        world.leave(atelier.guild, ada)
        await simulator.until(
            lambda: (ada.id, "cancelled") in [tuple(row) for row in query(data_dir, states)]
        )
        assert (ben.id, "cancelled") not in [tuple(row) for row in query(data_dir, states)]
