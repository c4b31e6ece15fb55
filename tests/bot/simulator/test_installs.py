"""An application that only a user has installed."""

import discord
import pytest

from bot.simulator import Invocation, Permission, Simulator
from bot.simulator.model import Interaction
from tests.bot.simulator.conftest import SmallBot


async def asked(simulator: Simulator, bot: SmallBot) -> discord.Interaction:
    """Run a command in a guild without the bot; give what the bot receives."""
    simulator.people.invoke(Invocation("think", user="zoe", channel="chat"))
    return await simulator.until(lambda: next(iter(bot.seen), None))


async def test_installed_by_a_user(simulator: Simulator, bot: SmallBot) -> None:
    """Five follow-ups, no message in the channel, and in private where external apps are denied."""
    world = simulator.world
    zoe = world.add_user("zoe")
    guild = world.add_guild("Elsewhere", world.add_user("otto"), with_bot=False)
    channel = world.add_channel(guild, "chat")
    world.join(guild, zoe)
    world.installers.add(zoe.id)
    simulator.commands.change(simulator.commands.named("think"), {"integration_types": [0, 1]})

    interaction = await asked(simulator, bot)
    assert interaction.is_user_integration()
    assert not interaction.is_guild_integration()
    with pytest.raises(discord.Forbidden):
        await bot.get_partial_messageable(channel.id).send("hello")
    await interaction.edit_original_response(content="thought")
    for _ in range(5):
        await interaction.followup.send("more", wait=True)
    with pytest.raises(discord.HTTPException) as refused:
        await interaction.followup.send("too much", wait=True)
    assert refused.value.code == 40094

    everyone = guild.roles[guild.id]
    everyone.permissions &= ~int(Permission.USE_EXTERNAL_APPS)
    bot.seen.clear()
    await asked(simulator, bot)
    last: Interaction = list(simulator.interactions.by_id.values())[-1]
    await simulator.until(lambda: last.original)
    assert last.original is not None
    assert last.original.ephemeral_to == zoe.id
    bot.release.set()
