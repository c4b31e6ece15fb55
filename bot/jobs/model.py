"""Jobs, their pictures, results and delivery: plain data.

Times are Unix seconds (UTC). Ids of servers, channels, members and messages are Discord's.
Pictures are named by the SHA-256 of their bytes, in hexadecimal; see `bot.pictures.store`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.people import Origin
from engine.request import PaintOutcome, PaintSettings


class JobState(StrEnum):
    """The state of a job: queued, painting, delivering, then done, failed or cancelled."""

    QUEUED = "queued"
    PAINTING = "painting"
    DELIVERING = "delivering"  # the painting is stored, but not sent yet
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


NOBODY = 0  # in place of the member that cancelled a job: the bot did, or the member is gone
UNFINISHED = frozenset({JobState.QUEUED, JobState.PAINTING, JobState.DELIVERING})


@dataclass(frozen=True)
class Sources:
    """The pictures that a job is painted from."""

    content: str
    styles: tuple[str, ...]
    mask: str | None = None
    style_name: str | None = None  # of a style from the server's library
    style_author: int | None = None  # the member who saved that style
    style_author_name: str = ""  # their display name then
    content_title: str = ""  # as its uploader called it, cleaned
    style_title: str = ""  # the same, of a style that is not from the library
    alt_text: str = ""  # of the painting, where its member wrote one; cleaned
    spoiler: bool = False  # one of the pictures was marked as a spoiler
    # width and height of each of `pictures`, in that order; empty where they were not measured
    sizes: tuple[tuple[int, int], ...] = ()
    # of a tile of a mural: the paint, paint_mask and whole of `engine.request.Surroundings`
    surroundings: tuple[str, ...] = ()

    @property
    def content_size(self) -> tuple[int, int] | None:
        """The width and height of the picture to repaint, where they were measured."""
        return self.sizes[0] if self.sizes else None

    @property
    def megapixels(self) -> float:
        """What has to be decoded."""
        return sum(width * height for width, height in self.sizes) / 1e6

    @property
    def pictures(self) -> tuple[str, ...]:
        """All pictures, as named in the picture store."""
        masks = () if self.mask is None else (self.mask,)
        return (self.content, *self.styles, *masks, *self.surroundings)


@dataclass(frozen=True)
class JobResult:
    """A finished painting and how it was made."""

    picture: str
    outcome: PaintOutcome
    timelapse: str | None = None  # an MP4, kept like a picture
    film: str | None = None  # an MP4 too; `picture` is then its first frame
    animation: str | None = None  # the film as GIF or WebP, where the content was one

    @property
    def pictures(self) -> tuple[str, ...]:
        """The painting, its time-lapse and its film, as named in the picture store."""
        others = (self.timelapse, self.film, self.animation)
        return (self.picture, *(name for name in others if name is not None))

    def to_dict(self) -> dict[str, Any]:
        """Give all values as JSON."""
        return {**vars(self), "outcome": self.outcome.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "JobResult":
        """Read what `to_dict` gave."""
        return cls(**{**values, "outcome": PaintOutcome.from_dict(values["outcome"])})


@dataclass(frozen=True)
class DeliveryState:
    """The progress of delivery. The nonce is unique to the job, for `enforce_nonce`."""

    nonce: str
    card_channel_id: int | None = None
    card_message_id: int | None = None
    tries: int = 0  # sends begun, of known and unknown outcome
    route: str | None = None  # of the last send, such as "interaction"
    tried_at: float | None = None  # when the last send began
    channel_id: int | None = None  # of the message with the outcome
    message_id: int | None = None
    told_at: float | None = None  # when the outcome reached the member
    kept: bool = False  # no route to the member worked


@dataclass(frozen=True)
class Job:
    """One painting for one member."""

    id: int
    state: JobState
    origin: Origin
    sources: Sources
    settings: PaintSettings  # size and steps are filled in from the preset at submission
    delivery: DeliveryState
    predicted_seconds: float  # of painting, predicted at submission
    created_at: float
    started_at: float | None = None  # when painting began, the last time
    painted_at: float | None = None  # when the picture was stored
    finished_at: float | None = None  # when it became done, failed or cancelled
    starts: int = 0  # paintings begun, less those put back at a shut-down
    times_lost: int = 0  # how often its executor was lost while painting it
    cancelled_by: int | None = None  # the member, or NOBODY; set before the painting stops
    failure: str | None = None  # the sentence for the member
    result: JobResult | None = None
    result_deleted: bool = False  # by its owner or after the retention time
    parent_id: int | None = None  # the job that this one repeats
    timelapse: bool = False  # whether a time-lapse is recorded

    @property
    def blurred(self) -> bool:
        """Whether its pictures are shown behind a spoiler, as one of its sources asks for."""
        return self.sources.spoiler or self.origin.age_restricted

    @property
    def is_tile(self) -> bool:
        """Whether it is a tile of a mural, which shows it: no card and no message is sent."""
        return bool(self.sources.surroundings)

    @property
    def kept(self) -> bool:
        """Whether the outcome could not be sent, so that `/queue show` offers it."""
        return self.delivery.kept and self.delivery.told_at is None

    @property
    def needs_no_pictures(self) -> bool:
        """Whether its pictures may be deleted. A failed job keeps them for the button *Again*."""
        return self.result_deleted or self.state is JobState.CANCELLED

    @property
    def pictures(self) -> tuple[str, ...]:
        """All its pictures, as named in the picture store."""
        return (*self.sources.pictures, *(self.result.pictures if self.result else ()))

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do: the outcome was delivered or is kept."""
        return self.state not in UNFINISHED and (self.kept or self.delivery.told_at is not None)

    def readable(self) -> dict[str, Any]:
        """Give all values as JSON, except the token and the nonce."""
        values = {
            **vars(self),
            "origin": dict(vars(self.origin)),
            "sources": dict(vars(self.sources)),
            "settings": self.settings.to_dict(),
            "delivery": dict(vars(self.delivery)),
            "result": self.result and self.result.to_dict(),
        }
        del values["origin"]["interaction_token"], values["delivery"]["nonce"]
        return values


@dataclass(frozen=True)
class Wanted:
    """Which of a member's paintings to list; None: all of them."""

    preset: str | None = None
    style: str | None = None  # the name of a saved style, or the title of a member's own
    newest: int | None = None  # leaves out those that were asked for later


@dataclass(frozen=True)
class Place:
    """The position of an unfinished job in the queue."""

    job_id: int
    position: int  # 1 is next to be painted; 0 is being painted
    starts_in: float  # seconds, predicted; 0 while it is being painted
    finishes_in: float  # seconds, predicted
