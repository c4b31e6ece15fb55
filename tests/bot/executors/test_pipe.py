"""Messages between the bot and an engine process: typed, bounded, and never unpickled."""

import io
import json
import pickle
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from bot.executors import pipe
from bot.executors.checks import LARGEST_PREVIEW
from bot.executors.contract import PaintOrder, PaintProgress
from engine import frames
from engine.request import PaintSettings
from tests.bot.outcomes import OUTCOME

ORDER = PaintOrder(
    job_id=7,
    settings=PaintSettings(size=64, style_weights=(1.0, 2.0)),
    content=Path("content"),
    styles=(Path("one"), Path("two")),
    result=Path("result.png"),
    timelapse=Path("film.mp4"),
)
PROGRESS = PaintProgress(7, 3, 10, 1.5, 0.5, 1.0, 2.0, 4.0, preview=b"\xff\xd8\xff and so on")


def reader(data: bytes) -> Callable[[int], bytes]:
    """Read from bytes as from a pipe."""
    file = io.BytesIO(data)

    def read(size: int) -> bytes:
        got = file.read(size)
        if len(got) < size:
            raise EOFError
        return got

    return read


@pytest.mark.parametrize("message", [pipe.Paint(ORDER), pipe.Cancel(7)])
def test_what_the_bot_sends_arrives(message: pipe.FromBot) -> None:
    """Orders keep their settings and paths; they are no messages of an engine process."""
    data = pipe.encode(message)
    assert pipe.decode(reader(data), pipe.TO_ENGINE) == message
    with pytest.raises(ValueError, match="not a message"):
        pipe.decode(reader(data), pipe.TO_BOT)


@pytest.mark.parametrize(
    "message",
    [
        *(pipe.Ready("cpu"), pipe.Unusable("No weights."), pipe.Alive(), pipe.Painted(OUTCOME)),
        *(pipe.Failed("Too large."), pipe.Cancelled(), pipe.Crashed("Traceback ..."), PROGRESS),
    ],
    ids=lambda message: type(message).__name__,
)
def test_what_an_engine_process_sends_arrives(message: pipe.FromEngine) -> None:
    """Every kind of message arrives as it was sent, the preview after the JSON."""
    assert pipe.decode(reader(pipe.encode(message)), pipe.TO_BOT) == message


VALUES = {**asdict(PROGRESS), "preview": None, "kind": "PaintProgress"}


def framed(values: object, after: bytes = b"") -> bytes:
    """Write a frame as the other end might."""
    return frames.frame(json.dumps(values).encode(), len(after)) + after


@pytest.mark.parametrize(
    "sent",
    [
        frames.frame(pickle.dumps(PROGRESS)),
        framed([]),
        framed({"kind": "Popen"}),
        framed({"kind": "Ready"}),
        framed({"kind": "Ready", "device": ["cpu"]}),
        framed({"kind": "Ready", "device": "cpu"}, b"bytes"),
        framed({"kind": "Painted", "outcome": {}}),
        framed({**VALUES, "seconds_left": float("nan")}),
        framed(VALUES, b"GIF89a"),
        frames.HEADER.pack(pipe.MOST_JSON + 1, 0),
        frames.HEADER.pack(2, LARGEST_PREVIEW + 1),
    ],
    ids=(
        *("pickle", "list", "kind", "field missing", "type", "bytes", "outcome"),
        *("nan", "preview", "long text", "long bytes"),
    ),
)
def test_anything_else_is_refused(sent: bytes) -> None:
    """Other types, values out of range and long messages are errors, found before memory is."""
    with pytest.raises(ValueError):  # noqa: PT011 - pydantic's, json's and ours
        pipe.decode(reader(sent), pipe.TO_BOT)
