"""A server's own rules on the simulator: roles, painting time, blocks, switches, and the log."""

import json
import logging
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from bot.guilds.model import Switch
from bot.moderation.model import HOST, Block, BlockKind
from bot.moderation.store import BlockStore
from bot.settings import PictureCheckSettings
from bot.simulator import Invocation, Simulator, Upload, upheaval
from bot.simulator.model import Interaction, Message
from bot.simulator.permissions import Permission
from bot.storage.database import Database, sqlite_url
from tests.end_to_end.harness import (
    HASTY,
    UNTOLD,
    button,
    muralize,
    painting,
    picture,
    query,
    running_bot,
)
from tests.end_to_end.harness import run as command
from tests.end_to_end.painters import hold
from tests.end_to_end.test_challenges import posted, told
from tests.end_to_end.test_departures import atelier_of
from tests.end_to_end.test_guild_settings import choose
from tests.end_to_end.test_painting import result_of, said_privately
from tests.end_to_end.test_styles import save

EVERYTHING = tuple(Switch)
OFF = "This is switched off in this server."
SHORT = "You cannot use this bot here."


async def rules_panel(simulator: Simulator) -> Message:
    """Open the panel of a server's rules."""
    return await said_privately(simulator, command(simulator, "settings rules", "mo"))


async def switch_off(simulator: Simulator, features: tuple[str, ...], expected: str) -> None:
    """Switch features off and wait until the panel says so."""
    panel = await rules_panel(simulator)
    await choose(simulator, panel, "off", features, f"Switched off**: {expected}")


def log_lines(simulator: Simulator) -> list[str]:
    """List the lines of the moderators' log, oldest first."""
    messages = [m for m in simulator.world.messages.values() if "-# Log " in m.content]
    return [line for m in messages for line in m.content.splitlines() if not line.startswith("-#")]


async def write_log(simulator: Simulator, channel: str = "log") -> None:
    """Add a channel that moderators see and choose it for the log."""
    guild = atelier_of(simulator).guild
    if not any(one.name == channel for one in guild.channels.values()):
        simulator.world.add_channel(guild, channel, "What happened")
    panel = await rules_panel(simulator)
    await choose(simulator, panel, "log", (channel,), "for moderators**: <#")


async def test_roles_that_may_paint(simulator: Simulator, data_dir: Path) -> None:
    """Where roles are chosen, others are told which; a deleted role opens nothing to them."""
    async with running_bot(simulator, data_dir):
        painted = await result_of(simulator, muralize(simulator, "ada"))
        panel = await rules_panel(simulator)
        assert "Painting is open to** everyone" in panel.content
        await choose(simulator, panel, "painters", ("Moderators",), "is open to** <@&")
        assert "To paint here you need one of these roles" in await told(
            simulator, muralize(simulator, "ada")
        )
        again = simulator.people.press(painted.id, button(painted, "again"), "ada")
        assert "To paint here you need" in await told(simulator, again)
        await result_of(simulator, muralize(simulator, "mo"))
        guild, role = atelier_of(simulator).guild, atelier_of(simulator).moderators
        upheaval.delete_role(simulator.world, guild, role)
        assert "To paint here you need" in await told(simulator, muralize(simulator, "ada"))


async def test_painting_time(simulator: Simulator, data_dir: Path) -> None:
    """Members have so many seconds; the queue shows them, a refusal says when there are more."""
    async with running_bot(simulator, data_dir, painter="load_slow", limits=HASTY):
        options = {"per_hour": "900", "per_day": "3600"}
        panel = await said_privately(
            simulator, command(simulator, "settings allowance", "mo", options)
        )
        limited = "`): everyone 15 min an hour, 60 min a day"
        assert limited in panel.content
        looked = await said_privately(simulator, command(simulator, "settings allowance", "mo"))
        assert limited in looked.content
        muralize(simulator, "ada", size="512")
        await simulator.until(lambda: query(data_dir, "SELECT id FROM jobs"))
        predicted = query(data_dir, "SELECT predicted_seconds FROM jobs")[0][0]
        options = {"per_hour": str(round(1.5 * predicted))}
        await told(simulator, command(simulator, "settings allowance", "mo", options))
        refused = await told(simulator, muralize(simulator, "ada", size="512"))
        assert "You have used" in refused
        assert "There is room for it again <t:" in refused
        shown = await told(simulator, command(simulator, "queue show"))
        assert "-# Your painting time here: " in shown
        assert "in the last hour" in shown
        role = {"role": "Moderators", "per_hour": str(round(9 * predicted))}
        await told(simulator, command(simulator, "settings allowance", "mo", role))
        for _ in range(2):  # the largest of a member's roles counts
            muralize(simulator, "mo", size="512")
        await simulator.until(lambda: len(query(data_dir, "SELECT id FROM jobs")) == 3)
        role = {"role": "@everyone"}
        panel = await said_privately(
            simulator, command(simulator, "settings allowance", "mo", role)
        )
        assert "`): @Moderators " in panel.content or "`): <@&" in panel.content


