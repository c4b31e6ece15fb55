"""Changes that take something from a guild: bans, deleted channels and roles, outages."""

from bot.simulator.bus import ChannelChanged, GuildChanged, RoleDeleted
from bot.simulator.model import Channel, ChannelType, Guild, Role, User
from bot.simulator.world import World


def ban(world: World, guild: Guild, user: User) -> None:
    """Remove `user` from `guild` so that they cannot come back."""
    world.leave(guild, user)
    guild.banned.add(user.id)


def delete_channel(world: World, channel: Channel) -> None:
    """Delete a guild's channel or thread, with its threads and all messages in them."""
    guild = world.guilds[channel.guild_id or 0]
    for thread in [one for one in guild.threads.values() if one.parent_id == channel.id]:
        delete_channel(world, thread)
    (guild.threads if channel.type.thread else guild.channels).pop(channel.id)
    for message in [one for one in world.messages.values() if one.channel is channel]:
        del world.messages[message.id]
    world.bus.publish(ChannelChanged("delete", channel))


def delete_role(world: World, guild: Guild, role: Role) -> None:
    """Delete a role; members and channels lose it."""
    del guild.roles[role.id]
    for member in guild.members.values():
        member.roles = [held for held in member.roles if held != role.id]
    for channel in guild.channels.values():
        channel.overwrites.pop(role.id, None)
    world.bus.publish(RoleDeleted(guild, role.id))


def begin_outage(world: World, guild: Guild) -> None:
    """Make a guild unavailable, as an outage at Discord does."""
    guild.unavailable = True
    world.bus.publish(GuildChanged("unavailable", guild))


def end_outage(world: World, guild: Guild) -> None:
    """Make a guild available again."""
    guild.unavailable = False
    world.bus.publish(GuildChanged("available", guild))


def group_of(world: World, *users: User) -> Channel:
    """Open a group conversation; the bot is never in one."""
    channel = Channel(world.snowflake(), ChannelType.GROUP_DM, "", recipients=[*users])
    channel.owner_id = users[0].id
    world.dms[channel.id] = channel
    return channel


def is_reachable(world: World, user: User) -> bool:
    """Whether the bot may send `user` direct messages: both are in a guild, or it is installed."""
    shared = any({user.id, world.bot.id} <= guild.members.keys() for guild in world.guilds.values())
    return shared or user.id in world.installers
