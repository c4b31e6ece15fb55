"""Bytes -> the frames of a moving picture. Runs in the decoding child; free of torch.

GIF, APNG and animated WebP by Pillow, all else by FFmpeg, through PyAV. No more than
MOST_SECONDS of a clip are decoded, and each frame is made small at once.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO

import av
import numpy as np
from av.error import FFmpegError
from PIL import Image, ImageSequence

from engine import images
from engine.errors import ImageRejected
from engine.ground import ground_for
from engine.motion.clip import INSTEAD, MOST_SECONDS, SHORTEST, thinned
from engine.mp4 import SOUND_RATE
from engine.picture_limits import PictureLimits

MOST_READ = 2000  # frames decoded at most: hours of films have short frames, too
FORMATS = ("GIF", "PNG", "WEBP")  # of Pillow's, those that can move


@dataclass(frozen=True)
class Film:
    """The frames that are to be painted, one below the other in one picture."""

    strip: Image.Image  # RGB; as many frames high as there are `seconds`
    seconds: tuple[float, ...]  # of each frame
    loops: bool
    sound: bytes  # as `engine.mp4.open_mp4` takes it
    note: str = ""  # a sentence, where the clip is longer than what is painted


BeforeLoad = Callable[[int], None]
Frame = tuple[Image.Image, float]  # and its seconds


def read_film(
    data: bytes, limits: PictureLimits, name: str, side: int, before_load: BeforeLoad
) -> Film:
    """Decode a moving picture, or a still one as a single frame; `side` pixels long at most.

    Raises ImageRejected where it is none, or larger than the limits.
    """
    if _kind_of(data) in FORMATS:
        frames, loops, sound = _animation(data, limits, name, side, before_load), True, b""
    else:
        frames, loops = _video(data, limits, name, side, before_load), False
        sound = _sound(data)
    shown: list[Image.Image] = []
    durations: list[float] = []
    whole = True
    for picture, seconds in frames:
        lasts = seconds if seconds >= SHORTEST else INSTEAD
        if sum(durations) + lasts > MOST_SECONDS + 1e-3 or len(shown) == MOST_READ:
            whole = False
            break
        shown.append(picture)
        durations.append(lasts)
    if not shown:
        raise ImageRejected(f"{name} has no frame that can be read.")
    timing = thinned(durations)
    width, height = shown[0].size
    strip = Image.new("RGB", (width, height * len(timing.numbers)))
    for place, number in enumerate(timing.numbers):
        strip.paste(shown[number].resize((width, height)), (0, place * height))
    most = f"its first {MOST_SECONDS:.0f} seconds are painted"
    note = "" if whole else f"{name} is longer: {most}."
    return Film(strip, timing.seconds, loops and whole, sound, note)


def _kind_of(data: bytes) -> str:
    with suppress(OSError, ValueError), Image.open(BytesIO(data)) as picture:
        return picture.format or ""
    return ""


def _animation(
    data: bytes, limits: PictureLimits, name: str, side: int, before_load: BeforeLoad
) -> Iterator[Frame]:
    images.check(data, limits, name, before_load)  # the first frame, and all limits on its size
    try:
        with Image.open(BytesIO(data)) as picture:
            ground = ""
            for frame in ImageSequence.Iterator(picture):
                seconds = float(frame.info.get("duration", 0)) / 1000
                seen = frame.convert("RGBA")
                alpha = seen.getchannel("A")
                ground = ground or ground_for(seen.convert("RGB"), alpha)  # one for all frames
                laid = Image.new("RGB", seen.size, ground)
                laid.paste(seen, mask=alpha)
                yield _small(laid, side), seconds
    except (OSError, ValueError, SyntaxError) as error:
        raise ImageRejected(f"{name} is damaged: {error}.") from error


def _video(
    data: bytes, limits: PictureLimits, name: str, side: int, before_load: BeforeLoad
) -> Iterator[Frame]:
    try:
        with av.open(BytesIO(data), "r") as container:
            stream = container.streams.video[0]
            width, height = stream.codec_context.width, stream.codec_context.height
            if width * height > limits.max_pixels or min(width, height) < limits.min_side:
                raise ImageRejected(f"{name} has {width}x{height} pixels, which is not taken.")
            before_load(width * height)
            usual = 1 / float(stream.average_rate or 25)
            waiting: Frame | None = None
            for frame in container.decode(stream):
                at = float(frame.time or 0.0)
                if waiting is not None:
                    yield waiting[0], max(at - waiting[1], 0.001)
                waiting = _small(_upright(frame), side), at
            if waiting is not None:
                yield waiting[0], usual
    except (FFmpegError, IndexError, ValueError) as error:
        raise ImageRejected(
            f"{name} is no moving picture that can be read; choose a GIF, WebP, PNG, MP4 or WebM."
        ) from error


def _upright(frame: av.VideoFrame) -> Image.Image:
    picture = Image.fromarray(frame.to_ndarray(format="rgb24"))
    return picture.rotate(frame.rotation, expand=True) if frame.rotation else picture


def _small(picture: Image.Image, side: int) -> Image.Image:
    picture = picture.convert("RGB")
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return picture


def _sound(data: bytes) -> bytes:
    """The sound, as long as the frames that are read; empty where there is none."""
    most = round(MOST_SECONDS * SOUND_RATE)
    parts: list[bytes] = []
    with suppress(FFmpegError, IndexError, ValueError), av.open(BytesIO(data), "r") as container:
        stream = container.streams.audio[0]
        to_pcm = av.AudioResampler("s16", "stereo", SOUND_RATE)
        for frame in container.decode(stream):
            for part in to_pcm.resample(frame):
                parts.append(np.ascontiguousarray(part.to_ndarray()).astype("<i2").tobytes())
            if sum(map(len, parts)) >= 4 * most:
                break
    return b"".join(parts)[: 4 * most]
