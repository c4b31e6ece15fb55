"""What a stolen worker token, or a worker gone wrong, can send."""

import asyncio
import base64
import io
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.back_off import BackOff
from bot.background import BackgroundTasks
from bot.errors import ExecutorLost
from bot.executors.contract import PaintOrder, PaintProgress
from bot.executors.nats import wire
from bot.jobs.verification import check_painting
from bot.pictures.decoder import Decoder
from bot.pictures.turns import Owner
from engine.request import FilmSettings, PaintSettings
from tests.attacks.files import jpeg_of_scans
from tests.bot.outcomes import OUTCOME
from tests.engine.motion_clips import animation, pan, video
from tests.engine.picture_files import one_color_png

ADA = Owner(10, 1)
JPEG = base64.b64encode(b"\xff\xd8\xff and so on").decode()
PROGRESS = PaintProgress(7, 1, 30, 1.0, 0.5, 0.5, 1.0, 5.0)


def report(**changed: object) -> bytes:
    """Write a report of progress with other values than a worker of ours sends."""
    progress = {**asdict(PROGRESS), **changed}
    return json.dumps({"key": "k", "worker": "w", "progress": progress}).encode()


def test_what_a_worker_of_ours_sends() -> None:
    """A report with a preview arrives as it was."""
    sent = wire.ProgressReport("k", "w", replace(PROGRESS, preview=b"\xff\xd8\xff and so on"))
    assert wire.decode(wire.ProgressReport, wire.encode(sent)) == sent


@pytest.mark.parametrize(
    "changed",
    [
        {"loss": "x"},
        {"loss": None},
        {"content_loss": float("nan")},
        {"seconds_left": float("nan")},
        {"seconds_left": float("inf")},
        {"seconds_left": -1.0},
        {"step": 1.5},
        {"step": -1},
        {"step": 31},
        {"total_steps": 10**9},
        {"job_id": [7]},
        {"preview": "not base 64!"},
        {"preview": base64.b64encode(b"<html><script>alert(1)</script>").decode()},
        {"preview": base64.b64encode(b"\xff\xd8\xff" + bytes(10**6)).decode()},
    ],
    ids=str,
)
def test_progress_of_other_types_and_ranges_is_unreadable(changed: dict[str, Any]) -> None:
    """One bad value makes the whole report unreadable; it reaches no card."""
    with pytest.raises(wire.UNREADABLE):
        wire.decode(wire.ProgressReport, report(**changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"width": 0},
        {"height": 10**6},
        {"seconds": float("nan")},
        {"seconds": -1.0},
        {"steps": -3},
        {"curve": [[1, float("inf")]]},
        {"curve": "abc"},
        {"losses": {"total": float("nan"), "content": 0.0, "style": 0.0}},
        {"scale_starts": [-1]},
    ],
    ids=str,
)
def test_outcomes_of_other_types_and_ranges_are_unreadable(changed: dict[str, Any]) -> None:
    """A painting with impossible numbers is none."""
    painted = {**OUTCOME.to_dict(), **changed}
    said = {"key": "k", "worker": "w", "how": "painted", "sentence": "", "painted": painted}
    with pytest.raises(wire.UNREADABLE):
        wire.decode(wire.Outcome, json.dumps(said).encode())
    wire.decode(wire.Outcome, json.dumps({**said, "painted": OUTCOME.to_dict()}).encode())


async def test_a_task_that_fails_is_started_again(caplog: pytest.LogCaptureFixture) -> None:
    """No background task ends the bot: it runs again after a pause, is logged and counted."""
    failed: list[str] = []
    runs = 0
    done = asyncio.Event()

    async def shaky() -> None:
        nonlocal runs
        runs += 1
        if runs < 4:
            raise TypeError("a loss that is a word")
        done.set()

    with caplog.at_level(logging.ERROR):
        async with BackgroundTasks(failed.append, BackOff(0.001, 0.001)) as tasks:
            tasks.keep("cards", shaky)
            await tasks.until(done)
    assert (runs, failed) == (4, ["cards"] * 3)
    assert "a loss that is a word" in caplog.text


async def test_an_essential_task_that_fails_ends_the_bot() -> None:
    """The connection to Discord that is refused for good is not tried for ever."""

    async def refused() -> None:
        raise ValueError("no such token")

    async with BackgroundTasks() as tasks:
        tasks.start(refused())
        with pytest.raises(ValueError, match="no such token"):
            await tasks.until(asyncio.Event())


async def test_a_task_that_failed_unheard_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """What a task raised that nobody asked after is in the log once its block is left."""

    async def broken() -> None:
        raise TypeError("a lease that is a word")

    with caplog.at_level(logging.ERROR):
        async with BackgroundTasks() as tasks:
            tasks.start(broken())
            await asyncio.sleep(0)  # it fails
    assert "a lease that is a word" in caplog.text


