"""A challenge, its entries and votes: plain data.

Times are Unix seconds. Pictures are names in the picture store. A member's id of 0 stands for
somebody who asked to be forgotten.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ChallengeState(StrEnum):
    """Where a challenge stands: entering, voting, then closed; or cancelled before that."""

    ENTERING = "entering"
    VOTING = "voting"
    CLOSED = "closed"
    CANCELLED = "cancelled"


OPEN = (ChallengeState.ENTERING, ChallengeState.VOTING)
FORGOTTEN = 0


@dataclass(frozen=True)
class Terms:
    """What whoever starts a challenge decides."""

    title: str
    theme: str  # may be empty where there is a style
    entries_until: float
    voting_until: float
    style: str | None = None  # a small copy of a picture to paint in the style of
    entries_per_member: int = 1
    entry_role: int | None = None  # who may enter; None: everyone
    newcomers_vote: bool = False  # may those vote who joined after the start


@dataclass(frozen=True)
class Challenge:
    """A challenge without its entries."""

    id: int
    guild_id: int
    channel_id: int  # where it is announced
    host_id: int
    state: ChallengeState
    terms: Terms
    seed: int  # of the order on the ballot
    created_at: float
    closed_at: float | None = None


@dataclass(frozen=True)
class FinishedPainting:
    """A finished painting of the bot's, as far as a challenge is concerned."""

    job_id: int
    guild_id: int
    member_id: int
    picture: str
    preview: str


@dataclass(frozen=True)
class Entry:
    """A painting in a challenge. `votes` and `rank` are there once it is closed, and not before."""

    id: int  # 0 until it is written
    member_id: int
    job_id: int
    picture: str | None  # None: deleted since
    preview: str | None
    entered_at: float
    name: str = ""  # of the member at that time
    number: int | None = None  # on the ballot
    removed: str | None = None  # why a moderator took it out
    votes: int | None = None
    rank: int | None = None  # from 1; those with as many votes share it

    @property
    def pictures(self) -> tuple[str, ...]:
        """The picture and its thumbnail, as named in the picture store, unless deleted."""
        return tuple(name for name in (self.picture, self.preview) if name)


@dataclass(frozen=True)
class Contest:
    """A challenge with everything in it. `votes` go from the voter's id to the entry's."""

    challenge: Challenge
    entries: tuple[Entry, ...] = ()
    votes: Mapping[int, int] = field(default_factory=dict)

    @property
    def live(self) -> tuple[Entry, ...]:
        """The entries that nobody has taken out."""
        return tuple(entry for entry in self.entries if entry.removed is None)

    @property
    def ballot(self) -> tuple[Entry, ...]:
        """The live entries in the order in which they are shown."""
        numbered = [entry for entry in self.live if entry.number is not None]
        return tuple(sorted(numbered, key=lambda entry: entry.number or 0))


@dataclass(frozen=True)
class Standing:
    """What a member has achieved in a server's closed challenges."""

    rank: int  # shared by those who achieved the same
    member_id: int
    wins: int
    podiums: int  # first to third places, wins among them
    votes: int
    entries: int


class AnnouncementKind(StrEnum):
    """What is announced."""

    OPENED = "opened"
    VOTING = "voting"  # in parts, of as many pictures as a message takes
    CLOSED = "closed"
    CANCELLED = "cancelled"
    REMOVED = "removed"  # to the author alone; its part is the entry's id


@dataclass(frozen=True)
class Announcement:
    """A message that is to be sent once. Written with the transition that it announces."""

    id: int
    challenge_id: int
    kind: AnnouncementKind
    part: int
    nonce: str
    began_at: float | None = None  # when a send was begun whose end is not known
    channel_id: int | None = None
    message_id: int | None = None  # once it was sent
    stale: bool = False  # it was sent, but shows what no longer holds
