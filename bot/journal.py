"""The entries of the log that a server's moderators read, and the interface that notes them.

Ids are Discord's; times are Unix seconds.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection


class Deed(StrEnum):
    """The action that an entry of the log tells of."""

    PAINTED = "painted"
    DELETED = "deleted"  # a painting
    CANCELLED = "cancelled"  # another member's painting
    REMOVED = "removed"  # an entry of a challenge
    STYLE_DELETED = "style"  # from the library
    BLOCKED = "blocked"
    LIFTED = "lifted"  # a block


@dataclass(frozen=True)
class Person:
    """A member, with the display name that they had then, cleaned."""

    id: int
    name: str = ""


@dataclass(frozen=True)
class JournalEntry:
    """A line of the log."""

    guild_id: int
    deed: Deed
    actor: Person
    member: Person | None = None  # the member concerned, where it is not the actor
    what: str = ""  # such as a painting's number, or the name of a style
    reason: str = ""
    place: tuple[int, int] | None = None  # the ids of a channel and a message to link to
    challenge: int | None = None  # that it happened in


class Journal(Protocol):
    """Notes entries in the transaction of the deed; sends them to the log channel later."""

    async def note(self, connection: AsyncConnection, entry: JournalEntry) -> None:
        """Note an entry, where the server has a log channel."""


class NoJournal:
    """Notes nothing."""

    async def note(self, connection: AsyncConnection, entry: JournalEntry) -> None:
        """Leave it."""


NO_JOURNAL = NoJournal()
