"""Pictures -> MP4 that browsers and Discord play: H.264, yuv420p, BT.709, the index in front."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from PIL import Image

MAX_SIDE = 720  # pixels; more costs megabytes and shows no more strokes in a chat
TICKS = 1000  # a second
SOUND_RATE = 48_000  # samples a second, of two channels with 16 bits each
_SAMPLES_AT_ONCE = 1024  # of AAC

# Even quality, but never above 4 Mbit/s: ten seconds stay under 6 MB.
_ENCODER = {"crf": "21", "preset": "faster", "maxrate": "4M", "bufsize": "4M"}


class Mp4:
    """A film that is being written; see `open_mp4`."""

    def __init__(
        self, container: OutputContainer, size: tuple[int, int], fps: float, sound: bytes = b""
    ) -> None:
        self._container = container
        self._sound = sound
        self._durations: dict[int, int] = {}  # of frames in the encoder, in ticks, by their start
        self.size = size  # pixels; both even
        self._stream = container.add_stream("h264", rate=max(1, round(fps)), options=_ENCODER)
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, TICKS)
        # Untagged, players guess from the size how to turn YUV into colours, and guess apart.
        context = self._stream.codec_context
        context.colorspace = Colorspace.ITU709
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
        context.color_range = ColorRange.MPEG

        if sound:
            self._voice = container.add_stream("aac", rate=SOUND_RATE, layout="stereo")

    def add(self, picture: Image.Image, at: float, lasts: float) -> None:
        """Append a frame that is shown for some seconds, from second `at` on."""
        frame = av.VideoFrame.from_ndarray(np.asarray(picture.convert("RGB")), "rgb24").reformat(
            width=self.size[0],
            height=self.size[1],
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )
        frame.pts = round(at * TICKS)
        frame.time_base = Fraction(1, TICKS)
        self._durations[frame.pts] = round(lasts * TICKS)
        self._write(self._stream.encode(frame))

    def _write(self, packets: "list[av.Packet[av.VideoStream]]") -> None:
        """Mux frames with their durations: without its own, the last one would be as the others."""
        for packet in packets:
            if packet.pts is not None:
                packet.duration = self._durations.pop(packet.pts, packet.duration or 0)
        self._container.mux(packets)

    def finish(self) -> None:
        """Write what the encoder still holds, and the sound."""
        self._write(self._stream.encode(None))
        if not self._sound:
            return
        samples = np.frombuffer(self._sound, "<i2").reshape(-1, 2)
        for start in range(0, len(samples), _SAMPLES_AT_ONCE):
            part = samples[start : start + _SAMPLES_AT_ONCE].reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), "s16", "stereo")
            frame.sample_rate = SOUND_RATE
            frame.pts = start
            frame.time_base = Fraction(1, SOUND_RATE)
            self._container.mux(self._voice.encode(frame))
        self._container.mux(self._voice.encode(None))


@contextmanager
def open_mp4(path: Path, width: int, height: int, fps: float, sound: bytes = b"") -> Iterator[Mp4]:
    """Open a film for pictures of width x height pixels, at most MAX_SIDE, about `fps` a second.

    `sound` are samples of two channels in turn, 16 bits each, little-endian, SOUND_RATE a second.
    """
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        yield Mp4(container, video_size(width, height), fps, sound)


def video_size(width: int, height: int) -> tuple[int, int]:
    """Return the even (width, height) of the video for pictures of width x height pixels."""
    fraction = min(1.0, MAX_SIDE / max(width, height))
    # yuv420p keeps one colour for 2x2 pixels; half a pixel of stretching is not seen, a bar is.
    even = [max(2, 2 * round(side * fraction / 2)) for side in (width, height)]
    return even[0], even[1]
