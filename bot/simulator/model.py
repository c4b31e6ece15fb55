"""Discord's objects as plain data: ids are numbers, times are seconds since 1970."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

Json = dict[str, Any]
JsonValue = dict[str, Any] | list[Any] | str | int | float | bool | None


class ChannelType(IntEnum):
    """The kinds of channel the simulator has."""

    TEXT = 0
    DM = 1


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
    """An account; the bot has one too."""

    id: int
    username: str
    global_name: str | None = None
    bot: bool = False
    locale: str = "en-US"
    dms_open: bool = True


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
    """A text channel of a guild, or a direct conversation (`guild_id` is None)."""

    id: int
    type: ChannelType
    name: str = ""
    guild_id: int | None = None
    topic: str | None = None
    position: int = 0
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    recipients: list[User] = field(default_factory=list)
    last_message_id: int | None = None


@dataclass(eq=False)
class Member:
    """A user's membership in a guild."""

    user: User
    joined: float
    roles: list[int] = field(default_factory=list)
    nick: str | None = None


@dataclass(eq=False)
class Guild:
    """A server. `upload_limit` in bytes is its limit with boosts, if it has any."""

    id: int
    name: str
    owner_id: int
    created: float
    roles: dict[int, Role] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    locale: str = "en-US"
    upload_limit: int | None = None


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
class Sticker:
    """A sticker; `format` is 1 for PNG, 2 for APNG, 3 for Lottie, 4 for GIF."""

    id: int
    name: str
    format: int
    content: bytes


@dataclass(eq=False)
class Interaction:
    """A member's action on the bot, and how the bot has answered."""

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
    followed_up: bool = False


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
    nonce: str | int | None = None
    reference: "Message | None" = None
    interaction: Interaction | None = None
    ephemeral_to: int | None = None
    late_edits: list[float] = field(default_factory=list)

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
