"""The installations of the application, in guilds and by users, and where they allow commands."""

from enum import IntEnum

from bot.simulator.model import Channel, ChannelType, Command, Interaction, Message, User
from bot.simulator.permissions import Permission
from bot.simulator.world import World


class Install(IntEnum):
    """The kinds of installation."""

    GUILD = 0
    USER = 1


def owners_of(world: World, user: User, channel: Channel, command: Command) -> dict[str, str]:
    """The installations that let `user` run `command` in `channel`; empty when none does.

    https://discord.com/developers/docs/interactions/receiving-and-responding
    #interaction-object-authorizing-integration-owners-object
    """
    contexts, types = command.definition["contexts"], command.definition["integration_types"]
    context = channel.type.context
    if contexts is not None and context not in contexts:
        return {}
    owners = {}
    if Install.GUILD in types and _in_reach(world, user, channel):
        owners[str(Install.GUILD.value)] = str(channel.guild_id or 0)
    if Install.USER in types and user.id in world.installers:
        owners[str(Install.USER.value)] = str(user.id)
    return owners


def owners_of_message(world: World, channel: Channel, message: Message | None) -> dict[str, str]:
    """The installations for a press under a message: the guild's, and that of its interaction."""
    owners = dict(message.interaction.owners) if message and message.interaction else {}
    guild = world.guild_of(channel)
    if guild is None:
        return owners or {"0": "0"}
    if world.bot.id in guild.members:
        return {**owners, "0": str(guild.id)}
    return {install: owner for install, owner in owners.items() if install != "0"}


def must_be_hidden(world: World, interaction: Interaction) -> bool:
    """Whether the answers in a guild are ephemeral.

    They are where only the user has installed the application, and may not use such applications
    in public there.
    """
    channel = interaction.channel
    if channel.guild_id is None or not interaction.by_user_alone:
        return False
    return not world.permissions(interaction.user, channel) & Permission.USE_EXTERNAL_APPS


def _in_reach(world: World, user: User, channel: Channel) -> bool:
    """Whether a guild's installation counts: in that guild, and in the bot's own conversations."""
    guild = world.guild_of(channel)
    if guild is not None:
        return world.bot.id in guild.members
    return channel.type is ChannelType.DM and any(
        {user.id, world.bot.id} <= guild.members.keys() for guild in world.guilds.values()
    )
