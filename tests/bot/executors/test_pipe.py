"""Messages between the bot and an engine process: typed, bounded, and never unpickled."""

import json
import pickle
from dataclasses import asdict
from pathlib import Path

import pytest

from bot.errors import CannotPaint
from bot.executors import pipe
from bot.executors.checks import LARGEST_PREVIEW
from bot.executors.contract import PaintOrder, PaintProgress
from bot.languages.speech import speaking
from engine import frames
from engine.errors import Sentence
from engine.request import PaintSettings
from tests.bot.executors.bytes_pipe import pipe_of
from tests.bot.outcomes import OUTCOME
from tests.catalogues import spoken_as

ORDER = PaintOrder(
    job_id=7,
    settings=PaintSettings(size=64, style_weights=(1.0, 2.0)),
    content=Path("content"),
    styles=(Path("one"), Path("two")),
    result=Path("result.png"),
    timelapse=Path("film.mp4"),
)
PROGRESS = PaintProgress(7, 3, 10, 1.5, 0.5, 1.0, 2.0, 4.0, preview=b"\xff\xd8\xff and so on")


@pytest.mark.parametrize("message", [pipe.Paint(ORDER), pipe.Cancel(7)])
def test_what_the_bot_sends_arrives(message: pipe.FromBot) -> None:
    """Orders keep their settings and paths; they are no messages of an engine process."""
    data = pipe.encode(message)
    assert pipe.decode(pipe_of(data), pipe.TO_ENGINE) == message
    with pytest.raises(ValueError, match="not a message"):
        pipe.decode(pipe_of(data), pipe.TO_BOT)


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
    assert pipe.decode(pipe_of(pipe.encode(message)), pipe.TO_BOT) == message


def test_a_failure_is_translated_after_it_came_through_the_pipe() -> None:
    """The engine's template and values are told in the reader's language; the log is English.

    Values bring no markup, and a template in no catalogue stays as the engine said it.
    """
    known = Sentence("{name} has {width} pixels.", name="The mask", width=3)
    hostile = Sentence("{name} has {width} pixels.", name="**<@1>** [a](https://b.c)", width=3)
    unknown = Sentence("{name} is {odd}.", name="The mask", odd=1)
    german = {
        ("engine", "{name} has {width} pixels."): "{name} hat {width} Pixel.",
        ("engine", "The mask"): "Die Maske",
        ("", "{name} is {odd}."): "Die **Vorlage** des Bots.",
    }
    failures = []
    for sentence in (known, hostile, unknown):
        message = pipe.decode(pipe_of(pipe.encode(pipe.Failed.of(sentence))), pipe.TO_BOT)
        assert isinstance(message, pipe.Failed)
        failures.append(CannotPaint(Sentence.received(message.sentence, message.wording)))
    with spoken_as("de", german), speaking("de"):
        assert failures[0].sentence == "Die Maske hat 3 Pixel."
        assert failures[1].sentence == "a ( b.c) hat 3 Pixel."
        assert failures[2].sentence == "The mask is 1."
        assert str(failures[0]) == "The mask has 3 pixels."


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
        framed({"kind": "Failed", "sentence": "No.", "wording": {"template": "{a}", "values": 1}}),
        framed(
            {
                "kind": "Failed",
                "sentence": "No.",
                "wording": {"template": "{a}", "values": {"a": 2**80}},
            }
        ),
        framed({**VALUES, "seconds_left": float("nan")}),
        framed(VALUES, b"GIF89a"),
        frames.HEADER.pack(pipe.MOST_JSON + 1, 0),
        frames.HEADER.pack(2, LARGEST_PREVIEW + 1),
    ],
    ids=(
        *("pickle", "list", "kind", "field missing", "type", "bytes", "outcome"),
        *("values", "number", "nan", "preview", "long text", "long bytes"),
    ),
)
def test_anything_else_is_refused(sent: bytes) -> None:
    """Other types, values out of range and long messages are errors, found before memory is."""
    with pytest.raises(ValueError):  # noqa: PT011 - pydantic's, json's and ours
        pipe.decode(pipe_of(sent), pipe.TO_BOT)
