"""Bytes -> the frames of a moving picture. Runs in the decoding child; free of torch.

GIF, APNG and animated WebP by Pillow, MP4, MOV, WebM and Matroska by FFmpeg, through PyAV. No more
seconds of a clip are decoded than are painted, and only frames that are kept become pictures.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from io import BytesIO

import av
import numpy as np
from av.error import FFmpegError
from PIL import Image, ImageSequence

from engine import images
from engine.errors import ImageRejected, Sentence
from engine.ground import ground_for
from engine.motion.clip import MOST_FRAMES, MOST_SECONDS, Thinning, meant, thinned_to
from engine.motion.kinds import animation_ending, frames_marked, video_format
from engine.mp4 import SOUND_RATE
from engine.picture_limits import PictureLimits

FORMATS = ("GIF", "PNG", "WEBP")  # of Pillow's, those that can move
SHORTEST = 1e-3  # seconds between two frames of a video, at least
MOST_IN_FILE = 10_000  # frames, of which the first seconds are read: minutes of a usual clip


@dataclass(frozen=True)
class Film:
    """The frames that are to be painted, one below the other in one picture."""

    strip: Image.Image | None  # RGB; as many frames high as there are `seconds`; None: unwanted
    size: tuple[int, int]  # of a frame, as large as it was made
    seconds: tuple[float, ...]  # of each frame
    loops: bool
    sound: bytes  # as `engine.mp4.open_mp4` takes it
    note: Sentence | None = None  # where the clip is longer than what is painted


BeforeLoad = Callable[[int], None]
Frame = tuple[Callable[[int], Image.Image], float]  # makes it so small, and its seconds


def read_film(
    data: bytes,
    limits: PictureLimits,
    name: str,
    before_load: BeforeLoad,
    *,
    side: int,
    seconds: float = MOST_SECONDS,
    most: int = MOST_FRAMES,
) -> Film:
    """Decode a moving picture, or a still one as a single frame.

    Frames are `side` pixels long at most; with 0 they are measured only. `most` frames of the
    first `seconds` are kept, evenly. Raises ImageRejected where it is none, or beyond the limits.
    """
    frames = _frames(data, limits, name, before_load)
    thinning, shown = Thinning(), list[Image.Image]()
    size, length, whole = (0, 0), 0.0, True
    for make, given in frames:
        left = seconds - length
        if left < SHORTEST:
            whole = False
            break
        lasts = min(given, left)
        length += lasts
        if thinning.keeps(lasts) and (side or not size[0]):
            picture = make(side)
            size = size if size[0] else picture.size
            shown.append(picture.resize(size))
        whole = given <= left + SHORTEST
    if not size[0]:
        raise ImageRejected("{name} has no frame that can be read.", name=name)
    timing = thinned_to(most, thinning.seconds)
    strip = _strip([shown[number] for number in timing.numbers], size) if side else None
    sound = b"" if not side or not video_format(data) else _sound(data, seconds)
    note = None
    if not whole and len(timing.seconds) > 1:
        note = Sentence(
            "{name} is longer: its first {seconds} seconds are painted.",
            name=name,
            seconds=seconds,
        )
    return Film(strip, size, timing.seconds, whole and _loops(data), sound, note)


def _strip(frames: list[Image.Image], size: tuple[int, int]) -> Image.Image:
    width, height = size
    strip = Image.new("RGB", (width, height * len(frames)))
    for place, frame in enumerate(frames):
        strip.paste(frame, (0, place * height))
    return strip


def _frames(
    data: bytes, limits: PictureLimits, name: str, before_load: BeforeLoad
) -> Iterator[Frame]:
    """The frames of a file."""
    if video_format(data):
        return _video(data, limits, name, before_load)
    if animation_ending(data):
        return _animation(data, limits, name, before_load)
    still = images.decode(data, limits, name, before_load)
    return iter([(partial(_small, still), meant(0.0))])


def _loops(data: bytes) -> bool:
    """Whether the last frame leads to the first. A GIF that says nothing of it plays once."""
    if not animation_ending(data):
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(BytesIO(data), formats=FORMATS) as picture:
            return bool(picture.info.get("loop", 1) != 1)


def _animation(
    data: bytes, limits: PictureLimits, name: str, before_load: BeforeLoad
) -> Iterator[Frame]:
    _check_count(frames_marked(data), name)
    images.check(data, limits, name, before_load)  # the first frame, and all limits on its size
    try:
        with warnings.catch_warnings(), Image.open(BytesIO(data), formats=FORMATS) as picture:
            warnings.simplefilter("ignore")
            ground = ""
            for number, frame in enumerate(ImageSequence.Iterator(picture)):
                if number == 0 and _is_stand_in(picture):
                    continue
                images.check_size(frame.size, limits, name)  # a later frame may be larger
                frame.load()
                ground = ground or _ground(frame)  # one for all frames
                shown = float(frame.info.get("duration", 0)) / 1000
                yield partial(_laid, frame, ground), meant(shown)
    except (ImageRejected, MemoryError):
        raise
    except Exception as error:  # a damaged file makes decoders raise whatever they please
        raise ImageRejected(images.damaged(name)) from error


def _is_stand_in(picture: Image.Image) -> bool:
    """Whether the first picture of an APNG is the one for viewers without animation alone."""
    frames: int = getattr(picture, "n_frames", 1)
    return frames > 1 and bool(picture.info.get("default_image"))


def _check_count(frames: int, name: str) -> None:
    if frames > MOST_IN_FILE:
        raise ImageRejected(
            "{name} has more than {most} frames; choose a shorter one.",
            name=name,
            most=MOST_IN_FILE,
        )


def _ground(frame: Image.Image) -> str:
    seen = frame.convert("RGBA")
    return ground_for(seen.convert("RGB"), seen.getchannel("A"))


def _laid(frame: Image.Image, ground: str, side: int) -> Image.Image:
    """A frame on the ground where it is transparent."""
    seen = frame.convert("RGBA")
    laid = Image.new("RGB", seen.size, ground)
    laid.paste(seen, mask=seen.getchannel("A"))
    return _small(laid, side)


def _video(
    data: bytes, limits: PictureLimits, name: str, before_load: BeforeLoad
) -> Iterator[Frame]:
    try:
        with av.open(BytesIO(data), "r", format=video_format(data)) as container:
            stream = container.streams.video[0]
            size = stream.codec_context.width, stream.codec_context.height
            images.check_size(size, limits, name)
            _check_count(stream.frames, name)
            before_load(size[0] * size[1])
            usual = 1 / float(stream.average_rate or 25)
            waiting: tuple[av.VideoFrame, float] | None = None
            for frame in container.decode(stream):
                images.check_size((frame.width, frame.height), limits, name)  # it may change
                at = float(frame.time or 0.0)
                if waiting is not None:
                    yield partial(_upright, waiting[0]), max(at - waiting[1], SHORTEST)
                waiting = frame, at
            if waiting is not None:
                yield partial(_upright, waiting[0]), usual
    except (ImageRejected, MemoryError):
        raise
    except Exception as error:  # as above
        raise ImageRejected(
            "{name} is no moving picture that can be read; choose a GIF, WebP, PNG, MP4 or WebM.",
            name=name,
        ) from error


def _upright(frame: av.VideoFrame, side: int) -> Image.Image:
    picture = Image.fromarray(frame.to_ndarray(format="rgb24"))
    upright = picture.rotate(frame.rotation, expand=True) if frame.rotation else picture
    return _small(upright, side)


def _small(picture: Image.Image, side: int) -> Image.Image:
    """At most `side` pixels long; as it is with 0."""
    picture = picture.convert("RGB")
    if side:
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return picture


def _sound(data: bytes, seconds: float) -> bytes:
    """The sound, as long as the frames that are read; empty where there is none."""
    most = 4 * round(seconds * SOUND_RATE)
    sound = bytearray()
    with (
        suppress(FFmpegError, IndexError, ValueError),
        av.open(BytesIO(data), "r", format=video_format(data)) as container,
    ):
        stream = container.streams.audio[0]
        to_pcm = av.AudioResampler("s16", "stereo", SOUND_RATE)
        for frame in container.decode(stream):
            for part in to_pcm.resample(frame):
                sound += np.ascontiguousarray(part.to_ndarray()).astype("<i2").tobytes()
            if len(sound) >= most:
                break
    return bytes(sound[:most])
