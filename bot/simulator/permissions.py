"""Permission bits and how roles and channel overwrites add up."""

from collections.abc import Iterable
from enum import IntFlag

from bot.simulator.model import Channel, Guild, Member


class Permission(IntFlag):
    """The bits of Discord's permission field that the simulator uses."""

    CREATE_INSTANT_INVITE = 1 << 0
    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CONNECT = 1 << 20
    CHANGE_NICKNAME = 1 << 26
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    SEND_MESSAGES_IN_THREADS = 1 << 38
    MODERATE_MEMBERS = 1 << 40
    USE_EXTERNAL_APPS = 1 << 50


ALL = (1 << 53) - 1  # the owner's and an administrator's value: every bit a JSON number can hold

EVERYONE = (
    Permission.CREATE_INSTANT_INVITE
    | Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.CHANGE_NICKNAME
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.CONNECT
    | Permission.USE_EXTERNAL_APPS
)

MODERATOR = (
    Permission.KICK_MEMBERS
    | Permission.BAN_MEMBERS
    | Permission.MANAGE_MESSAGES
    | Permission.MANAGE_GUILD
    | Permission.MODERATE_MEMBERS
    | Permission.MENTION_EVERYONE
)


def in_guild(guild: Guild, member: Member) -> int:
    """The permissions of `member` in `guild`, without channel overwrites."""
    if member.user.id == guild.owner_id:
        return ALL
    held = guild.roles[guild.id].permissions  # @everyone has the guild's own id
    for role_id in member.roles:
        held |= guild.roles[role_id].permissions
    return ALL if held & Permission.ADMINISTRATOR else held


def in_channel(guild: Guild, channel: Channel, member: Member) -> int:
    """A member's permissions in `channel`: @everyone's overwrite, then roles', then their own.

    Those in a thread are its channel's. Without CONNECT a voice channel is as closed as without
    VIEW_CHANNEL.
    """
    held = in_guild(guild, member)
    if held == ALL:
        return held
    if channel.type.thread:
        channel = guild.channels[channel.parent_id or 0]
    for layer in ([guild.id], member.roles, [member.user.id]):
        held = _overwritten(held, channel, layer)
    # Without permission to view a channel, no other permission in it counts.
    needed = Permission.VIEW_CHANNEL | (Permission.CONNECT if channel.type.voice else 0)
    return held if held & needed == needed else 0


def to_send(channel: Channel) -> Permission:
    """The permission to send messages to `channel`."""
    thread = channel.type.thread
    return Permission.SEND_MESSAGES_IN_THREADS if thread else Permission.SEND_MESSAGES


def _overwritten(held: int, channel: Channel, targets: Iterable[int]) -> int:
    allow = deny = 0
    for target in targets:
        overwrite = channel.overwrites.get(target)
        if overwrite is not None:
            allow |= overwrite.allow
            deny |= overwrite.deny
    return (held & ~deny) | allow
