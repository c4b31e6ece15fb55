"""What makes the simulator as strict as Discord: rate limits, bans, closed ways, slow uploads."""

import aiohttp
import discord
import pytest

from bot.simulator import DiscordLimits, Simulator
from tests.bot.clients import QuickClient, StartSimulator, running
from tests.bot.simulator.conftest import SmallBot


async def test_a_channel_takes_five_messages_in_five_seconds(
    start_simulator: StartSimulator,
) -> None:
    """The headers count down, the sixth message is refused, and after five seconds all is well."""
    simulator = await start_simulator()
    assert simulator.atelier is not None
    address = f"{simulator.api_base}/channels/{simulator.atelier.gallery.id}/messages"
    headers = {"Authorization": f"Bot {simulator.world.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def send() -> tuple[int, str]:
            async with session.post(address, json={"content": "x"}) as answer:
                return answer.status, answer.headers["X-RateLimit-Remaining"]

        left = [await send() for _ in range(6)]
        assert left == [*((200, str(number)) for number in (4, 3, 2, 1, 0)), (429, "0")]
        simulator.clock.advance(5.1)
        assert await send() == (200, "4")


async def test_ten_thousand_invalid_requests_ban_the_address(
    start_simulator: StartSimulator,
) -> None:
    """After that every request is answered by the proxy, as discord.py says in words."""
    simulator = await start_simulator(DiscordLimits(invalid_requests=3))
    assert simulator.atelier is not None
    denied = int(discord.Permissions(view_channel=True).value)
    simulator.world.overwrite(simulator.atelier.gallery, simulator.world.bot, deny=denied)
    client = QuickClient()
    async with running(client, simulator):
        channel = client.get_partial_messageable(simulator.atelier.gallery.id)
        for _ in range(3):
            with pytest.raises(discord.Forbidden):
                await channel.send("x")
        with pytest.raises(discord.HTTPException, match="1015") as caught:
            await channel.send("x")
        assert caught.value.status == 429
        simulator.clock.advance(3601)
        with pytest.raises(discord.Forbidden):
            await channel.send("x")


async def test_no_direct_message_without_a_mutual_guild(
    simulator: Simulator, bot: SmallBot
) -> None:
    """The conversation opens, but a message into it is refused with 50278."""
    assert simulator.atelier is not None
    ada = simulator.people.user("ada")
    simulator.world.leave(simulator.atelier.guild, ada)
    direct = await bot.create_dm(discord.Object(ada.id))
    with pytest.raises(discord.Forbidden) as caught:
        await direct.send("hello")
    assert caught.value.code == 50278


async def test_an_upload_takes_time(start_simulator: StartSimulator) -> None:
    """A file takes as long as its bytes at the speed of the limits."""
    simulator = await start_simulator(DiscordLimits(upload_speed=10_000.0))
    assert simulator.atelier is not None
    client = QuickClient()
    async with running(client, simulator):
        channel = client.get_partial_messageable(simulator.atelier.gallery.id)
        file = discord.File(__file__)
        await channel.send(file=file)
    (call,) = simulator.record.find("POST", "/messages$")
    assert call.seconds >= call.files[0][2] / 10_000


async def test_the_bot_as_a_whole(start_simulator: StartSimulator) -> None:
    """So many requests of all kinds in a second, but for those that answer interactions."""
    simulator = await start_simulator(DiscordLimits(global_requests=2))
    headers = {"Authorization": f"Bot {simulator.world.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def ask(path: str) -> tuple[int, str | None]:
            async with session.get(simulator.api_base + path) as answer:
                return answer.status, answer.headers.get("X-RateLimit-Global")

        assert [await ask("/users/@me") for _ in range(3)] == [
            *((200, None) for _ in range(2)),
            (429, "true"),
        ]
        webhook = f"/webhooks/{simulator.world.application_id}/none/messages/@original"
        assert (await ask(webhook))[0] == 404
