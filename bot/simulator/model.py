"""Discord's objects as plain data: ids are numbers, times are seconds since 1970."""

import hashlib
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

Json = dict[str, Any]
JsonValue = dict[str, Any] | list[Any] | str | int | float | bool | None


class ChannelType(IntEnum):
    """The kinds of channel the simulator has."""

    TEXT = 0
    DM = 1
    VOICE = 2
    GROUP_DM = 3
    CATEGORY = 4
    NEWS = 5
    NEWS_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    STAGE = 13
    FORUM = 15
    MEDIA = 16

    @property
    def direct(self) -> bool:
        """Whether it is outside of guilds."""
        return self in (ChannelType.DM, ChannelType.GROUP_DM)

    @property
    def context(self) -> int:
        """The context of an interaction: 0 guild, 1 with the bot, 2 other private conversation."""
        return {ChannelType.DM: 1, ChannelType.GROUP_DM: 2}.get(self, 0)

    @property
    def thread(self) -> bool:
        """Whether it is a thread, which posts in forums are too."""
        return ChannelType.NEWS_THREAD <= self <= ChannelType.PRIVATE_THREAD

    @property
    def voice(self) -> bool:
        """Whether people speak in it; it takes messages too."""
        return self in (ChannelType.VOICE, ChannelType.STAGE)

    @property
    def takes_messages(self) -> bool:
        """Whether messages can be sent to it; a forum takes posts only."""
        return self not in (ChannelType.CATEGORY, ChannelType.FORUM, ChannelType.MEDIA)


class MessageType(IntEnum):
    """The kinds of message."""

    DEFAULT = 0
    REPLY = 19
    CHAT_INPUT_COMMAND = 20
    CONTEXT_MENU_COMMAND = 23


class MessageFlag(IntEnum):
    """Bits of a message's `flags`."""

    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    HAS_SNAPSHOT = 1 << 14
    COMPONENTS_V2 = 1 << 15


class CommandType(IntEnum):
    """The kinds of application command."""

    CHAT_INPUT = 1
    USER = 2
    MESSAGE = 3


class InteractionType(IntEnum):
    """The kinds of interaction."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL_SUBMIT = 5


class InteractionState(StrEnum):
    """The state of the bot's first answer."""

    WAITING = "waiting"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"  # the page says "The application did not respond"


@dataclass(eq=False)
class User:
    """An account; the bot has one too. `upload_limit` in bytes is that of a Nitro subscription.

    `avatar` is a picture.
    """

    id: int
    username: str
    global_name: str | None = None
    bot: bool = False
    locale: str = "en-US"
    dms_open: bool = True
    upload_limit: int | None = None
    avatar: bytes | None = None


@dataclass(eq=False)
class Role:
    """A role of a guild; the one with the guild's id is @everyone."""

    id: int
    name: str
    permissions: int = 0
    position: int = 1
    color: int = 0
    managed_by: int | None = None


@dataclass(frozen=True)
class Overwrite:
    """What a channel allows and denies one role or member."""

    is_role: bool
    allow: int = 0
    deny: int = 0


@dataclass(eq=False)
class Channel:
    """A channel or thread of a guild, or a direct conversation (`guild_id` is None).

    `parent_id` is a thread's channel, or a channel's category. `nsfw` is Discord's word for
    age-restricted. A `locked` thread is archived too, until a moderator opens it.
    """

    id: int
    type: ChannelType
    name: str = ""
    guild_id: int | None = None
    topic: str | None = None
    position: int = 0
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    recipients: list[User] = field(default_factory=list)
    last_message_id: int | None = None
    nsfw: bool = False
    parent_id: int | None = None
    owner_id: int | None = None
    archived: bool = False
    locked: bool = False
    created: float = 0.0


@dataclass(eq=False)
class Member:
    """A user's membership in a guild; `avatar` is the picture that they have there alone."""

    user: User
    joined: float | None  # None for a guest, invited to a voice channel alone
    roles: list[int] = field(default_factory=list)
    nick: str | None = None
    avatar: bytes | None = None


