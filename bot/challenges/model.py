"""A challenge, its entries and votes: plain data.

Times are Unix seconds. Pictures are names in the picture store. A member's id of 0 stands for a
member with deleted data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ChallengeState(StrEnum):
    """The state of a challenge: entering, voting, then closed; or cancelled before that."""

    ENTERING = "entering"
    VOTING = "voting"
    CLOSED = "closed"
    CANCELLED = "cancelled"


OPEN = (ChallengeState.ENTERING, ChallengeState.VOTING)
FORGOTTEN = 0


@dataclass(frozen=True)
class Terms:
    """The terms that the host of a challenge sets."""

    title: str
    theme: str  # may be empty where there is a style
    entries_until: float
    voting_until: float
    style: str | None = None  # a small copy of a picture to paint in the style of
    entries_per_member: int = 1
    entry_role: int | None = None  # may enter; None: everyone
    newcomers_vote: bool = False  # members who joined after the start may vote


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
    host_name: str = ""  # the display name of the host then
    age_restricted: bool = False  # as its channel is; such a challenge is never on the web

    @property
    def is_open(self) -> bool:
        """Whether it is neither closed nor cancelled."""
        return self.state in OPEN


@dataclass(frozen=True)
class FinishedPainting:
    """A finished painting that a member may enter."""

    job_id: int
    guild_id: int
    member_id: int
    picture: str
    preview: str
    spoiler: bool = False
    age_restricted: bool = False


@dataclass(frozen=True)
class Entry:
    """A painting in a challenge. `votes` and `rank` are set when the challenge is closed."""

    id: int  # 0 until it is written
    member_id: int
    job_id: int
    picture: str | None  # None: deleted since
    preview: str | None
    entered_at: float
    name: str = ""  # of the member at that time
    number: int | None = None  # on the ballot
    removed: str | None = None  # a moderator's reason for the removal
    votes: int | None = None
    rank: int | None = None  # from 1; entries with equal votes share it

    @property
    def pictures(self) -> tuple[str, ...]:
        """The picture and its thumbnail, as named in the picture store, unless deleted."""
        return tuple(name for name in (self.picture, self.preview) if name)


@dataclass(frozen=True)
class Contest:
    """A challenge with its entries and votes. `votes` maps a voter's id to an entry's."""

    challenge: Challenge
    entries: tuple[Entry, ...] = ()
    votes: Mapping[int, int] = field(default_factory=dict)

    @property
    def live(self) -> tuple[Entry, ...]:
        """The entries that were not removed."""
        return tuple(entry for entry in self.entries if entry.removed is None)

    @property
    def ballot(self) -> tuple[Entry, ...]:
        """The live entries in the order of the ballot."""
        numbered = [entry for entry in self.live if entry.number is not None]
        return tuple(sorted(numbered, key=lambda entry: entry.number or 0))


@dataclass(frozen=True)
class LeaderboardLine:
    """A member's line of the leaderboard, over all closed challenges of a server."""

    rank: int  # shared by members with equal scores
    member_id: int
    name: str  # the display name at the last entry
    wins: int
    podiums: int  # first to third places, wins among them
    votes: int
    entries: int


class AnnouncementKind(StrEnum):
    """The event that a message announces."""

    OPENED = "opened"
    VOTING = "voting"  # in parts, as a message takes ten pictures
    CLOSED = "closed"
    CANCELLED = "cancelled"
    REMOVED = "removed"  # to the author alone; its part is the entry's id


class Problem(StrEnum):
    """Why an announcement is not posted."""

    FORBIDDEN = "forbidden"  # the bot lacks a permission in the channel
    NOT_TAKEN = "not taken"  # Discord or the network failed; tried again
    FAULT = "fault"  # the bot or its disk failed; tried again
    GONE = "gone"  # the channel was deleted
    IMPOSSIBLE = "impossible"  # it is not tried again


@dataclass(frozen=True)
class Announcement:
    """A message to send once. It is written in the transaction of the event."""

    id: int
    challenge_id: int
    kind: AnnouncementKind
    part: int
    nonce: str
    began_at: float | None = None  # when the last send began
    channel_id: int | None = None
    message_id: int | None = None  # once it was sent
    stale: bool = False  # it was sent, but shows an old state
    given_up: bool = False  # it can neither be sent nor edited
    failures: int = 0  # tries that failed since the last that did not
    next_try: float | None = None  # after a failure
    problem: str = ""  # a `Problem` of the last try; a sentence where an older version failed
    told: bool = False  # the host was told about it
    wanted_again: bool = False  # to be posted again where its message was deleted

    @property
    def settled(self) -> bool:
        """Whether its message shows the present state, or the last try failed."""
        shown = self.message_id is not None and not self.stale
        return shown or bool(self.failures) or self.given_up
