"""The event bus: what happens in the simulated Discord, published to listeners."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from bot.simulator.model import Channel, Guild, Interaction, Member, Message, User

Change = Literal["create", "update", "delete"]
GuildChange = Literal[
    "create", "update", "delete", "unavailable", "available", "emojis", "stickers"
]
Outcome = Literal["thinking", "answered", "updated", "choices", "modal", "failed"]


@dataclass(frozen=True)
class MessageChanged:
    """A message was sent, edited or deleted."""

    change: Change
    message: Message


@dataclass(frozen=True)
class InteractionCreated:
    """A member did something that the bot must answer."""

    interaction: Interaction


@dataclass(frozen=True)
class InteractionChanged:
    """The bot answered, or failed to."""

    what: Outcome
    interaction: Interaction


@dataclass(frozen=True)
class GuildChanged:
    """The bot was added to a guild or removed from it; or an outage began or ended."""

    change: GuildChange
    guild: Guild


@dataclass(frozen=True)
class RoleDeleted:
    """A role of a guild was deleted."""

    guild: Guild
    role_id: int


@dataclass(frozen=True)
class ChannelChanged:
    """A guild's channel or thread was created, changed (permissions too) or deleted."""

    change: Change
    channel: Channel


@dataclass(frozen=True)
class MemberChanged:
    """A member joined a guild, changed or left."""

    change: Change
    guild: Guild
    member: Member


@dataclass(frozen=True)
class Typing:
    """A user types."""

    channel: Channel
    user: User


@dataclass(frozen=True)
class CommandsChanged:
    """The bot registered, changed or removed commands."""


@dataclass(frozen=True)
class CommandPermissionsChanged:
    """A guild's managers changed the permissions of `command_id`, or of the application's id."""

    guild_id: int
    command_id: int


@dataclass(frozen=True)
class BotConnection:
    """The bot's gateway session came up or went down."""

    connected: bool


@dataclass(frozen=True)
class Traffic:
    """A REST call or a gateway frame was recorded."""

    entry: Any


class Bus:
    """Calls every listener with each event, in the order of subscription."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[object], None]] = []

    def subscribe(self, listener: Callable[[object], None]) -> Callable[[], None]:
        """Call `listener` with every event from now on; the returned function unsubscribes."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def publish(self, event: object) -> None:
        """Call every listener with an event."""
        for listener in tuple(self._listeners):
            listener(event)
