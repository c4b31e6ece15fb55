"""The decoding child: the same pictures as here, within limits that the kernel keeps."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from engine import images, picture_formats
from engine.decoding.client import Child
from engine.decoding.messages import Answer, Task, read_answer, task_frame
from engine.decoding.pictures import PictureReader, picture_reader
from engine.errors import ImageRejected, OutputRejected, Stopped
from engine.picture_limits import (
    CLIP_EFFORT,
    DEFAULT_LIMITS,
    FULL_EFFORT,
    UPLOAD_EFFORT,
    Effort,
    PictureLimits,
)
from tests.attacks.files import jpeg_of_scans, jpeg_with_markers
from tests.engine.picture_files import FORMATS, differs, encoded, quarters


@pytest.fixture(scope="module")
def reader() -> Iterator[PictureReader]:
    """One child for all tests."""
    with picture_reader() as reader:
        yield reader


@pytest.fixture
def child() -> Iterator[Child]:
    """A child of one's own, which the test may end."""
    child = Child()
    child.start()
    yield child
    child.close()


@pytest.mark.parametrize("sent", ["a header and no more", "a task, and nobody reads the answer"])
def test_a_child_ends_quietly_without_its_owner(
    capfd: pytest.CaptureFixture[str], sent: str
) -> None:
    """An engine that is killed leaves its child in the middle of a task: no traceback is logged."""
    child = Child()
    child.start()
    process = child._process
    assert process is not None
    assert process.stdin is not None
    assert process.stdout is not None
    data = encoded(quarters(), "PNG")
    task = Task("check", "a.png", DEFAULT_LIMITS, UPLOAD_EFFORT)
    message = task_frame(task, len(data)) + data
    if sent.startswith("a task"):
        process.stdout.close()
        process.stdin.write(message)
    else:
        process.stdin.write(message[:9])
        process.stdin.close()
    process.wait(120)
    assert process.returncode == 0
    assert capfd.readouterr().err == ""


def test_ffmpeg_does_not_count_against_a_film(child: Child) -> None:
    """Its libraries are loaded before the limits are set, however little a film may take."""
    film = encoded(quarters(), "GIF", save_all=True, append_images=[quarters().rotate(90)])
    little = replace(CLIP_EFFORT, base_bytes=8 * 2**20)
    answer = child.ask(Task("measure", "a.gif", DEFAULT_LIMITS, little), film)
    assert len(answer.seconds) == 2


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("size", [(16, 16), (333, 41), (64, 1000)])
def test_pixels_are_the_same_as_here(
    reader: PictureReader, format_name: str, size: tuple[int, int]
) -> None:
    """A picture comes out of the child as `images.decode` makes it, whatever its size."""
    data = encoded(quarters().resize(size), format_name)
    limits = PictureLimits(max_aspect=32)
    there, here = reader.decode(data, limits), images.decode(data, limits)
    assert (there.size, there.tobytes()) == (here.size, here.tobytes())


def test_a_child_starts_with_a_format_that_pillow_cannot_write() -> None:
    """Its decoders are loaded by examples; a format without one, such as PSD, is passed over."""
    assert [data[:4] for data in picture_formats.examples(("PNG", "PSD"))] == [b"\x89PNG"]
    assert len(picture_formats.examples()) == len(picture_formats.READABLE)


def test_a_picture_of_many_strips(reader: PictureReader) -> None:
    """Pixels are shared in strips; all of them arrive, in order."""
    data = encoded(quarters(1500).rotate(5), "PNG")
    assert reader.decode(data).tobytes() == images.decode(data).tobytes()


