"""The state of the simulated Discord: users, guilds, channels, messages. No network."""

import base64
import secrets
from collections.abc import Iterable, Iterator

from bot.simulator.bus import Bus, Change, ChannelChanged, GuildChanged, MemberChanged
from bot.simulator.clock import Clock, Snowflakes
from bot.simulator.errors import Invalid
from bot.simulator.issued import issue
from bot.simulator.model import (
    Channel,
    ChannelType,
    Emoji,
    Guild,
    Json,
    Member,
    Message,
    Overwrite,
    Role,
    Sticker,
    User,
)
from bot.simulator.permissions import EVERYONE, Permission, in_channel, in_guild

# Flags of an application that may read messages: of a verified one, and of a small one.
READS_CONTENT = 1 << 18 | 1 << 19
HAS_COMMANDS = 1 << 23  # the badge for that


class World:
    """Users, guilds, channels and messages, with the ways to add to them.

    Every change is published on `bus`, so that a connected bot receives it as from Discord.
    `bot` is the application's own user; it must log in with `token`.
    """

    def __init__(self, clock: Clock, bus: Bus) -> None:
        self.clock = clock
        self.bus = bus
        self.snowflake = Snowflakes(clock)
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.dms: dict[int, Channel] = {}
        self.portal: Json = {}  # what the host has set in the developer portal
        self.installers: set[int] = set()  # the users that installed the application
        self.messages: dict[int, Message] = {}
        self.bot = self.add_user("muralscape", bot=True)
        self.application_id = self.bot.id  # the same number for every application since 2016
        self.application_owner = self.add_user("host", "The host")
        self.token = issue(bot_token(self.bot.id))

    # people and places

    def add_user(self, username: str, name: str | None = None, *, bot: bool = False) -> User:
        """A new account; `name` is the display name."""
        user = User(self.snowflake(), username, name, bot=bot)
        self.users[user.id] = user
        return user

    def add_guild(self, name: str, owner: User, *, with_bot: bool = True) -> Guild:
        """A new guild with @everyone and its owner, and the bot with a role of its own."""
        guild = Guild(self.snowflake(), name, owner.id, self.clock())
        guild.roles[guild.id] = Role(guild.id, "@everyone", EVERYONE, position=0)
        guild.members[owner.id] = Member(owner, self.clock())
        self.guilds[guild.id] = guild
        if with_bot:
            self.join(guild, self.bot)
        return guild

    def add_channel(
        self,
        guild: Guild,
        name: str,
        topic: str | None = None,
        *,
        kind: ChannelType = ChannelType.TEXT,
        nsfw: bool = False,
    ) -> Channel:
        """A new channel, of text unless another `kind` is named."""
        channel = Channel(
            self.snowflake(), kind, name, guild.id, topic, position=len(guild.channels), nsfw=nsfw
        )
        guild.channels[channel.id] = channel
        self.bus.publish(ChannelChanged("create", channel))
        return channel

    def start_thread(self, parent: Channel, name: str, owner: User) -> Channel:
        """A new thread in a channel, or a post in a forum."""
        news = parent.type is ChannelType.NEWS
        kind = ChannelType.NEWS_THREAD if news else ChannelType.PUBLIC_THREAD
        thread = Channel(self.snowflake(), kind, name, parent.guild_id, parent_id=parent.id)
        thread.owner_id, thread.created = owner.id, self.clock()
        self.guilds[parent.guild_id or 0].threads[thread.id] = thread
        self.bus.publish(ChannelChanged("create", thread))
        return thread

    def archive(self, thread: Channel) -> None:
        """Archive a thread, as Discord does with one in which nobody wrote for a while."""
        thread.archived = True
        self.bus.publish(ChannelChanged("update", thread))

    def lock(self, thread: Channel, *, locked: bool) -> None:
        """Lock a thread as a moderator does, or unlock it."""
        thread.locked = locked
        self.bus.publish(ChannelChanged("update", thread))

    def reopen(self, thread: Channel) -> None:
        """Open a thread if it is archived; a message in it does that too."""
        if thread.archived:
            thread.archived = False
            self.bus.publish(ChannelChanged("update", thread))

    def add_role(self, guild: Guild, name: str, permissions: int = 0, color: int = 0) -> Role:
        """A new role above the others."""
        role = Role(self.snowflake(), name, permissions, len(guild.roles), color)
        guild.roles[role.id] = role
        if self.bot.id in guild.members:
            self.bus.publish(GuildChanged("update", guild))
        return role

    def add_emoji(
        self, guild: Guild, name: str, content: bytes, *, animated: bool = False
    ) -> Emoji:
        """A new emoji of a guild."""
        emoji = Emoji(self.snowflake(), name, content, animated)
        guild.emojis[emoji.id] = emoji
        self.bus.publish(GuildChanged("emojis", guild))
        return emoji

    def add_sticker(self, guild: Guild, name: str, content: bytes, format_: int = 1) -> Sticker:
        """A new sticker of a guild."""
        sticker = Sticker(self.snowflake(), name, format_, content)
        guild.stickers[sticker.id] = sticker
        self.bus.publish(GuildChanged("stickers", guild))
        return sticker

    def join(self, guild: Guild, user: User, roles: Iterable[Role] = ()) -> Member:
        """Make `user` a member of `guild`, or give them more roles if they are one."""
        if user.id in guild.banned:
            raise Invalid(f"{user.username} is banned from {guild.name}.")
        if user is self.bot and user.id not in guild.members:
            return self._join_bot(guild)
        change: Change = "update" if user.id in guild.members else "create"
        member = guild.members.setdefault(user.id, Member(user, self.clock()))
        member.roles.extend(role.id for role in roles if role.id not in member.roles)
        self.bus.publish(MemberChanged(change, guild, member))
        return member

    def leave(self, guild: Guild, user: User) -> None:
        """Remove `user` from `guild`; a bot that is kicked sees the same event."""
        member = guild.members.pop(user.id)
        if user is self.bot:
            for role in [role for role in guild.roles.values() if role.managed_by == user.id]:
                del guild.roles[role.id]
            self.bus.publish(GuildChanged("delete", guild))
        else:
            self.bus.publish(MemberChanged("delete", guild, member))

    def overwrite(
        self, channel: Channel, target: Role | User, *, allow: int = 0, deny: int = 0
    ) -> None:
        """Set what `channel` allows and denies `target`; an empty overwrite is removed."""
        if allow or deny:
            is_role = isinstance(target, Role)
            channel.overwrites[target.id] = Overwrite(is_role, allow, deny)
        else:
            channel.overwrites.pop(target.id, None)
        self.bus.publish(ChannelChanged("update", channel))

    def _join_bot(self, guild: Guild) -> Member:
        role = self.add_role(guild, self.bot.username, EVERYONE)
        role.managed_by = self.bot.id
        member = guild.members[self.bot.id] = Member(self.bot, self.clock(), [role.id])
        self.bus.publish(GuildChanged("create", guild))
        return member

    def dm(self, user: User) -> Channel:
        """The direct conversation between the bot and `user`; created at the first call."""
        for channel in self.dms.values():
            if channel.type is ChannelType.DM and user in channel.recipients:
                return channel
        channel = Channel(self.snowflake(), ChannelType.DM, recipients=[user])
        self.dms[channel.id] = channel
        return channel

    # finding

    def channel(self, channel_id: int) -> Channel | None:
        """The channel or direct conversation with this id."""
        if channel_id in self.dms:
            return self.dms[channel_id]
        for guild in self.guilds.values():
            for places in (guild.channels, guild.threads):
                if channel_id in places:
                    return places[channel_id]
        return None

    def guild_of(self, channel: Channel) -> Guild | None:
        """The guild that `channel` is in; None for a direct conversation."""
        return None if channel.guild_id is None else self.guilds[channel.guild_id]

    def find_user(self, name: str) -> User:
        """The user with this id, username or display name; raises `Invalid` when there is none."""
        for user in self.users.values():
            if name in (str(user.id), user.username, user.global_name):
                return user
        raise Invalid(f"There is no user called {name!r}.")

    def find_channel(self, which: str, user: User) -> Channel:
        """The channel with this id or name; an empty `which` is the first that `user` can see."""
        for channel in self.channels_of(user):
            if which in ("", str(channel.id), channel.name):
                return channel
        raise Invalid(f"{user.username} sees no channel {which!r}.")

    def find_message(self, message_id: int, user: User) -> Message:
        """The message with an id, if `user` can see it. Raises `Invalid` otherwise."""
        message = self.messages.get(message_id)
        if message is None or message not in self.visible_messages(user, message.channel):
            raise Invalid(f"{user.username} sees no message {message_id}.")
        return message

    def channels_of(self, user: User) -> Iterator[Channel]:
        """The channels `user` can see: the guilds' first, then direct conversations."""
        for guild in self.guilds.values():
            for channel in (*guild.channels.values(), *guild.threads.values()):
                if self.sees(user, channel):
                    yield channel
        for channel in self.dms.values():
            if user in channel.recipients:
                yield channel

    # rights

    def permissions(self, user: User, channel: Channel | None, guild: Guild | None = None) -> int:
        """A user's permissions in `channel`, or in `guild` as a whole; 0 outside it."""
        guild = self.guild_of(channel) if channel is not None else guild
        if guild is None:
            return int(EVERYONE)  # a direct conversation
        member = guild.members.get(user.id)
        if member is None:
            return 0
        return in_guild(guild, member) if channel is None else in_channel(guild, channel, member)

    def sees(self, user: User, channel: Channel) -> bool:
        """Whether `user` can read `channel`."""
        if channel.type is ChannelType.DM:
            return user in channel.recipients or user is self.bot
        if channel.type is ChannelType.GROUP_DM:
            return user in channel.recipients
        return bool(self.permissions(user, channel) & Permission.VIEW_CHANNEL)

    @property
    def reads_content(self) -> bool:
        """Whether the portal lets the bot read what others write: the message content intent."""
        return bool(self.application_flags & READS_CONTENT)

    @property
    def application_flags(self) -> int:
        """The flags of the application, with those that the portal sets."""
        return HAS_COMMANDS | int(self.portal.get("flags", 0))

    def is_open(self, message: Message) -> bool:
        """Whether the bot reads a message without that: its own, those that mention it, DMs."""
        direct = message.channel.type is ChannelType.DM
        return message.author is self.bot or self.bot in message.mentions or direct

    def readers(self, message: Message) -> set[int]:
        """The ids of all users, bots aside, that can see `message`."""
        if message.ephemeral_to is not None:
            return set() if message.dropped else {message.ephemeral_to}
        users = self.users.values()
        return {u.id for u in users if not u.bot and self.sees(u, message.channel)}

    def visible_messages(self, user: User, channel: Channel | None = None) -> list[Message]:
        """The messages `user` can see, oldest first, in `channel` or in all of them."""
        return [
            message
            for message in self.messages.values()
            if (channel is None or message.channel is channel)
            and message.ephemeral_to in (None, user.id)
            and not message.dropped
            and self.sees(user, message.channel)
        ]


def bot_token(user_id: int) -> str:
    """A token in the shape of Discord's: the id in base64, a time, and a secret."""
    head = base64.urlsafe_b64encode(str(user_id).encode()).decode().rstrip("=")
    return f"{head}.{secrets.token_hex(3)}.{secrets.token_urlsafe(28)}"
