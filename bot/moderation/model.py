"""Blocks: plain data. Ids are Discord's; times are Unix seconds."""

from dataclasses import dataclass
from enum import StrEnum

HOST = 0  # in place of a server's id: the host of the bot has made the block


class BlockKind(StrEnum):
    """What is blocked."""

    MEMBER = "member"
    SERVER = "server"


@dataclass(frozen=True)
class Block:
    """A member or server may not use the bot: in one server or, blocked by the host, anywhere."""

    guild_id: int  # or HOST
    kind: BlockKind
    subject_id: int  # of the member, or of the server
    created_at: float
    by_id: int = 0  # the moderator; 0 for the host, and for one with deleted data
    name: str = ""  # of the member then, for the list
    reason: str = ""
    until: float | None = None  # None: until it is lifted
    told: bool = False  # the reason was given once

    @property
    def by_host(self) -> bool:
        """Whether the host of the bot has made it."""
        return self.guild_id == HOST
