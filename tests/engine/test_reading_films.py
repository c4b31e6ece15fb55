"""Moving pictures that are read in the decoding child, and the command that paints them."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from bot.cli.group import muralscape
from engine.decoding.pictures import PictureReader, picture_reader
from engine.errors import ImageRejected, RequestRejected
from engine.motion.clip import MOST_FRAMES, MOST_SECONDS, Clip
from engine.motion.writing import write_film
from engine.mp4 import SOUND_RATE
from engine.samples import STYLES
from tests.engine.motion_clips import pan, video


@pytest.fixture(scope="module")
def reader() -> Iterator[PictureReader]:
    """A decoding child."""
    with picture_reader() as found:
        yield found


def animated(path: Path, frames: list[Image.Image], milliseconds: int, form: str) -> Path:
    """Write an animation as Pillow does."""
    frames[0].save(
        path, form, save_all=True, append_images=frames[1:], duration=milliseconds, loop=0
    )
    return path


@pytest.mark.parametrize(("name", "form"), [("a.gif", "GIF"), ("a.webp", "WEBP"), ("a.png", "PNG")])
def test_animations_are_read(reader: PictureReader, tmp_path: Path, name: str, form: str) -> None:
    """Frames, their times and the loop, made as small as asked."""
    clip = reader.read_film(animated(tmp_path / name, pan(4), 100, form), side=32)
    assert [frame.size for frame in clip.frames] == [(32, 32)] * 4
    assert clip.seconds == pytest.approx([0.1] * 4)
    assert clip.loops
    shrunk = np.asarray(pan(4)[2].resize((32, 32), Image.Resampling.LANCZOS)).astype(int)
    assert np.abs(np.asarray(clip.frames[2]).astype(int) - shrunk).mean() < 12


@pytest.mark.parametrize(
    ("form", "options"), [("GIF", {}), ("PNG", {"loop": 1}), ("WEBP", {"loop": 1})]
)
def test_what_plays_once_is_no_loop(
    reader: PictureReader, tmp_path: Path, form: str, options: dict[str, int]
) -> None:
    """Its end does not lead to its beginning, neither when it is read nor when it is written."""
    first, *others = pan(3)
    path = tmp_path / "once"
    first.save(path, form, save_all=True, append_images=others, duration=100, **options)
    clip = reader.read_film(path, side=32)
    assert len(clip.frames) == 3
    assert not clip.loops
    if form != "PNG":
        write_film(clip, tmp_path / f"film.{form.lower()}")
        assert not reader.read_film(tmp_path / f"film.{form.lower()}", side=32).loops


def test_a_stand_in_is_no_frame(reader: PictureReader, tmp_path: Path) -> None:
    """An APNG may have a picture for viewers without animation; only the others are its frames."""
    stand_in, *frames = pan(3)
    path = tmp_path / "a.png"
    stand_in.save(path, save_all=True, append_images=frames, default_image=True, duration=100)
    clip = reader.read_film(path, side=64)
    assert [np.asarray(frame).tobytes() for frame in clip.frames] == [
        np.asarray(frame).tobytes() for frame in frames
    ]


def test_a_video_is_read_with_its_sound(reader: PictureReader, tmp_path: Path) -> None:
    """What was written as MP4 comes back: frames, times, and the sound."""
    sound = (np.sin(np.arange(SOUND_RATE // 2) / 9) * 9000).astype("<i2").repeat(2).tobytes()
    write_film(Clip(pan(5), (0.1,) * 5, loops=False, sound=sound), tmp_path / "a.mp4")
    clip = reader.read_film(tmp_path / "a.mp4", side=64)
    assert len(clip.frames) == 5
    assert sum(clip.seconds) == pytest.approx(0.5, abs=0.05)
    assert not clip.loops
    assert len(clip.sound) == pytest.approx(len(sound), rel=0.15)
    assert np.abs(np.frombuffer(clip.sound, "<i2")).max() > 3000


def test_a_fast_video_keeps_its_time(reader: PictureReader, tmp_path: Path) -> None:
    """At 60 frames a second each is short and meant so: the clip is neither slower nor cut off."""
    notes: list[str] = []
    (tmp_path / "fast.mp4").write_bytes(video(pan(90, 1, 32), 1 / 60))
    clip = reader.read_film(tmp_path / "fast.mp4", 32, notes.append)
    assert sum(clip.seconds) == pytest.approx(1.5, abs=0.05)
    assert len(clip.frames) == 18
    assert not notes


def test_a_still_picture_has_one_frame(reader: PictureReader, tmp_path: Path) -> None:
    """A picture that does not move is a film of one frame."""
    pan(1)[0].save(tmp_path / "still.png")
    assert len(reader.read_film(tmp_path / "still.png", side=64).frames) == 1


def test_a_long_clip_is_begun(reader: PictureReader, tmp_path: Path) -> None:
    """Of a clip that is too long the first seconds are taken, with a word; it does not loop."""
    notes: list[str] = []
    path = animated(tmp_path / "long.gif", pan(4, 2, 32) * 10, 500, "GIF")
    clip = reader.read_film(path, 32, notes.append)
    assert sum(clip.seconds) == pytest.approx(MOST_SECONDS)
    assert not clip.loops
    assert notes == [f"{path} is longer: its first 6 seconds are painted."]


def test_hostile_animations_cost_little(reader: PictureReader, tmp_path: Path) -> None:
    """Frames of no time are read no further than needed; huge canvases are refused."""
    many = animated(tmp_path / "many.gif", pan(2, 2, 16) * 100, 0, "GIF")
    assert len(reader.read_film(many, 16).frames) <= MOST_FRAMES
    small = io.BytesIO()
    pan(2)[0].save(small, "GIF", save_all=True, append_images=pan(2)[1:])
    huge = bytearray(small.getvalue())
    huge[6:10] = b"\xff\xff\xff\xff"
    (tmp_path / "huge.gif").write_bytes(huge)
    with pytest.raises(ImageRejected):
        reader.read_film(tmp_path / "huge.gif", 64)
    (tmp_path / "no.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 9)
    with pytest.raises(ImageRejected, match="no moving picture"):
        reader.read_film(tmp_path / "no.mp4", 64)


def test_the_command_paints_a_film(tmp_path: Path) -> None:
    """`paint clip.gif style -o out.mp4` paints every frame; what goes with pictures is refused."""
    gif = animated(tmp_path / "clip.gif", pan(3), 100, "GIF")
    command = ["paint", str(gif), str(STYLES[0].path), "--preset", "draft", "--size", "48"]
    out = tmp_path / "out.webp"
    ran = CliRunner().invoke(muralscape, [*command, "--steps", "4", "-o", str(out)])
    assert ran.exit_code == 0, ran.output
    assert "48x48, 3 frames" in ran.output
    with Image.open(out) as film:
        assert film.n_frames == 3  # type: ignore[attr-defined]
    beside = ["-o", str(tmp_path / "a.mp4"), "--loss-plot", str(tmp_path / "l.png")]
    refused = CliRunner().invoke(muralscape, [*command, *beside])
    assert isinstance(refused.exception, RequestRejected)
    assert "--loss-plot goes with a single picture" in str(refused.exception)
