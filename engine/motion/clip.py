"""A moving picture as frames, and which of them are painted. Free of torch and Pillow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

FPS = 12.0  # frames a second that are painted at most: what hand-drawn films have
MOST_SECONDS = 6.0
MOST_FRAMES = round(FPS * MOST_SECONDS)
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


def thinned(durations: Sequence[float], fps: float = FPS) -> Timing:
    """Keep so many frames a second at most; each is shown until the next one that is kept.

    `durations` are in seconds, as files give them: those too short to be meant count as a tenth.
    """
    kept: list[int] = []
    seconds: list[float] = []
    at = due = 0.0
    for number, given in enumerate(durations):
        lasts = given if given >= SHORTEST else INSTEAD
        if at >= due - 1e-6:
            kept.append(number)
            seconds.append(lasts)
            while due <= at + 1e-6:
                due += 1 / fps
        else:
            seconds[-1] += lasts
        at += lasts
    return Timing(tuple(kept), tuple(seconds))
