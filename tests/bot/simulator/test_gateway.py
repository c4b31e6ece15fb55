"""The gateway with the real client: log-in, intents, drops, resumes, heartbeats."""

import asyncio
import json
import time
import zlib

import aiohttp
import discord
import pytest

from bot.simulator import DiscordLimits, Invocation, Simulator
from bot.simulator.bus import Bus
from bot.simulator.model import Json
from bot.simulator.permissions import Permission
from bot.simulator.record import Heartbeat, Record
from tests.bot.clients import QuickClient, StartSimulator, pointed_at, running
from tests.bot.simulator.conftest import SmallBot
from tests.bot.simulator.test_interactions import said


def frames(simulator: Simulator, *, sent: bool, op: int) -> int:
    """How many gateway frames of this kind there were."""
    return sum(f.sent is sent and f.op == op for f in simulator.record.frames)


async def test_log_in(simulator: Simulator, bot: SmallBot) -> None:
    """The client learns who it is and which guilds, channels, roles and members there are."""
    atelier = simulator.atelier
    assert atelier is not None
    (guild,) = bot.guilds
    assert bot.user is not None
    assert bot.user.name == "muralscape"
    assert [channel.name for channel in guild.text_channels] == ["gallery", "studio"]
    assert guild.owner_id == atelier.owner.id
    assert {member.name for member in guild.members} >= {"ada", "ben", "cleo", "mo", "olga"}
    moderator = guild.get_member(atelier.moderator.id)
    assert moderator is not None
    assert moderator.guild_permissions.manage_messages
    assert guild.me.guild_permissions.attach_files


async def test_wrong_token(simulator: Simulator) -> None:
    """A wrong token is refused at log-in."""
    with pointed_at(simulator):
        client = QuickClient()
        with pytest.raises(discord.LoginFailure):
            await client.login("wrong")
        await client.close()


async def test_wrong_token_on_the_gateway(simulator: Simulator) -> None:
    """An identify with a wrong token is closed with 4004."""
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(simulator.gateway_url)
        await socket.receive_json()
        await socket.send_json({"op": 2, "d": {"token": "wrong", "intents": 0}})
        message = await socket.receive()
    assert message.type is aiohttp.WSMsgType.CLOSE
    assert message.data == 4004


async def test_intents_that_are_not_allowed(simulator: Simulator) -> None:
    """A privileged intent that is off in the portal ends the connection with 4014."""
    simulator.gateway.allowed_intents = discord.Intents.default().value
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with running(SmallBot(), simulator):
            pass


async def test_intents_are_respected(simulator: Simulator) -> None:
    """Without the content intent the text of others is empty; without messages nothing comes."""
    intents = discord.Intents(guilds=True, guild_messages=True)
    client = QuickClient(intents)
    async with running(client, simulator):
        waiting = asyncio.create_task(client.wait_for("message", timeout=120))
        await asyncio.sleep(0)
        simulator.people.post("ada", "secret")
        assert (await waiting).content == ""
    deaf = QuickClient(discord.Intents(guilds=True))
    async with running(deaf, simulator):
        before = len(simulator.record.frames)
        simulator.people.post("ada", "unheard")
        simulator.gateway.ask_to_reconnect()
        await simulator.until(lambda: frames(simulator, sent=True, op=7))
        after = list(simulator.record.frames)[before:]
    assert "MESSAGE_CREATE" not in [frame.event for frame in after]


async def test_changes_in_the_world_reach_the_client(simulator: Simulator, bot: SmallBot) -> None:
    """New guilds, channels, members and permissions are dispatched as they happen."""
    world, atelier = simulator.world, simulator.atelier
    assert atelier is not None
    zoe = world.add_user("zoe")
    second = world.add_guild("Second", zoe)
    channel = world.add_channel(second, "wall")
    world.join(second, atelier.members[0])
    world.overwrite(channel, world.bot, deny=Permission.SEND_MESSAGES)
    guild = await simulator.until(lambda: bot.get_guild(second.id))
    place = await simulator.until(lambda: guild.get_channel(channel.id))
    assert isinstance(place, discord.TextChannel)
    await simulator.until(lambda: not place.permissions_for(guild.me).send_messages)
    await simulator.until(lambda: guild.get_member(atelier.members[0].id))
    world.leave(second, world.bot)
    await simulator.until(lambda: bot.get_guild(second.id) is None)


async def test_resume_after_a_cut(simulator: Simulator, bot: SmallBot) -> None:
    """After a cut the client resumes and is given what it missed, once."""
    simulator.gateway.drop()
    await simulator.until(lambda: not simulator.gateway.connected)
    simulator.people.post("ada", "while you were away")
    simulator.people.invoke(Invocation("whisper", user="ada"))
    await asyncio.wait_for(bot.resumed.wait(), 120)
    await simulator.until(lambda: said(simulator, "psst"))
    assert len(bot.posted) == 1
    assert frames(simulator, sent=False, op=2) == 1
    assert frames(simulator, sent=False, op=6) == 1


@pytest.mark.parametrize("code", [1000, 4000])
async def test_resume_after_a_close(simulator: Simulator, bot: SmallBot, code: int) -> None:
    """A close by Discord leaves the session to be resumed."""
    await simulator.gateway.close(code)
    await asyncio.wait_for(bot.resumed.wait(), 120)


