"""The REST API with the real client: messages, refusals, limits and faults."""

import asyncio
import io
import time

import aiohttp
import discord
import pytest

from bot.simulator import DiscordLimits, Invocation, Simulator
from bot.simulator.clock import Clock
from bot.simulator.permissions import Permission
from tests.bot.clients import patient, running
from tests.bot.simulator.conftest import SmallBot


def gallery(bot: SmallBot) -> discord.TextChannel:
    """The first channel of the guild."""
    return bot.guilds[0].text_channels[0]


def picture(size: int = 10, name: str = "a.png") -> discord.File:
    """A file of so many bytes."""
    return discord.File(io.BytesIO(bytes(size)), name)


async def test_post_edit_delete(simulator: Simulator, bot: SmallBot) -> None:
    """A message is posted with a file, read back, edited, and deleted."""
    message = await gallery(bot).send("hello", file=picture())
    (read,) = [m async for m in gallery(bot).history()]
    assert (read.content, read.attachments[0].filename) == ("hello", "a.png")
    assert await read.attachments[0].read() == bytes(10)
    edited = await message.edit(content="goodbye", attachments=[])
    assert edited.attachments == []
    assert simulator.people.messages("ada")[0]["content"] == "goodbye"
    await message.delete()
    assert simulator.people.messages("ada") == []
    with pytest.raises(discord.NotFound):
        await gallery(bot).fetch_message(message.id)


async def test_history_pages(simulator: Simulator, bot: SmallBot) -> None:
    """History comes newest first and can be read in pages before and after a message."""
    sent = [await gallery(bot).send(str(number)) for number in range(5)]
    before = [m.content async for m in gallery(bot).history(before=sent[3], limit=2)]
    after = [m.content async for m in gallery(bot).history(after=sent[1], oldest_first=True)]
    assert before == ["2", "1"]
    assert after == ["2", "3", "4"]


async def test_reply(simulator: Simulator, bot: SmallBot) -> None:
    """A reply carries what it replies to; a reply to nothing is refused unless it may be."""
    posted = simulator.people.post("ada", "look")
    message = await gallery(bot).fetch_message(posted.id)
    answer = await message.reply("nice")
    assert answer.reference is not None
    resolved = answer.reference.resolved
    assert isinstance(resolved, discord.Message)
    assert resolved.content == "look"
    simulator.people.delete(posted.id, "ada")
    with pytest.raises(discord.HTTPException) as caught:
        await message.reply("where are you?")
    assert caught.value.code == 50035
    reference = message.to_reference(fail_if_not_exists=False)
    assert (await gallery(bot).send("anyway", reference=reference)).reference is None


async def test_mentions(simulator: Simulator, bot: SmallBot) -> None:
    """Only those whom allowed_mentions lets through are pinged."""
    ada, ben = (simulator.world.find_user(name) for name in ("ada", "ben"))
    text = f"<@{ada.id}> <@{ben.id}> @everyone"
    only_ada = discord.AllowedMentions(everyone=False, users=[discord.Object(ada.id)])
    message = await gallery(bot).send(text, allowed_mentions=only_ada)
    assert [user.name for user in message.mentions] == ["ada"]
    assert not message.mention_everyone


async def test_layout_components(simulator: Simulator, bot: SmallBot) -> None:
    """A components-v2 message shows its files by the addresses they were given."""

    class Card(discord.ui.LayoutView):
        text = discord.ui.TextDisplay[discord.ui.LayoutView]("**Mural**")
        box = discord.ui.Container[discord.ui.LayoutView](
            discord.ui.MediaGallery(discord.MediaGalleryItem("attachment://a.png")),
            discord.ui.Separator(),
            discord.ui.File("attachment://a.png"),
            discord.ui.Section("side", accessory=discord.ui.Thumbnail("attachment://a.png")),
            discord.ui.ActionRow(discord.ui.Button(label="Again", custom_id="again")),
        )

    message = await gallery(bot).send(view=Card(timeout=1), file=picture())
    (shown,) = simulator.people.messages("ada")
    address = shown["attachments"][0]["url"].split("?")[0]
    _, box = shown["components"]
    assert box["components"][0]["items"][0]["media"]["url"].startswith(address)
    assert (box["components"][2]["name"], box["components"][2]["size"]) == ("a.png", 10)
    assert message.flags.components_v2
    with pytest.raises(discord.HTTPException) as caught:
        await message.edit(content="text does not go with that")
    assert caught.value.code == 50035


async def test_nonce(simulator: Simulator, bot: SmallBot) -> None:
    """A message sent twice with one enforced nonce is one message, until some minutes later."""
    first = await gallery(bot).send("once", nonce="job-1")
    again = await gallery(bot).send("once", nonce="job-1")
    assert again.id == first.id
    assert len(simulator.people.messages("ada")) == 1
    simulator.clock.advance(simulator.limits.nonce_window + 1)
    assert (await gallery(bot).send("once", nonce="job-1")).id != first.id


