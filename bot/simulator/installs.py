"""Where the application is installed, in a guild or by a user, and what that allows where."""

from enum import IntEnum

from bot.simulator.model import Channel, ChannelType, Command, Message, User
from bot.simulator.permissions import Permission
from bot.simulator.world import World


class Context(IntEnum):
    """Where an interaction happens."""

    GUILD = 0
    BOT_DM = 1
    PRIVATE_CHANNEL = 2  # groups, and direct conversations of others


class Install(IntEnum):
    """The kinds of installation."""

    GUILD = 0
    USER = 1


def context_of(channel: Channel) -> Context:
    """The context of an interaction in a channel."""
    kinds = {ChannelType.DM: Context.BOT_DM, ChannelType.GROUP_DM: Context.PRIVATE_CHANNEL}
    return kinds.get(channel.type, Context.GUILD)


def owners_of(world: World, user: User, channel: Channel, command: Command) -> dict[str, str]:
    """The installations that let `user` run `command` in `channel`; empty when none does.

    https://discord.com/developers/docs/interactions/receiving-and-responding
    #interaction-object-authorizing-integration-owners-object
    """
    contexts, types = command.definition["contexts"], command.definition["integration_types"]
    context = context_of(channel)
    if contexts is not None and context not in contexts:
        return {}
    owners = {}
    if Install.GUILD in types and _in_reach(world, user, channel, context):
        owners[str(Install.GUILD.value)] = str(channel.guild_id or 0)
    if Install.USER in types and user.id in world.installers:
        owners[str(Install.USER.value)] = str(user.id)
    return owners


def owners_of_message(world: World, channel: Channel, message: Message | None) -> dict[str, str]:
    """The installations for a press under a message: the guild's, and of whoever made it appear."""
    owners = dict(message.interaction.owners) if message and message.interaction else {}
    guild = world.guild_of(channel)
    if guild is None:
        return owners or {"0": "0"}
    if world.bot.id in guild.members:
        return {**owners, "0": str(guild.id)}
    return {install: owner for install, owner in owners.items() if install != "0"}


def is_from_user_alone(owners: dict[str, str]) -> bool:
    """Whether only a user's installation allows an interaction."""
    return "0" not in owners and "1" in owners


def must_be_hidden(world: World, user: User, channel: Channel, owners: dict[str, str]) -> bool:
    """Whether the answers in a guild without the bot are ephemeral, as its members may not use
    the applications that they installed themselves in public."""
    if channel.guild_id is None or not is_from_user_alone(owners):
        return False
    return not world.permissions(user, channel) & Permission.USE_EXTERNAL_APPS


def _in_reach(world: World, user: User, channel: Channel, context: Context) -> bool:
    """Whether a guild's installation counts: in that guild, and in the bot's own conversations."""
    if context is Context.GUILD:
        guild = world.guild_of(channel)
        return guild is not None and world.bot.id in guild.members
    return context is Context.BOT_DM and any(
        {user.id, world.bot.id} <= guild.members.keys() for guild in world.guilds.values()
    )
