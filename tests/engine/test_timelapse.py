"""The video of a painting, read back by the decoder that players use."""

import threading
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from engine.errors import OutputRejected, Stopped
from engine.timelapse import MAX_SIDE, TimelapseWriter, video_size

RED, BLUE = (200, 40, 50), (40, 60, 190)


def test_video_plays_where_people_look(tmp_path: Path) -> None:
    """H.264 in yuv420p at an even size, its index in front, colours tagged and right."""
    path = tmp_path / "out.mp4"
    with TimelapseWriter(path, 97, 65, fps=10) as video:
        video.add(Image.new("RGB", (97, 65), RED))
        video.add(Image.new("RGB", (49, 33), BLUE))  # of a coarser scale
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(path) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == video_size(97, 65) == (96, 64)
        assert stream.codec_context.colorspace == 1  # BT.709, ITU-T H.273 table 4
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 2 + 2 * 10  # the last one stays for two seconds
    for frame, color in ((frames[0], RED), (frames[1], BLUE), (frames[-1], BLUE)):
        assert np.abs(frame[8:-8, 8:-8].astype(int) - color).max() < 8


@pytest.mark.parametrize(
    ("size", "video"),
    [
        ((512, 384), (512, 384)),
        ((1024, 767), (720, 540)),
        ((301, 999), (216, 720)),
        ((33, 17), (32, 16)),
    ],
)
def test_sizes_are_even_and_bounded(size: tuple[int, int], video: tuple[int, int]) -> None:
    """Large paintings are filmed at 720 pixels, odd ones at the nearest even size."""
    assert video_size(*size) == video


def test_noisy_painting_stays_small(tmp_path: Path) -> None:
    """Even pure noise, which no encoder can press, stays within half a megabyte per second."""
    path = tmp_path / "noise.mp4"
    dice = np.random.default_rng(0)
    with TimelapseWriter(path, MAX_SIDE, MAX_SIDE * 3 // 4) as video:
        for _ in range(30):
            pixels = dice.integers(0, 256, (MAX_SIDE * 3 // 4, MAX_SIDE, 3), dtype=np.uint8)
            video.add(Image.fromarray(pixels))
    seconds = 30 / 15 + 2
    assert path.stat().st_size < 500_000 * seconds * 1.5  # the rate control needs room to react


def test_failed_painting_leaves_no_video(tmp_path: Path) -> None:
    """Whatever ends the block early, an interrupt too, the older file stays and nothing else."""
    path = tmp_path / "out.mp4"
    path.write_text("an older video")

    def fail(fault: type[BaseException]) -> None:
        with TimelapseWriter(path, 64, 64) as video:
            video.add(Image.new("RGB", (64, 64), RED))
            raise fault

    for fault in (RuntimeError, KeyboardInterrupt):
        with pytest.raises(fault):
            fail(fault)
    assert path.read_text() == "an older video"
    assert list(tmp_path.iterdir()) == [path]


def test_frames_are_encoded_in_order_beside_the_painting(tmp_path: Path) -> None:
    """In a thread, one after another: each is a brighter grey than the last."""
    path = tmp_path / "out.mp4"
    shades = list(range(40, 220, 12))
    with TimelapseWriter(path, 64, 64) as video:
        for shade in shades:
            video.add(Image.new("RGB", (64, 64), (shade, shade, shade)))
        assert "timelapse" in " ".join(thread.name for thread in threading.enumerate())
    with av.open(path) as container:
        means = [frame.to_ndarray(format="gray").mean() for frame in container.decode(video=0)]
    assert means[: len(shades)] == pytest.approx(shades, abs=4)


def test_an_error_of_the_encoder_is_raised_where_the_painting_is(tmp_path: Path) -> None:
    """At the next picture or at the end; no video is left, and no thread."""
    path = tmp_path / "out.mp4"
    before = threading.active_count()
    broken = Image.new("RGB", (64, 64), RED)
    broken.close()

    def painted(*pictures: Image.Image) -> None:
        with TimelapseWriter(path, 64, 64) as video:
            for picture in pictures:
                video.add(picture)

    for pictures in ([broken], [broken, Image.new("RGB", (64, 64), BLUE)]):
        with pytest.raises(ValueError, match="closed image"):
            painted(*pictures)
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == before


def test_a_cancelled_painting_leaves_no_thread(tmp_path: Path) -> None:
    """Nor a video."""
    before = threading.active_count()

    def cancelled() -> None:
        with TimelapseWriter(tmp_path / "out.mp4", 64, 64) as video:
            video.add(Image.new("RGB", (64, 64), RED))
            raise Stopped

    with pytest.raises(Stopped):
        cancelled()
    assert threading.active_count() == before
    assert list(tmp_path.iterdir()) == []


def test_video_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """A missing folder is found before the first frame; a video of nothing is not written."""
    with pytest.raises(OutputRejected, match="does not exist"):
        TimelapseWriter(tmp_path / "missing" / "out.mp4", 64, 64).__enter__()
    with (
        pytest.raises(OutputRejected, match="no step"),
        TimelapseWriter(tmp_path / "a.mp4", 64, 64),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
