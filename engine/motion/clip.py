"""A moving picture as frames, and which of them are painted. Free of torch and Pillow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

FPS = 12.0  # frames a second that are painted at most: what hand-drawn films have
MOST_SECONDS = 6.0
MOST_FRAMES = round(FPS * MOST_SECONDS)
LARGEST_SIDE = 720  # pixels of a frame on its long side: what an MP4 of ours has at most
SHORTEST = 0.02  # seconds: browsers show shorter frames for a tenth of a second
INSTEAD = 0.1
SOUND_BYTES = round(MOST_SECONDS * 48_000) * 4  # two channels of 16 bits at most


@dataclass(frozen=True)
class Timing:
    """Which frames of a moving picture are painted, and for how many seconds each is shown."""

    numbers: tuple[int, ...]  # of the frames that are kept, from 0
    seconds: tuple[float, ...]  # of each kept frame


@dataclass(frozen=True)
class Clip:
    """Frames of one size, upright and in sRGB."""

    frames: "Sequence[Image]"
    seconds: tuple[float, ...]  # of each frame
    loops: bool  # the last frame leads to the first
    sound: bytes = b""  # as `engine.mp4.open_mp4` takes it

    @property
    def fps(self) -> float:
        """Frames a second, on average."""
        return len(self.seconds) / sum(self.seconds)


@dataclass(frozen=True)
class FilmProgress:
    """Where a film stands, after a frame was painted."""

    frame: int  # frames done, 1 to total_frames
    total_frames: int
    seconds: float  # since the first began
    seconds_left: float  # foretold
    picture: "Image"  # the frame


class Thinning:
    """Says of frames, as they come, which are kept: so many a second at most.

    `seconds` are those of each kept frame, which is shown until the next one that is kept.
    """

    def __init__(self, fps: float = FPS) -> None:
        self.seconds: list[float] = []
        self._apart = 1 / fps
        self._at = self._due = 0.0

    def keeps(self, lasts: float) -> bool:
        """Say whether the next frame is kept, which lasts so many seconds."""
        kept = self._at >= self._due - 1e-6
        if kept:
            self.seconds.append(lasts)
            while self._due <= self._at + 1e-6:
                self._due += self._apart
        else:
            self.seconds[-1] += lasts
        self._at += lasts
        return kept


def meant(seconds: float) -> float:
    """How long an animation's frame is shown: what is too short to be meant is a tenth of a second.

    Not so of a video, which may have 60 frames a second and more.
    """
    return seconds if seconds >= SHORTEST else INSTEAD


def thinned(durations: Sequence[float], fps: float = FPS) -> Timing:
    """Keep so many frames a second at most. `durations` are in seconds."""
    thinning = Thinning(fps)
    kept = [number for number, lasts in enumerate(durations) if thinning.keeps(lasts)]
    return Timing(tuple(kept), tuple(thinning.seconds))


def thinned_to(most: int, durations: Sequence[float]) -> Timing:
    """Keep `most` frames at most, evenly over their time."""
    if len(durations) <= most:
        return Timing(tuple(range(len(durations))), tuple(durations))
    timing = thinned(durations, (most - 1e-6) / sum(durations))
    return Timing(timing.numbers[:most], timing.seconds[:most])