async def test_two_panels_at_once(simulator: Simulator, data_dir: Path) -> None:
    """A panel that was shown before another manager's change does not undo it."""
    async with running_bot(simulator, data_dir):
        older = await rules_panel(simulator)
        await switch_off(simulator, ("queue", "murals"), "Queue, Murals")
        await choose(simulator, older, "off", ("styles",), "off**: Queue, Style library, Murals")
        await choose(simulator, older, "off", ("styles", "murals"), "off**: Style library, Murals")


async def test_switched_off_as_if_it_did_not_exist(simulator: Simulator, data_dir: Path) -> None:
    """With everything off no command, menu or button does anything, and nothing is posted."""
    async with running_bot(simulator, data_dir, painter="load_by_size", limits=HASTY):
        await told(simulator, save(simulator, "Sea", "ada"))
        painted = await result_of(simulator, muralize(simulator, "ada"))
        options = {"title": "Night", "theme": "Paint it"}
        await told(simulator, command(simulator, "challenge start", "mo", options))
        await simulator.until(lambda: posted(simulator, "*Night*"))
        muralize(simulator, "ben", size="1024")
        await simulator.until(lambda: query(data_dir, "SELECT 1 FROM jobs WHERE state='painting'"))
        await switch_off(simulator, EVERYTHING, "Painting, List of own paintings, Queue, Style")
        unsettled = "SELECT 1 FROM jobs WHERE told_at IS NULL OR state = 'painting'"
        await simulator.until(lambda: not query(data_dir, unsettled))
        assert query(data_dir, "SELECT state FROM challenges")[0][0] == "cancelled"
        before = len(simulator.world.messages)

        tried: list[Interaction] = [muralize(simulator, "ada"), muralize(simulator, "mo")]
        names = (
            "paintings",
            "queue show",
            "style list",
            "challenge status",
            "challenge leaderboard",
        )
        tried += [command(simulator, name, "mo") for name in names]
        menu = Invocation("Muralize this picture", user="ada", target=str(painted.id))
        tried.append(simulator.people.invoke(menu))
        actions = ("again", "stronger", "larger", "curve", "timelapse", "enter", "delete")
        for action in actions:
            pressed = simulator.people.press(painted.id, button(painted, action), "ada")
            tried.append(pressed)
        assert [await told(simulator, one) for one in tried] == [OFF] * len(tried)
        typing = Invocation("muralize", user="ada", texts={"saved_style": "s"})
        assert await simulator.people.autocomplete(typing, "saved_style") == []
        assert len(simulator.world.messages) == before + len(tried)  # the private answers alone
        assert query(data_dir, "SELECT count(*) FROM jobs")[0][0] == 2
        assert "This deletes" in await told(simulator, command(simulator, "privacy delete"))


async def test_without_challenges_nothing_offers_them(simulator: Simulator, data_dir: Path) -> None:
    """A result has no button for what is off, and the library is not offered where it is off."""
    async with running_bot(simulator, data_dir):
        await switch_off(simulator, ("challenges", "styles"), "Style library, Challenges")
        painted = await result_of(simulator, muralize(simulator, "ada"))
        labels = [part["custom_id"] for row in painted.components for part in row["components"]]
        assert any(one.endswith(":again") for one in labels)
        assert not any(one.endswith(":enter") for one in labels)
        refused = await told(simulator, muralize(simulator, "ada", saved_style="whirling night"))
        assert "There is no saved style of that name" in refused
        await switch_off(simulator, (), "nothing")
        again = muralize(simulator, "ada", saved_style="whirling night")
        await result_of(simulator, again)


async def test_a_blocked_member(simulator: Simulator, data_dir: Path) -> None:
    """A block ends what is under way and is explained once, then in short; others may paint."""
    async with running_bot(simulator, data_dir, painter="load_slow", limits=HASTY):
        muralize(simulator, "ada")
        await simulator.until(lambda: query(data_dir, "SELECT 1 FROM jobs WHERE state='painting'"))
        options = {"member": "ada", "reason": "Spam **everywhere**", "days": "3"}
        done = await told(simulator, command(simulator, "block member", "mo", options))
        assert "is blocked until <t:" in done
        await simulator.until(lambda: query(data_dir, "SELECT 1 FROM jobs WHERE state='cancelled'"))
        refused = await told(simulator, muralize(simulator, "ada"))
        assert "The moderators of this server have closed this bot to you here until" in refused
        assert "Reason: Spam everywhere." in refused
        for name in ("queue show", "paintings", "challenge status"):
            assert await told(simulator, command(simulator, name)) == SHORT
        assert "is blocked" not in await told(simulator, command(simulator, "queue show", "ben"))
        assert "This deletes" in await told(simulator, command(simulator, "privacy delete"))
        assert "Ada" in await told(simulator, command(simulator, "block list", "mo"))
        self_block = command(simulator, "block member", "mo", {"member": "mo"})
        assert "cannot block yourself" in await told(simulator, self_block)
        owner = command(simulator, "block member", "mo", {"member": "olga"})
        assert "cannot be blocked" in await told(simulator, owner)
        itself = command(simulator, "block member", "mo", {"member": "muralscape"})
        assert "Bots cannot be blocked" in await told(simulator, itself)
        lifted = await told(simulator, command(simulator, "block lift", "mo", {"member": "ada"}))
        assert "may use this bot here again" in lifted
        assert "painting" in await told(simulator, command(simulator, "queue show"))


