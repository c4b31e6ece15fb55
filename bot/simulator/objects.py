"""Discord's JSON objects for accounts, roles, members, channels and guilds."""

from bot.simulator.clock import timestamp
from bot.simulator.model import (
    Channel,
    ChannelType,
    Emoji,
    Guild,
    Json,
    Member,
    Role,
    Sticker,
    User,
    hash_of,
)

# Fields of a guild that the simulator never changes.
_UNSET = (
    "icon",
    "description",
    "home_header",
    "splash",
    "discovery_splash",
    "banner",
    "application_id",
    "afk_channel_id",
    "system_channel_id",
    "widget_channel_id",
    "max_presences",
    "vanity_url_code",
    "rules_channel_id",
    "safety_alerts_channel_id",
    "public_updates_channel_id",
    "incidents_data",
)
_ZERO = (
    "system_channel_flags",
    "verification_level",
    "default_message_notifications",
    "mfa_level",
    "explicit_content_filter",
    "premium_tier",
    "premium_subscription_count",
    "nsfw_level",
)


def user_object(user: User) -> Json:
    """A user."""
    base: Json = {
        "id": str(user.id),
        "username": user.username,
        "global_name": user.global_name,
        "discriminator": "0",
        "avatar": hash_of(user.avatar),
        "avatar_decoration_data": None,
        "banner": None,
        "accent_color": None,
        "collectibles": None,
        "primary_guild": None,
        "flags": 0,
        "public_flags": 0,
    }
    return {**base, "bot": True} if user.bot else base


def role_object(role: Role) -> Json:
    """A role."""
    colors = {"primary_color": role.color, "secondary_color": None, "tertiary_color": None}
    base: Json = {
        "id": str(role.id),
        "name": role.name,
        "permissions": str(int(role.permissions)),
        "position": role.position,
        "color": role.color,
        "colors": colors,
        "hoist": False,
        "managed": role.managed_by is not None,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
    return {**base, "tags": {"bot_id": str(role.managed_by)}} if role.managed_by else base


def member_object(member: Member, *, with_user: bool = True) -> Json:
    """A guild member."""
    base: Json = {
        "roles": [str(role) for role in member.roles],
        "nick": member.nick,
        "joined_at": None if member.joined is None else timestamp(member.joined),
        "premium_since": None,
        "communication_disabled_until": None,
        "avatar": hash_of(member.avatar),
        "banner": None,
        "pending": False,
        "deaf": False,
        "mute": False,
        "flags": 0,
    }
    return {**base, "user": user_object(member.user)} if with_user else base


def channel_object(channel: Channel) -> Json:
    """A guild's channel or thread, or a direct conversation."""
    last = None if channel.last_message_id is None else str(channel.last_message_id)
    base: Json = {
        "id": str(channel.id),
        "type": channel.type.value,
        "last_message_id": last,
        "flags": 0,
    }
    if channel.type is ChannelType.DM:
        return {**base, "recipients": [user_object(user) for user in channel.recipients]}
    if channel.type is ChannelType.GROUP_DM:
        people = [user_object(user) for user in channel.recipients]
        group = {"name": None, "icon": None, "owner_id": str(channel.owner_id)}
        return {**base, **group, "recipients": people}
    if channel.type.thread:
        return {**base, **_thread_fields(channel)}
    overwrites = [
        {
            "id": str(target),
            "type": 0 if overwrite.is_role else 1,
            "allow": str(int(overwrite.allow)),
            "deny": str(int(overwrite.deny)),
        }
        for target, overwrite in channel.overwrites.items()
    ]
    return {
        **base,
        "guild_id": str(channel.guild_id),
        "name": channel.name,
        "topic": channel.topic,
        "position": channel.position,
        "permission_overwrites": overwrites,
        "parent_id": None if channel.parent_id is None else str(channel.parent_id),
        "nsfw": channel.nsfw,
        "rate_limit_per_user": 0,
        **_fields_of_kind(channel),
    }


def _fields_of_kind(channel: Channel) -> Json:
    if channel.type.voice:
        return {"bitrate": 64_000, "user_limit": 0, "rtc_region": None}
    if channel.type in (ChannelType.FORUM, ChannelType.MEDIA):
        return {
            "available_tags": [],
            "default_reaction_emoji": None,
            "default_sort_order": None,
            "default_forum_layout": 0,
        }
    return {}


def _thread_fields(thread: Channel) -> Json:
    begun = timestamp(thread.created)
    return {
        "guild_id": str(thread.guild_id),
        "parent_id": str(thread.parent_id),
        "owner_id": str(thread.owner_id),
        "name": thread.name,
        "rate_limit_per_user": 0,
        "message_count": 0,
        "member_count": 1,
        "total_message_sent": 0,
        "thread_metadata": {
            "archived": thread.archived or thread.locked,
            "archive_timestamp": begun,
            "auto_archive_duration": 1440,
            "locked": thread.locked,
            "create_timestamp": begun,
        },
    }


def emoji_object(emoji: Emoji) -> Json:
    """An emoji of a guild."""
    return {
        "id": str(emoji.id),
        "name": emoji.name,
        "roles": [],
        "require_colons": True,
        "managed": False,
        "animated": emoji.animated,
        "available": True,
    }


def sticker_object(sticker: Sticker, guild: Guild) -> Json:
    """A sticker of a guild."""
    return {
        "id": str(sticker.id),
        "name": sticker.name,
        "tags": "",
        "type": 2,
        "format_type": sticker.format,
        "description": None,
        "available": True,
        "guild_id": str(guild.id),
    }


def guild_object(guild: Guild) -> Json:
    """A guild as REST answers it."""
    return {
        **dict.fromkeys(_UNSET),
        **dict.fromkeys(_ZERO, 0),
        "id": str(guild.id),
        "name": guild.name,
        "owner_id": str(guild.owner_id),
        "region": "deprecated",
        "afk_timeout": 300,
        "widget_enabled": False,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "max_members": 250_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "preferred_locale": guild.locale,
        "features": [],
        "emojis": [emoji_object(emoji) for emoji in guild.emojis.values()],
        "stickers": [sticker_object(sticker, guild) for sticker in guild.stickers.values()],
        "roles": [role_object(role) for role in guild.roles.values()],
        "approximate_member_count": len(guild.members),
        "approximate_presence_count": len(guild.members),
    }
