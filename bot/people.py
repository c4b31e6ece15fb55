"""Members and where they ask: plain data. Ids are Discord's; times are Unix seconds."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Member:
    """Somebody who acts in a server, and what their roles allow there."""

    id: int
    guild_id: int
    roles: frozenset[int] = frozenset()
    manages: bool = False  # may manage the server
    moderates: bool = False  # may delete other people's messages
    joined_at: float = 0.0  # Unix seconds
    name: str = ""  # as others read it, cleaned


@dataclass(frozen=True)
class Origin:
    """Who asked, where, and how they can be answered."""

    guild_id: int
    channel_id: int
    member_id: int
    interaction_id: int  # unique: an interaction that arrives twice is one job
    interaction_token: str = field(repr=False)
    token_expires_at: float
    private: bool = False  # only the member is to see the answer