@pytest.mark.parametrize(("enough", "expected"), [
    (None, (401, 300)), (401 * 300, (401, 300)), (201 * 150 + 1, (401, 300)),
    (201 * 150, (201, 150)), (401 * 300 // 17, (101, 75)), (1, (51, 38)),
])  # fmt: skip
def test_a_large_jpeg_is_decoded_to_enough_pixels(
    reader: PictureReader, enough: int | None, expected: tuple[int, int]
) -> None:
    """At half, a quarter or an eighth of its sides, never to fewer; other formats are whole."""
    picture = quarters().resize((401, 300))
    small = reader.decode(encoded(picture, "JPEG"), enough=enough)
    assert small.size == expected
    assert differs(small, picture.resize(expected)) < 4
    assert reader.decode(encoded(picture, "PNG"), enough=enough).size == (401, 300)


def test_refusals_are_the_same_as_here(reader: PictureReader) -> None:
    """The child refuses in the words of `images.decode`, and lives on."""
    for data in (b"no picture", encoded(quarters(), "PNG")[:100]):
        with pytest.raises(ImageRejected) as here:
            images.decode(data, name="It")
        with pytest.raises(ImageRejected) as there:
            reader.decode(data, name="It")
        assert str(there.value) == str(here.value)


@pytest.mark.parametrize("between", ["\u202f", "\u00a0", "\n", "\udcff", "\u200d"])
def test_a_name_may_have_any_letters(reader: PictureReader, tmp_path: Path, between: str) -> None:
    """With a narrow space in its name, as macOS writes, a cut picture is told as any other."""
    file, notes = tmp_path / f"at 9.41{between}AM.png", list[str]()
    whole = encoded(Image.effect_noise((64, 64), 80), "PNG")
    file.write_bytes(whole[: round(0.97 * len(whole))])
    assert reader.read(file, tell=notes.append).width == 64
    (note,) = notes
    assert "is cut off" in note
    file.write_bytes(b"no picture")
    with pytest.raises(ImageRejected, match="is not a picture that can be read"):
        reader.read(file)


def test_check_answers_the_upright_size(child: Child) -> None:
    """An orientation that turns the picture swaps the sides that `check` answers."""
    exif = quarters().getexif()
    exif[274] = 6
    data = encoded(quarters().resize((80, 40)), "JPEG", exif=exif)
    answer = child.ask(Task("check", "It", DEFAULT_LIMITS, UPLOAD_EFFORT), data)
    assert (answer.width, answer.height) == (40, 80) == images.decode(data).size


def test_shrink_and_fit(child: Child) -> None:
    """Smaller copies are files of the kind that was asked for; what fits nowhere is told."""
    data = encoded(quarters(400), "PNG")
    small = child.ask(
        Task("shrink", "It", DEFAULT_LIMITS, FULL_EFFORT, side=100, extension=".webp", quality=80),
        data,
    )
    assert images.decode(bytes(small.data)).size == (100, 100) == (small.width, small.height)
    fitting = child.ask(Task("fit", "It", DEFAULT_LIMITS, FULL_EFFORT, max_bytes=900), data)
    assert len(fitting.data) <= 900
    assert images.decode(bytes(fitting.data)).size == (fitting.width, fitting.height)
    with pytest.raises(OutputRejected):
        child.ask(Task("fit", "It", DEFAULT_LIMITS, FULL_EFFORT, max_bytes=10), data)


def test_seconds_of_the_processor_are_limited(child: Child) -> None:
    """A file that would take minutes ends its child after the seconds that it may use."""
    task = Task("check", "It", DEFAULT_LIMITS, Effort(cpu_seconds=1, wall_seconds=60.0))
    with pytest.raises(ImageRejected, match="It takes too long to decode"):
        child.ask(task, jpeg_of_scans(4000, 6000))
    assert not child.alive


def test_wall_time_is_limited(child: Child) -> None:
    """A child that waits for something else is ended too."""
    task = Task("check", "It", DEFAULT_LIMITS, Effort(cpu_seconds=60, wall_seconds=0.2))
    with pytest.raises(ImageRejected, match="It takes too long to decode"):
        child.ask(task, jpeg_of_scans(4000, 6000))
    assert not child.alive


def test_memory_is_limited(child: Child) -> None:
    """A picture that needs more than it may have is refused with a message."""
    task = Task("decode", "It", DEFAULT_LIMITS, Effort(base_bytes=2**20, bytes_per_pixel=1))
    with pytest.raises(ImageRejected, match="memory"):
        child.ask(task, encoded(quarters(3000), "PNG"), None, lambda _size, _strips: None)


@pytest.mark.slow
def test_used_up_memory_is_a_refusal() -> None:
    """Where not a byte is left for a refusal, the child writes it all the same and lives on."""
    markers = jpeg_with_markers(150_000)  # each is a small object
    for more in range(18):
        child = Child()  # what an earlier task has left would not count
        child.start()
        effort = replace(UPLOAD_EFFORT, base_bytes=6_000_000 + 200_000 * more)
        with pytest.raises(ImageRejected, match="needs more memory than there is"):
            child.ask(Task("check", "It", DEFAULT_LIMITS, effort), markers)
        assert child.alive
        assert child.ask(Task("check", "It", DEFAULT_LIMITS, UPLOAD_EFFORT), markers).width == 64
        child.close()


def test_asking_can_be_stopped(child: Child) -> None:
    """A painting that is cancelled does not wait for its pictures."""
    task = Task("check", "It", DEFAULT_LIMITS, FULL_EFFORT)
    answers = iter([False, False, True])
    with pytest.raises(Stopped):
        child.ask(task, jpeg_of_scans(4000, 6000), lambda: next(answers))
    assert not child.alive


def test_a_reader_replaces_its_child(reader: PictureReader) -> None:
    """The picture after one that ended the child is decoded as usual."""
    with pytest.raises(Stopped):
        reader.decode(jpeg_of_scans(4000, 6000), should_stop=lambda: True)
    assert reader.decode(encoded(quarters(), "PNG")).tobytes() == quarters().tobytes()


def test_the_environment_is_scrubbed(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child has nothing of the bot's settings in its environment."""
    monkeypatch.setenv("MURALSCAPE_DISCORD__TOKEN", "a.secret.token")
    monkeypatch.setenv("SOME_API_KEY", "another-secret")
    child.close()
    child.start()
    environment = Path(f"/proc/{child.pid}/environ").read_bytes()
    assert b"secret" not in environment
    assert b"PATH=" in environment


def test_signals_of_the_whole_group_are_ignored(child: Child) -> None:
    """A service manager's SIGTERM reaches all processes; the owner alone ends the child."""
    assert child.pid is not None
    for number in (2, 15):
        os.kill(child.pid, number)
    time.sleep(0.05)
    assert child.alive


@pytest.mark.parametrize(
    "text",
    [
        b"[]",
        b"not JSON",
        b'{"width": 1.5, "height": 1, "extension": "", "content_type": ""}',
        b'{"width": -1, "height": 1, "extension": "", "content_type": "", "refused": "", '
        b'"unwritable": ""}',
        b'{"width": 1, "height": 1, "extension": "", "content_type": "a\\nb", "refused": "", '
        b'"unwritable": ""}',
    ],
)
def test_answers_of_a_hijacked_child(text: bytes) -> None:
    """An answer of other types, or with control characters, is none."""
    with pytest.raises((TypeError, ValueError)):
        read_answer(text, b"")


def test_an_answer_is_read_as_written() -> None:
    """The texts and sizes of an answer arrive."""
    text = (
        b'{"width": 3, "height": 4, "extension": ".jpg", "content_type": "image/jpeg", '
        b'"refused": "", "unwritable": ""}'
    )
    assert read_answer(text, b"x") == Answer(3, 4, ".jpg", "image/jpeg", data=b"x")