async def test_upload_limit(simulator: Simulator, bot: SmallBot) -> None:
    """A file over the limit is refused with 413 and 40005; a boosted guild takes more."""
    simulator.limits.accepted_upload = 1000
    with pytest.raises(discord.HTTPException) as caught:
        await gallery(bot).send(file=picture(1001))
    assert (caught.value.status, caught.value.code) == (413, 40005)
    assert simulator.people.messages("ada") == []
    assert simulator.atelier is not None
    simulator.atelier.guild.upload_limit = 2000
    await gallery(bot).send(file=picture(1001))


@pytest.mark.parametrize(
    ("denied", "code"),
    [
        (Permission.SEND_MESSAGES, 50013),
        (Permission.ATTACH_FILES, 50013),
        (Permission.VIEW_CHANNEL, 50001),
    ],
)
async def test_denied_in_the_channel(
    simulator: Simulator, bot: SmallBot, denied: Permission, code: int
) -> None:
    """What the channel denies the bot is refused with 403 and Discord's code."""
    assert simulator.atelier is not None
    channel = gallery(bot)
    simulator.world.overwrite(simulator.atelier.gallery, simulator.world.bot, deny=denied)
    with pytest.raises(discord.Forbidden) as caught:
        await channel.send("hello", file=picture())
    assert caught.value.code == code


async def test_direct_messages(simulator: Simulator, bot: SmallBot) -> None:
    """A direct message reaches its member alone; closed ones are refused with 50007."""
    ada = simulator.world.find_user("ada")
    user = await bot.fetch_user(ada.id)
    await user.send("for you")
    assert [m["content"] for m in simulator.people.messages("ada")] == ["for you"]
    assert simulator.people.messages("ben") == []
    ada.dms_open = False
    with pytest.raises(discord.Forbidden) as caught:
        await user.send("and again")
    assert caught.value.code == 50007


class StillClock(Clock):
    """Stands still until it is moved."""

    def __init__(self) -> None:
        super().__init__()
        self._now = time.time()

    def __call__(self) -> float:
        """The time now."""
        return self._now + self._ahead


async def test_old_messages_take_few_edits() -> None:
    """Over an hour later a few edits pass; then 30046 comes as a 429, which discord.py obeys."""
    limits, bot = DiscordLimits(old_message_edits=1, old_message_window=0.1), SmallBot()
    simulator = Simulator(limits=patient(limits), clock=StillClock())
    async with simulator, running(bot, simulator):
        message = await gallery(bot).send("0")
        await message.edit(content="1")
        simulator.clock.advance(3601)
        await message.edit(content="2")
        editing = asyncio.create_task(message.edit(content="3"))
        await simulator.until(lambda: simulator.record.find("PATCH", status=429))
        simulator.clock.advance(1)
        await editing
    refused = simulator.record.find("PATCH", status=429)
    assert {call.answer["code"] for call in refused} == {30046}
    assert simulator.people.messages("ada")[0]["content"] == "3"


async def test_nobody_elses_message(simulator: Simulator, bot: SmallBot) -> None:
    """The bot may not edit a member's message, and deletes it only with the right to."""
    posted = simulator.people.post("ada", "mine")
    message = await gallery(bot).fetch_message(posted.id)
    with pytest.raises(discord.Forbidden) as caught:
        await message.edit(content="yours")
    assert caught.value.code == 50005
    with pytest.raises(discord.Forbidden) as caught:
        await message.delete()
    assert caught.value.code == 50013


async def test_rate_limit(simulator: Simulator, bot: SmallBot) -> None:
    """A 429 carries Retry-After, and discord.py comes back after it."""
    simulator.faults.rate_limit(0.1, path="/messages$")
    begun = time.perf_counter()
    await gallery(bot).send("patient")
    assert time.perf_counter() - begun >= 0.1
    assert [c.status for c in simulator.record.find("POST", "/messages$")] == [429, 200]


async def test_global_rate_limit(simulator: Simulator, bot: SmallBot) -> None:
    """A global 429 holds back requests to other routes too."""
    simulator.faults.rate_limit(1.0, is_global=True, path="/messages$")
    sending = asyncio.create_task(gallery(bot).send("patient"))
    # the client has read the answer
    await simulator.until(lambda: not bot.http._global_over.is_set())
    await bot.fetch_user(simulator.world.bot.id)
    await sending
    (limited,) = simulator.record.find(status=429)
    (fetched,) = simulator.record.find("GET", "^/users/\\d+$")
    assert fetched.started - limited.started >= 1.0


async def test_bucket(simulator: Simulator, bot: SmallBot) -> None:
    """A rate limit that is told in the headers is kept by discord.py without a single 429."""
    simulator.faults.bucket(2, 0.2, method="POST", path="/messages$")
    begun = time.perf_counter()
    for number in range(4):
        await gallery(bot).send(str(number))
    assert time.perf_counter() - begun >= 0.15
    assert simulator.record.find(status=429) == []


