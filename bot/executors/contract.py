"""What the dispatcher asks of anything that paints.

Plain data in and out, pictures by path: an executor may be a process here or a machine elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.request import PaintOutcome, PaintSettings


@dataclass(frozen=True)
class PaintOrder:
    """One painting to make. The folders of `result` and `timelapse` exist; the files do not."""

    job_id: int
    settings: PaintSettings
    content: Path
    styles: tuple[Path, ...]
    result: Path  # the picture is written here, as PNG
    mask: Path | None = None
    timelapse: Path | None = None  # an MP4 is written here
    checkpoint: Path | None = None  # written now and then while it is painted
    resume: Path | None = None  # another's checkpoint to go on from, where there is such a file

    @property
    def outputs(self) -> tuple[Path, ...]:
        """The files that are there once it is painted: the picture, then the time-lapse if any."""
        return (self.result,) if self.timelapse is None else (self.result, self.timelapse)

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The files to paint from: the content, the styles, then the mask if any."""
        masks = () if self.mask is None else (self.mask,)
        return (self.content, *self.styles, *masks)


@dataclass(frozen=True)
class PaintProgress:
    """Where a painting stands. Reported about once a second at most."""

    job_id: int
    step: int  # steps done
    total_steps: int
    loss: float
    content_loss: float
    style_loss: float
    seconds: float  # since the first step
    seconds_left: float  # predicted
    preview: bytes | None = None  # JPEG, long side at most 384; only every few seconds


@dataclass(frozen=True)
class WorkerState:
    """A worker on another machine, as it says itself; its texts are harmless wherever shown."""

    name: str  # of no two workers the same; letters, digits, - and _
    devices: tuple[str, ...]
    slots: int  # how many orders it can paint at a time; 0 when it cannot, or is leaving
    paintings: int  # that it is at
    jobs: tuple[int, ...]  # those of them that were ordered from here
    rate: float | None  # seconds per megapixel and step; None before its first painting


OnProgress = Callable[[PaintProgress], None]


class Executor(Protocol):
    """Paints up to `capacity` orders at a time."""

    @property
    def capacity(self) -> int:
        """How many orders it can paint at a time just now; 0 while nobody is there to paint."""

    @property
    def devices(self) -> tuple[str, ...]:
        """What it paints on, such as ("cuda:0 (NVIDIA H100)",); empty until it has started."""

    @property
    def workers(self) -> tuple[WorkerState, ...]:
        """Who paints on other machines, by name; empty where nobody does."""

    @property
    def fault(self) -> str | None:
        """Why it cannot paint just now, in words for the host; None when it can."""

    async def start(self) -> None:
        """Return when the first order would be painted at full speed.

        Where others paint, who come and go, it returns at once. Raises `PaintingFailed` with a
        sentence for the host when nothing ever will be painted.
        """

    def watch(self, listener: Callable[[], None]) -> None:
        """Call `listener` on the event loop whenever capacity or devices have changed."""

    async def close(self) -> None:
        """Stop whatever is painted and free the devices. Paintings under way are lost."""

    async def paint(self, order: PaintOrder, on_progress: OnProgress) -> PaintOutcome:
        """Paint one order; `on_progress` is called on the event loop and must not block.

        Orders beyond `capacity`, which may sink while they are painted, wait.

        Raises `PaintingCancelled` after `cancel`, `PaintingFailed` with a sentence for the member
        when another try would fail the same way, `ExecutorLost` when one might not.
        """

    async def cancel(self, job_id: int) -> None:
        """Make the `paint` of that job raise `PaintingCancelled` within two steps.

        Counts from the moment `paint` was called. Returns at once; a job that is not being
        painted is no fault.
        """