async def test_a_moderator_of_one_channel(simulator: Simulator, data_dir: Path) -> None:
    """Whose channel gives them Manage Messages moderates there alone, not the whole server."""
    world, atelier = simulator.world, atelier_of(simulator)
    allow = Permission.MANAGE_MESSAGES
    world.overwrite(atelier.studio, simulator.people.user("ada"), allow=allow)

    def in_studio(name: str, **texts: str) -> Interaction:
        return simulator.people.invoke(Invocation(name, user="ada", channel="studio", texts=texts))

    hold(data_dir, 5)
    async with running_bot(simulator, data_dir, limits=HASTY):
        card = await painting(simulator, muralize(simulator, "ben"))
        assert "permission Manage Messages" in await told(
            simulator, in_studio("block member", member="ben")
        )
        assert "Only the owner" in await told(simulator, in_studio("queue cancel", job="1"))
        press = simulator.people.press(card.id, button(card, "cancel"), "ada")
        assert "Only the owner" in await told(simulator, press)
        theirs = muralize(simulator, "ben", channel="studio")
        waiting = await simulator.until(lambda: theirs.original)
        await simulator.until(lambda: "Waiting" in waiting.content)
        simulator.people.press(waiting.id, button(waiting, "cancel"), "ada")
        await simulator.until(lambda: "Cancelled** by a moderator" in waiting.content)
        theirs = muralize(simulator, "ben", channel="studio")
        await simulator.until(lambda: theirs.original and "Waiting" in theirs.original.content)
        typing = Invocation("queue cancel", user="ada", channel="studio")
        (offered,) = await simulator.people.autocomplete(typing, "job")
        number = str(offered["value"])
        said = await told(simulator, in_studio("queue cancel", job=number))
        assert said == f"№ {number} is cancelled."


async def test_the_host_blocks_without_a_restart(simulator: Simulator, data_dir: Path) -> None:
    """What another process writes holds: the server's commands are refused, its paintings end."""
    guild = atelier_of(simulator).guild
    async with running_bot(simulator, data_dir, painter="load_slow", limits=HASTY):
        muralize(simulator, "ada")
        await simulator.until(lambda: query(data_dir, "SELECT 1 FROM jobs WHERE state='painting'"))
        database = Database(sqlite_url(data_dir / "muralscape.db"))
        async with database.write() as connection:
            block = Block(HOST, BlockKind.SERVER, guild.id, 0.0, reason="Not paid for")
            await BlockStore(database).put(connection, block)
        await database.close()
        await simulator.until(lambda: query(data_dir, "SELECT 1 FROM jobs WHERE state='cancelled'"))

    async with running_bot(simulator, data_dir, painter="load_slow", limits=HASTY):
        refused = await told(simulator, command(simulator, "settings show", "mo"))
        assert refused.startswith("The host of this bot has closed it to this server.")
        assert "Not paid for" in refused
        assert await told(simulator, muralize(simulator, "ben")) == SHORT


async def test_the_log(simulator: Simulator, data_dir: Path) -> None:
    """Moderators read who painted, deleted, removed and blocked, with links, each once."""
    async with running_bot(simulator, data_dir):
        await write_log(simulator)
        await told(simulator, save(simulator, "Sea", "ada"))
        options = {"title": "Night", "theme": "Paint it"}
        await told(simulator, command(simulator, "challenge start", "mo", options))
        first = await result_of(simulator, muralize(simulator, "ada"))
        second = await result_of(simulator, muralize(simulator, "ben"))
        await told(simulator, simulator.people.press(first.id, button(first, "enter"), "ada"))
        simulator.people.press(second.id, button(second, "delete"), "mo")
        options = {"member": "cleo", "reason": "Spam"}
        await told(simulator, command(simulator, "block member", "mo", options))
        await told(simulator, command(simulator, "style delete", "mo", {"name": "Sea"}))
        await simulator.until(lambda: len(log_lines(simulator)) == 5)
        lines = log_lines(simulator)
        await simulator.until(lambda: not query(data_dir, "SELECT 1 FROM log_entries"))
    ada = simulator.people.user("ada").id
    link = f"https://discord.com/channels/{first.channel.guild_id}/{first.channel.id}/{first.id}"
    assert any(f"Ada (`{ada}`) painted № 1 · {link}" in line for line in lines)
    for words in (
        "deleted the painting № 2 of Ben",
        "Mo (moderator) (`",
        "blocked Cleo",
        "Reason: Spam",
        "deleted the style Sea of Ada",
    ):
        assert any(words in line for line in lines), words


