"""A job and what belongs to it: plain data.

Times are Unix seconds (UTC). Ids of servers, channels, members and messages are Discord's.
Pictures are named by the SHA-256 of their bytes, in hexadecimal; `storage.pictures` holds them.
"""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from engine.request import DEFAULT_PRESET


class JobState(StrEnum):
    """Where a job stands: queued, painting, delivering, then done, failed or cancelled."""

    QUEUED = "queued"
    PAINTING = "painting"
    DELIVERING = "delivering"  # the painting is stored; the member does not have it yet
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = frozenset({JobState.QUEUED, JobState.PAINTING, JobState.DELIVERING})


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


@dataclass(frozen=True)
class Recipe:
    """What to paint. `size` and `steps` are filled in from the preset when a job is submitted."""

    content: str
    styles: tuple[str, ...]
    style_name: str | None = None  # of a style from the server's library
    style_author: int | None = None  # the member who saved that style
    preset: str = DEFAULT_PRESET
    size: int | None = None  # pixels on the long side
    steps: int | None = None
    strength: float = 1.0
    keep_colors: bool = False
    seed: int = 0
    timelapse: bool = False


@dataclass(frozen=True)
class JobResult:
    """A finished painting and how it was made."""

    picture: str
    width: int
    height: int
    loss: float  # the preset's own, of the last step
    content_loss: float
    style_loss: float
    steps: int
    seconds: float
    weights: str  # in words for people
    device: str
    precision: str
    curve: tuple[tuple[int, float], ...] = field(default=(), repr=False)  # (step, loss)
    scale_starts: tuple[int, ...] = ()  # steps at which a scale began; losses jump there
    timelapse: str | None = None  # an MP4, kept like a picture

    @property
    def pictures(self) -> tuple[str, ...]:
        """What of it lies on disk."""
        return (self.picture,) if self.timelapse is None else (self.picture, self.timelapse)


@dataclass(frozen=True)
class Delivery:
    """What the member has been sent. The nonce is this job's own, for `enforce_nonce`."""

    nonce: str
    card_channel_id: int | None = None
    card_message_id: int | None = None
    tries: int = 0  # sends begun, whether or not their end is known
    route: str | None = None  # of the last send begun, such as "interaction"
    tried_at: float | None = None  # when the last send was begun
    channel_id: int | None = None  # where the outcome was sent in the end
    message_id: int | None = None
    told_at: float | None = None  # when the outcome, good or bad, reached the member
    kept: bool = False  # no way to the member was open


@dataclass(frozen=True)
class Job:
    """One painting asked for by one member."""

    id: int
    state: JobState
    origin: Origin
    recipe: Recipe
    delivery: Delivery
    predicted_seconds: float  # of painting, as it was predicted when it was submitted
    created_at: float
    started_at: float | None = None  # of the last painting begun
    painted_at: float | None = None  # when the picture was stored
    finished_at: float | None = None  # when it became done, failed or cancelled
    starts: int = 0  # paintings begun, less those put back at a shut-down
    losses: int = 0  # of executors, while they painted this
    cancelled_by: int | None = None  # set as soon as somebody asks, before the painting stops
    failure: str | None = None  # the sentence for the member
    result: JobResult | None = None
    result_deleted: bool = False  # by its owner or after the retention time
    parent_id: int | None = None  # the job whose button asked for this one

    @property
    def kept(self) -> bool:
        """Whether it ended but the member does not know, so that `/queue show` must tell."""
        return self.delivery.kept and self.delivery.told_at is None

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do: the member was told, or the outcome is kept for them."""
        return self.state not in UNFINISHED and (self.kept or self.delivery.told_at is not None)

    def readable(self) -> dict[str, Any]:
        """Give everything but what would let others answer in the bot's name."""
        values = asdict(self)
        del values["origin"]["interaction_token"], values["delivery"]["nonce"]
        return values


@dataclass(frozen=True)
class Actor:
    """Somebody who acts on a job that exists."""

    member_id: int
    guild_id: int
    moderator: bool = False  # of that server


@dataclass(frozen=True)
class JobLimits:
    """How many jobs may be queued or painting at a time in one server."""

    per_member: int
    per_guild: int


@dataclass(frozen=True)
class Place:
    """Where an unfinished job stands."""

    job_id: int
    position: int  # 1 is next to be painted; 0 is being painted
    starts_in: float  # seconds, predicted; 0 while it is being painted
    finishes_in: float  # seconds, predicted
