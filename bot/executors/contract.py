"""The `Executor` protocol: what the dispatcher requires of anything that paints.

Plain data in and out, pictures by path, so that an executor can be a process on this machine or a
worker on another. `bot/app/choose_executor.py` chooses the executor by the host's settings.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.request import PaintOutcome, PaintSettings


@dataclass(frozen=True)
class PaintOrder:
    """One painting to make. The folders of the files to be written exist; the files do not."""

    job_id: int
    settings: PaintSettings
    content: Path
    styles: tuple[Path, ...]
    result: Path  # the picture is written here, as PNG; of a film its first frame
    mask: Path | None = None
    timelapse: Path | None = None  # an MP4 is written here
    film: Path | None = None  # where the settings ask for a film, an MP4 is written here
    # A GIF or WebP of the film is written here, by its ending; empty where the film was cut short.
    animation: Path | None = None
    checkpoint: Path | None = None  # written now and then during the painting
    resume: Path | None = None  # a checkpoint to continue from; the file may be missing
    content_size: tuple[int, int] | None = None  # width and height, where they were measured
    # Of a part of a larger picture: paint, paint_mask and whole of `engine.request.Surroundings`.
    surroundings: tuple[Path, Path, Path] | None = None

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The files to paint from: content, styles, then the mask and surroundings if any."""
        masks = () if self.mask is None else (self.mask,)
        return (self.content, *self.styles, *masks, *(self.surroundings or ()))

    @property
    def outputs(self) -> tuple[Path, ...]:
        """The files that exist after painting: the picture, then time-lapse, film, animation."""
        others = (self.timelapse, self.film, self.animation)
        return (self.result, *(file for file in others if file is not None))


@dataclass(frozen=True)
class PaintProgress:
    """How far a painting is. Reported about once a second at most."""

    job_id: int
    step: int  # steps done; of a film, frames
    total_steps: int
    loss: float
    content_loss: float
    style_loss: float
    seconds: float  # since the first step
    seconds_left: float  # predicted
    preview: bytes | None = None  # JPEG, long side at most 384; only every few seconds


@dataclass(frozen=True)
class WorkerState:
    """A worker on another machine, as it reports itself; its texts are safe to show."""

    name: str  # unique: what its host calls it, a dot, and digits that tell its runs apart
    devices: tuple[str, ...]
    slots: int  # orders that it can paint at a time; 0 when it cannot paint, or is leaving
    paintings: int  # orders that it is painting
    jobs: tuple[int, ...]  # the jobs among them that this bot ordered
    rate: float | None  # seconds per megapixel and step; None before its first painting


OnProgress = Callable[[PaintProgress], None]


class Executor(Protocol):
    """Paints up to `capacity` orders at a time."""

    @property
    def capacity(self) -> int:
        """How many orders it can paint at a time now; 0 while it cannot paint."""

    @property
    def devices(self) -> tuple[str, ...]:
        """What it paints on, such as ("cuda:0 (NVIDIA H100)",); empty until it has started."""

    @property
    def workers(self) -> tuple[WorkerState, ...]:
        """The connected workers on other machines, by name; empty for a local executor."""

    @property
    def fault(self) -> str | None:
        """Why it cannot paint now, in words for the host; None when it can."""

    async def start(self) -> None:
        """Return when the first order would be painted at full speed.

        An executor with remote workers returns at once: they come and go. Raises `CannotPaint`
        with a sentence for the host when it cannot paint; its subclass `EngineUnusable` when
        another start would fail in the same way.
        """

    def watch(self, listener: Callable[[], None]) -> None:
        """Call `listener` on the event loop whenever capacity or devices have changed."""

    async def close(self) -> None:
        """Stop all paintings and free the devices. Paintings in progress are lost."""

    async def paint(self, order: PaintOrder, on_progress: OnProgress) -> PaintOutcome:
        """Paint one order; `on_progress` is called on the event loop and must not block.

        Orders beyond `capacity` wait; the capacity can shrink during a painting.

        Raises `PaintingCancelled` after `cancel`; `CannotPaint` with a sentence for the member
        when a retry would fail in the same way; `ExecutorLost` when a retry may succeed.
        """

    async def cancel(self, job_id: int) -> None:
        """Make the `paint` of that job raise `PaintingCancelled` within two steps.

        A film of which a frame is done is returned, cut short: see `PaintOutcome.is_cut_short`.
        Applies from the moment `paint` was called. Returns at once; an unknown job is ignored.
        """