async def test_a_log_that_cannot_be_written(
    simulator: Simulator, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the bot may not write the panel says so; what happened comes to another channel."""
    world, guild = simulator.world, atelier_of(simulator).guild
    caplog.set_level(logging.WARNING)
    async with running_bot(simulator, data_dir):
        await write_log(simulator)
        (channel,) = (one for one in guild.channels.values() if one.name == "log")
        world.overwrite(channel, world.bot, deny=Permission.SEND_MESSAGES)
        await result_of(simulator, muralize(simulator, "ada"))
        await simulator.until(lambda: "its log: next try in" in caplog.text)
        shown = await told(simulator, command(simulator, "settings rules", "mo"))
        assert f"⚠️ I may not write in <#{channel.id}>" in shown
        assert query(data_dir, "SELECT 1 FROM log_entries")
    async with running_bot(simulator, data_dir):  # the entry waits in the database
        panel = await rules_panel(simulator)
        await choose(simulator, panel, "log", ("studio",), "for moderators**: <#")
        (line,) = await simulator.until(lambda: log_lines(simulator))
        assert "painted № 1" in line
        upheaval.delete_channel(
            world, next(one for one in guild.channels.values() if one.name == "studio")
        )
        await result_of(simulator, muralize(simulator, "ada"))
        panel = await rules_panel(simulator)
        assert "for moderators**: none" in panel.content
        await simulator.until(lambda: not query(data_dir, UNTOLD))
        await simulator.until(lambda: query(data_dir, "SELECT 1 FROM log_entries") == [])


async def test_an_entry_comes_once_after_a_crash(simulator: Simulator, data_dir: Path) -> None:
    """A message that was sent, but not recorded, is found in the channel and not sent again."""
    async with running_bot(simulator, data_dir):
        await write_log(simulator)
        await result_of(simulator, muralize(simulator, "ada"))
        await simulator.until(lambda: log_lines(simulator))
        (message,) = (m for m in simulator.world.messages.values() if "-# Log " in m.content)
        await simulator.until(lambda: query(data_dir, "SELECT 1 FROM log_entries") == [])
    guild = atelier_of(simulator).guild
    entry = {"deed": "painted", "actor": {"id": 1, "name": "Ada"}, "member": None}
    entry |= {"what": "№ 1", "reason": "", "place": None}
    with (
        closing(sqlite3.connect(data_dir / "muralscape.db", timeout=120)) as connection,
        connection,
    ):
        now = time.time()
        row = (1, guild.id, 1, now, json.dumps(entry), "another", now)
        connection.execute(
            "INSERT INTO log_entries (id, guild_id, actor_id, at, entry, nonce, began_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            row,
        )
    assert message.content.endswith("-# Log 1 to 1")
    async with running_bot(simulator, data_dir):
        await simulator.until(lambda: query(data_dir, "SELECT 1 FROM log_entries") == [])
    assert len(log_lines(simulator)) == 1


RED = """
import io, sys
from PIL import Image
red, green, blue = Image.open(io.BytesIO(sys.stdin.buffer.read())).getpixel((5, 5))
if red > 200 and green < 50:
    print("too red")
    sys.exit(1)
"""


async def test_the_hosts_check_of_pictures(simulator: Simulator, data_dir: Path) -> None:
    """What the host's program refuses is not painted, saved or kept; all else is as without it."""
    check = PictureCheckSettings(command=(sys.executable, "-c", RED))
    async with running_bot(simulator, data_dir, check=check) as bot:
        refused = await told(simulator, muralize(simulator, "ada"))
        assert refused == "The style picture is not allowed here: too red."
        assert bot.stored_pictures() == []
        await simulator.until(lambda: not query(data_dir, "SELECT 1 FROM requests"))
        blue = picture(colour="blue")
        await result_of(simulator, muralize(simulator, "ada", style=blue))
        red = {"picture": Upload("style.png", picture(colour="red"), "image/png")}
        saving = Invocation("style save", user="ada", texts={"name": "Red"}, files=red)
        said = await told(simulator, simulator.people.invoke(saving))
        assert said == "The picture is not allowed here: too red."