async def test_resume_when_asked(simulator: Simulator, bot: SmallBot) -> None:
    """Opcode 7 makes the client reconnect and resume."""
    simulator.gateway.ask_to_reconnect()
    await asyncio.wait_for(bot.resumed.wait(), 120)


async def test_invalid_session(simulator: Simulator, bot: SmallBot) -> None:
    """Opcode 9 makes the client identify anew, on the same gateway, and go on working."""
    simulator.gateway.invalidate()
    await simulator.until(lambda: frames(simulator, sent=False, op=2) == 2)
    await simulator.until(lambda: simulator.gateway.connected)
    simulator.people.invoke(Invocation("whisper", user="ada"))
    await simulator.until(lambda: said(simulator, "psst"))


async def test_resume_of_a_forgotten_session(simulator: Simulator, bot: SmallBot) -> None:
    """A resume that Discord no longer knows is answered with opcode 9, and identify follows."""
    simulator.gateway.forget()
    simulator.gateway.drop()
    await simulator.until(lambda: frames(simulator, sent=False, op=2) == 2)
    assert frames(simulator, sent=False, op=6) == 1


async def test_clean_exit_ends_the_session(simulator: Simulator) -> None:
    """A client that closes with 1000 cannot be resumed, and Discord shows it offline."""
    async with running(SmallBot(), simulator):
        assert simulator.gateway.connected
    await simulator.until(lambda: not simulator.gateway.connected)


async def test_interactions_go_to_the_newest_session(simulator: Simulator, bot: SmallBot) -> None:
    """With two processes logged in only the newer one gets a command."""
    second = SmallBot()
    async with running(second, simulator):
        bot.release.set()
        second.release.set()
        simulator.people.invoke(Invocation("think"))
        await simulator.until(lambda: said(simulator, "thought"))
    assert bot.seen == []
    assert len(second.seen) == 1


async def test_heartbeats_are_timed(start_simulator: StartSimulator) -> None:
    """Heartbeats come at the asked interval, and none is a minute late."""
    simulator = await start_simulator(DiscordLimits(heartbeat_interval=0.3))
    begun = time.monotonic()
    async with running(SmallBot(), simulator):
        beats = simulator.record.heartbeats
        await simulator.until(lambda: len(beats) >= 4)
    # The first comes at once, in answer to hello; the client waits before each of the others.
    assert beats[3].at - begun >= 3 * 0.3
    assert simulator.record.late_heartbeats(60) == []


def test_late_heartbeats() -> None:
    """Those that came later than a tolerance after they were due are listed."""
    record = Record(Bus())
    late = Heartbeat(at=2.0, gap=1.5, interval=0.3)
    record.heartbeats += [Heartbeat(at=0.5, gap=0.5, interval=0.3), late]
    assert record.late_heartbeats(1.0) == [late]


async def test_a_silent_gateway(simulator: Simulator, bot: SmallBot) -> None:
    """A gateway that fell silent delivers nothing; the member is told that nobody answered."""
    simulator.limits.response_deadline = 0.1
    simulator.gateway.fall_silent()
    interaction = simulator.people.invoke(Invocation("whisper"))
    await simulator.until(lambda: interaction.state == "failed")


async def test_members_by_request(simulator: Simulator, bot: SmallBot) -> None:
    """Opcode 8 finds members by prefix and by id."""
    (guild,) = bot.guilds
    assert [m.name for m in await guild.query_members("c", limit=5)] == ["cleo"]
    ada = simulator.world.find_user("ada")
    assert [m.name for m in await guild.query_members(user_ids=[ada.id])] == ["ada"]


async def _hello_and_ready(simulator: Simulator, compress: str) -> list[bytes]:
    """The first two binary frames of a connection with this transport."""
    async with aiohttp.ClientSession() as session:
        url = f"{simulator.gateway_url}/?v=10&encoding=json&compress={compress}"
        socket = await session.ws_connect(url)
        first = await socket.receive_bytes()
        token = simulator.world.token
        await socket.send_json({"op": 2, "d": {"token": token, "intents": 0}})
        second = await socket.receive_bytes()
        await socket.close()
    return [first, second]


async def test_zlib_stream(simulator: Simulator) -> None:
    """With zlib-stream all messages are one stream with a flush after each."""
    received = await _hello_and_ready(simulator, "zlib-stream")
    stream = zlib.decompressobj()
    hello, ready = (json.loads(stream.decompress(frame)) for frame in received)
    assert all(frame.endswith(b"\0\0\xff\xff") for frame in received)
    assert (hello["op"], ready["t"]) == (10, "READY")


async def test_zstd_stream(simulator: Simulator) -> None:
    """With zstd-stream all messages are one frame with a block for each."""
    zstandard = pytest.importorskip("zstandard")
    received = await _hello_and_ready(simulator, "zstd-stream")
    stream = zstandard.ZstdDecompressor().decompressobj()
    hello, ready = (json.loads(stream.decompress(frame)) for frame in received)
    assert (hello["op"], ready["t"]) == (10, "READY")


@pytest.mark.parametrize(
    ("frame", "code"),
    [("no json", 4002), ('{"op": 8, "d": {}}', 4003), ('{"op": 99, "d": null}', 4003)],
)
async def test_bad_frames(simulator: Simulator, frame: str, code: int) -> None:
    """Frames that make no sense close the connection with Discord's code for it."""
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(simulator.gateway_url)
        hello: Json = await socket.receive_json()
        assert hello["d"]["heartbeat_interval"] == 41250
        await socket.send_str(frame)
        assert (await socket.receive()).data == code