@dataclass(eq=False)
class Emoji:
    """An emoji of a guild."""

    id: int
    name: str
    content: bytes
    animated: bool = False


@dataclass(eq=False)
class Sticker:
    """A sticker; `format` is 1 for PNG, 2 for APNG, 3 for Lottie, 4 for GIF."""

    id: int
    name: str
    format: int
    content: bytes


@dataclass(eq=False)
class Guild:
    """A server. `upload_limit` in bytes is its limit with boosts, if it has any.

    `unavailable` is an outage at Discord; `banned` are ids of users.
    """

    id: int
    name: str
    owner_id: int
    created: float
    roles: dict[int, Role] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    threads: dict[int, Channel] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    locale: str = "en-US"
    upload_limit: int | None = None
    unavailable: bool = False
    banned: set[int] = field(default_factory=set)
    emojis: dict[int, Emoji] = field(default_factory=dict)
    stickers: dict[int, Sticker] = field(default_factory=dict)


@dataclass(eq=False)
class Attachment:
    """A file on a message or in a command's option. `size` is the one Discord announces."""

    id: int
    channel_id: int
    filename: str
    content: bytes
    content_type: str | None
    size: int
    pixels: tuple[int, int] | None = None
    description: str | None = None
    ephemeral: bool = False


@dataclass(eq=False)
class Interaction:
    """A member's action on the bot, and how the bot has answered.

    `owners` are the installations that allow it, as Discord writes them.
    """

    id: int
    type: InteractionType
    token: str
    user: User
    channel: Channel
    data: Json
    created: float
    message: "Message | None" = None
    parent: "Interaction | None" = None
    command_name: str = ""
    state: InteractionState = InteractionState.WAITING
    original: "Message | None" = None
    modal: Json | None = None
    choices: list[Json] | None = None
    owners: dict[str, str] = field(default_factory=dict)
    follow_ups: int = 0

    @property
    def by_user_alone(self) -> bool:
        """Whether only a user's own installation allows it."""
        return "0" not in self.owners and "1" in self.owners


@dataclass(eq=False)
class Message:
    """A message; `interaction` is the one it answers, `ephemeral_to` its only reader."""

    id: int
    channel: Channel
    author: User
    created: float
    content: str = ""
    type: MessageType = MessageType.DEFAULT
    flags: int = 0
    edited: float | None = None
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    stickers: list[Sticker] = field(default_factory=list)
    forwarded: "Message | None" = None  # as it was when it was forwarded
    mentions: list[User] = field(default_factory=list)
    mention_roles: list[int] = field(default_factory=list)
    mention_everyone: bool = False
    notified: list[User] = field(default_factory=list)  # when it was sent; an edit notifies nobody
    nonce: str | int | None = None
    reference: "Message | None" = None
    interaction: Interaction | None = None
    ephemeral_to: int | None = None
    reuploads: int = 0  # edits that brought files: each makes the clients blink
    late_edits: list[float] = field(default_factory=list)
    dropped: bool = False  # an ephemeral one that its reader's client no longer has

    @property
    def thinking(self) -> bool:
        """Whether the bot has deferred and not yet filled this message."""
        return bool(self.flags & MessageFlag.LOADING)


@dataclass(eq=False)
class Command:
    """A registered application command: its id and the definition as Discord would return it."""

    id: int
    guild_id: int | None
    definition: Json

    @property
    def name(self) -> str:
        """The name as registered."""
        return str(self.definition["name"])

    @property
    def type(self) -> CommandType:
        """Slash command, user menu or message menu."""
        return CommandType(self.definition["type"])


def hash_of(picture: bytes | None) -> str | None:
    """The name under which the CDN serves an avatar; None without one."""
    return None if picture is None else hashlib.sha256(picture).hexdigest()[:32]