@pytest.fixture
async def decoder() -> AsyncIterator[Decoder]:
    """Start a decoding child."""
    async with Decoder() as decoder:
        yield decoder


def order_in(folder: Path, timelapse: bytes | None = None) -> PaintOrder:
    """Make an order whose files lie in a folder."""
    film = None
    if timelapse is not None:
        film = folder / "film.mp4"
        film.write_bytes(timelapse)
    return PaintOrder(
        1, PaintSettings(), folder / "c", (folder / "s",), folder / "result.png", timelapse=film
    )


def painting(width: int, height: int, form: str = "PNG") -> bytes:
    """Encode a picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(buffer, form)
    return buffer.getvalue()


async def test_a_painting_is_taken_over(decoder: Decoder, tmp_path: Path) -> None:
    """A PNG of the announced size, and an MP4, pass."""
    order = order_in(tmp_path, b"\0\0\0\x18ftypisom")
    order.result.write_bytes(painting(OUTCOME.width, OUTCOME.height))
    await check_painting(decoder, ADA, order, OUTCOME)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (b"<html><script>alert(1)</script>not a picture", "not a PNG"),
        (b"\x89PNG\r\n\x1a\n<html>", "is not a picture"),
        (painting(OUTCOME.width + 1, OUTCOME.height), "not those announced"),
        (painting(OUTCOME.width, OUTCOME.height, "JPEG"), "not a PNG"),
        (painting(OUTCOME.width, OUTCOME.height) + bytes(5 * 2**20), "larger than its pixels"),
        (one_color_png(40_000), "megapixels"),
        (jpeg_of_scans(10, 64), "not a PNG"),
    ],
    ids=("html", "half", "size", "jpeg", "large", "bomb", "scans"),
)
async def test_what_is_no_painting_is_refused(
    decoder: Decoder, tmp_path: Path, result: bytes, words: str
) -> None:
    """Whatever a worker sends instead of a painting is a lost painting, never a delivered file."""
    order = order_in(tmp_path)
    order.result.write_bytes(result)
    outcome = replace(OUTCOME, width=16384, height=16384) if words == "megapixels" else OUTCOME
    with pytest.raises(ExecutorLost, match=words):
        await check_painting(decoder, ADA, order, outcome)


async def test_a_film_that_is_none_is_refused(decoder: Decoder, tmp_path: Path) -> None:
    """The time-lapse is looked at too."""
    order = order_in(tmp_path, b"<html>")
    order.result.write_bytes(painting(OUTCOME.width, OUTCOME.height))
    with pytest.raises(ExecutorLost, match="not an MP4"):
        await check_painting(decoder, ADA, order, OUTCOME)


FILM = replace(OUTCOME, frames=4, frames_asked=4)


def film_in(folder: Path, film: bytes, animation: bytes = b"") -> PaintOrder:
    """Make the files of an order of a film from a GIF."""
    order = order_in(folder)
    order.result.write_bytes(painting(OUTCOME.width, OUTCOME.height))
    settings = replace(order.settings, film=FilmSettings(4, 6.0))
    order = replace(
        order, settings=settings, film=folder / "film.mp4", animation=folder / "film.gif"
    )
    for file, data in zip(order.outputs[1:], (film, animation), strict=True):
        file.write_bytes(data)
    return order


async def test_a_film_is_taken_over(decoder: Decoder, tmp_path: Path) -> None:
    """An MP4 and a GIF pass; so does an MP4 alone, of a film that was stopped."""
    mp4, gif = video(pan(4), 0.1), animation(pan(4), "GIF")
    await check_painting(decoder, ADA, film_in(tmp_path, mp4, gif), FILM)
    await check_painting(decoder, ADA, film_in(tmp_path, mp4), replace(FILM, frames=2))


@pytest.mark.parametrize(
    ("film", "animation", "frames", "words"),
    [
        (b"<html>", b"", 4, "another kind"),
        (b"\0\0\0\x18ftypisom<html>", b"", 4, "no moving picture"),
        (video(pan(4), 0.1), video(pan(4), 0.1), 4, "another kind"),
        (video(pan(4), 0.1), b"GIF89a<html>", 4, "not a picture"),
        (video(pan(4), 0.1), b"", 5, "other frames"),
        (video(pan(4), 0.1), b"", 0, "other frames"),
        (video(pan(2), 0.1), animation(pan(2, side=800), "GIF"), 4, "too large"),
    ],
    ids=("html", "half", "mp4 as gif", "no gif", "more", "a still", "large"),
)
async def test_what_is_no_film_is_refused(
    decoder: Decoder, tmp_path: Path, film: bytes, animation: bytes, frames: int, words: str
) -> None:
    """Whatever a worker sends instead of a film is a lost painting, never a delivered file."""
    order = film_in(tmp_path, film, animation)
    with pytest.raises(ExecutorLost, match=words):
        await check_painting(decoder, ADA, order, replace(FILM, frames=frames, frames_asked=5))