async def test_every_second_call_fails(simulator: Simulator, bot: SmallBot) -> None:
    """A 503 on every second request; those between pass."""
    fault = simulator.faults.fail(503, path="/messages$", every=2)
    results = [await _status(gallery(bot)) for _ in range(4)]
    assert results == [200, 503, 200, 503]
    simulator.faults.lift(fault)
    assert [await _status(gallery(bot)) for _ in range(2)] == [200, 200]


async def _status(channel: discord.TextChannel) -> int:
    try:
        await channel.send("x")
    except discord.HTTPException as error:
        return error.status
    return 200


async def test_lost_answer(simulator: Simulator, bot: SmallBot) -> None:
    """An answer can be lost after the message was posted; the nonce makes the retry harmless."""
    simulator.faults.fail(502, path="/messages$", times=1, after=True)
    await gallery(bot).send("once", nonce="job-2")
    assert [c.status for c in simulator.record.find("POST", "/messages$")] == [502, 200]
    assert len(simulator.people.messages("ada")) == 1


async def test_hang_up(simulator: Simulator, bot: SmallBot) -> None:
    """A connection that is closed without an answer is an error of the network."""
    simulator.faults.hang_up(path="/messages$")
    with pytest.raises(aiohttp.ClientError):
        await gallery(bot).send("hello?")


async def test_slow(simulator: Simulator, bot: SmallBot) -> None:
    """An answer can be made to take its time."""
    simulator.faults.slow(0.1, path="/messages$", times=1)
    begun = time.perf_counter()
    await gallery(bot).send("slow")
    assert time.perf_counter() - begun >= 0.1


async def test_record_has_no_tokens(simulator: Simulator, bot: SmallBot) -> None:
    """What is kept for the traffic drawer has neither the bot's token nor an interaction's."""
    interaction = simulator.people.invoke(Invocation("whisper"))
    await simulator.until(lambda: simulator.record.find("POST", "/webhooks/"))
    everything = repr((list(simulator.record.calls), list(simulator.record.frames)))
    assert interaction.token not in everything
    assert simulator.world.token not in everything


async def test_commands_are_kept_when_unchanged(simulator: Simulator, bot: SmallBot) -> None:
    """A second sync keeps ids and versions; one that leaves a command out removes it."""
    first = {c.name: c.id for c in await bot.tree.fetch_commands()}
    versions = [c["version"] for c in simulator.commands.listed(None)]
    assert {c.name: c.id for c in await bot.tree.sync()} == first
    assert [c["version"] for c in simulator.commands.listed(None)] == versions
    bot.tree.remove_command("slow")
    await bot.tree.sync()
    assert {c.name for c in await bot.tree.fetch_commands()} == first.keys() - {"slow"}


async def test_commands_of_a_guild(simulator: Simulator, bot: SmallBot) -> None:
    """A guild's commands are its own, one at a time as well."""
    guild = bot.guilds[0]
    bot.tree.copy_global_to(guild=guild)
    synced = await bot.tree.sync(guild=guild)
    assert {c.guild_id for c in synced} == {guild.id}
    command = await bot.tree.fetch_command(synced[0].id, guild=guild)
    await command.edit(description="Renewed")
    assert (await bot.tree.fetch_command(command.id, guild=guild)).description == "Renewed"
    await command.delete()
    assert command.id not in {c.id for c in await bot.tree.fetch_commands(guild=guild)}


async def test_roles(simulator: Simulator, bot: SmallBot) -> None:
    """The bot gives a role when it may manage roles, and is refused otherwise."""
    assert simulator.atelier is not None
    world, guild = simulator.world, simulator.atelier.guild
    winner = world.add_role(guild, "Winner")
    member = bot.guilds[0].get_member(world.find_user("ada").id)
    assert member is not None
    with pytest.raises(discord.Forbidden):
        await member.add_roles(discord.Object(winner.id))
    world.join(guild, world.bot, [world.add_role(guild, "Staff", Permission.MANAGE_ROLES)])
    await member.add_roles(discord.Object(winner.id))
    assert winner.id in guild.members[member.id].roles


async def test_fetching(simulator: Simulator, bot: SmallBot) -> None:
    """Guilds, channels, members and roles can be asked for, and unknown ids are 404."""
    assert simulator.atelier is not None
    guild = await bot.fetch_guild(simulator.atelier.guild.id)
    assert {c.name for c in await guild.fetch_channels()} == {"gallery", "studio"}
    assert "Moderators" in {r.name for r in await guild.fetch_roles()}
    assert (await guild.fetch_member(simulator.atelier.owner.id)).name == "olga"
    assert len([m async for m in guild.fetch_members()]) == 6
    assert len([g async for g in bot.fetch_guilds()]) == 1
    async with gallery(bot).typing():
        pass
    with pytest.raises(discord.NotFound):
        await bot.fetch_channel(1)
    with pytest.raises(discord.NotFound):
        await bot.fetch_user(1)
