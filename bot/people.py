"""Members, the origins of their requests, and the interfaces of stores with data about them.

Ids are Discord's; times are Unix seconds.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.languages.speech import ENGLISH

OUTSIDE = 0  # in place of a server's id: direct messages, and servers that the bot is not in


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

    guild_id: int  # the server with the limits that count; `OUTSIDE` for none
    channel_id: int
    member_id: int
    interaction_id: int  # unique: an interaction that arrives twice is one job
    interaction_token: str = field(repr=False)
    token_expires_at: float
    private: bool = False  # the answer is ephemeral
    member_name: str = ""  # the display name, cleaned; clients cannot show every mention
    upload_limit: int = 0  # bytes of a file in the answer, with the member's Nitro; 0: unknown
    age_restricted: bool = False  # in such a channel, or a repeat of a painting from one
    language: str = ENGLISH  # the member's, as Discord names it


@dataclass(frozen=True)
class Standing:
    """What a member may do in a channel, as Discord last reported it."""

    roles: frozenset[int]
    channels: tuple[int, ...]  # the channel, and a thread's parent; none in direct messages
    administers: bool = False  # no rule about commands binds administrators
    manages: bool = False  # may manage the server
    uses_commands: bool = True
    sends_pictures: bool = True


class Gate(Protocol):
    """Decides whether a member may paint, before a job is admitted."""

    async def check(
        self, origin: Origin, standing: Standing | None, *, by_button: bool
    ) -> Standing:
        """Give what a member may do in the channel; ask Discord where `standing` is None.

        Raises Refused where they may not paint, or have left.
        """


class PersonalDataSource(Protocol):
    """A store or service that keeps data about members."""

    def about_member(self, member_id: int) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        """Yield what is kept about a member, as JSON values, with nothing about other members.

        It comes in pages, each so small that it does not hold the event loop.
        """

    async def forget_member(self, member_id: int) -> set[str]:
        """Delete what is kept about a member; return the pictures that belonged to it."""


class GuildDataSource(Protocol):
    """A store or service that keeps data of servers."""

    async def guild_ids(self) -> set[int]:
        """Give the servers of which something is kept."""

    async def end_in(self, guild_id: int) -> None:
        """End what is under way in a server that the bot has left."""

    async def forget_guild(self, guild_id: int) -> set[str]:
        """Delete what is kept of a server; return the pictures that belonged to it."""
