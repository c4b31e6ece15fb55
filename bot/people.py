"""Members, where they ask, and the interface of whatever keeps data about them.

Ids are Discord's; times are Unix seconds.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Member:
    """A member of a server, with the permissions that their roles give them there."""

    id: int
    guild_id: int
    roles: frozenset[int] = frozenset()
    manages: bool = False  # may manage the server
    moderates: bool = False  # may delete other people's messages
    joined_at: float = 0.0  # Unix seconds
    name: str = ""  # the display name, cleaned


@dataclass(frozen=True)
class Origin:
    """The interaction that asked for a painting: member, place, and the token to answer it."""

    guild_id: int
    channel_id: int
    member_id: int
    interaction_id: int  # unique: an interaction that arrives twice is one job
    interaction_token: str = field(repr=False)
    token_expires_at: float
    private: bool = False  # the answer is ephemeral


class PersonalDataSource(Protocol):
    """A store or service that keeps data about members."""

    def about_member(self, member_id: int) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        """Yield what is kept about a member, as JSON values, with nothing about other members.

        It comes in pages, each so small that it does not hold the event loop.
        """

    async def forget_member(self, member_id: int) -> set[str]:
        """Delete what is kept about a member; return the pictures that belonged to it."""
