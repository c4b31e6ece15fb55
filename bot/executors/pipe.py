"""The protocol of the pipe between the bot and an engine process: which messages each side sends.

The engine process also sends `PaintProgress`. Messages are frames (`engine.frames`) of JSON; the
bytes after it are a preview.
"""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, get_args

from pydantic import TypeAdapter

from bot.executors.checks import (
    LARGEST_PREVIEW,
    check_progress,
    checked_outcome,
    checked_preview,
    checked_sentence,
    checked_wording,
)
from bot.executors.contract import PaintOrder, PaintProgress
from engine import frames
from engine.errors import Sentence, Wording
from engine.request import PaintOutcome

MOST_JSON = 2**20  # bytes; a curve of 1,000 points has some 30,000
LONGEST_TRACEBACK = 20_000  # characters

# Sent by the bot.


@dataclass(frozen=True)
class Paint:
    """Paint this order; the previous one has been answered."""

    order: PaintOrder


@dataclass(frozen=True)
class Cancel:
    """Stop this job's painting before its next step; a job that is not being painted is ignored."""

    job_id: int


# Sent by the engine process.


@dataclass(frozen=True)
class Ready:
    """The weights are loaded and the engine is warm."""

    device: str  # such as "cuda:0 (NVIDIA H100)"


@dataclass(frozen=True)
class Unusable:
    """The weights or the device of its setup cannot be used. The process ends."""

    sentence: str


@dataclass(frozen=True)
class Alive:
    """A heartbeat, sent between two steps and between two orders."""


@dataclass(frozen=True)
class Painted:
    """The painting is done and its files are written."""

    outcome: PaintOutcome


@dataclass(frozen=True)
class Failed:
    """The painting cannot be made; the sentence tells the member why.

    Before `Ready` it is the engine that cannot start, and the process ends.
    """

    sentence: str
    wording: Wording | None = None  # of the sentence

    @classmethod
    def of(cls, sentence: Sentence) -> "Failed":
        """Send a sentence with its wording."""
        return cls(sentence, sentence.wording)


@dataclass(frozen=True)
class Cancelled:
    """The painting was stopped by `Cancel`."""


@dataclass(frozen=True)
class Crashed:
    """An unexpected error. The process ends, because its state may be damaged."""

    traceback: str


FromBot = Paint | Cancel
FromEngine = Ready | Unusable | Alive | Painted | Failed | Cancelled | Crashed | PaintProgress
TO_ENGINE: Collection[type] = get_args(FromBot)
TO_BOT: Collection[type] = get_args(FromEngine)
_ADAPTERS: dict[str, TypeAdapter[Any]]
_ADAPTERS = {kind.__name__: TypeAdapter(kind) for kind in (*TO_ENGINE, *TO_BOT)}


def encode(message: FromBot | FromEngine) -> bytes:
    """Write a message as one frame."""
    preview = b""
    if isinstance(message, PaintProgress):
        preview, message = message.preview or b"", replace(message, preview=None)
    name = type(message).__name__
    values = {**_ADAPTERS[name].dump_python(message, mode="json"), "kind": name}
    return frames.frame(json.dumps(values).encode(), len(preview)) + preview


def decode(read: Callable[[int], bytes], kinds: Collection[type]) -> FromBot | FromEngine:
    """Read a message of one of these kinds; `read` gives exactly so many bytes.

    Raises ValueError where the other end, damaged or taken over, sends anything else.
    """
    text, size = frames.receive(read, MOST_JSON, LARGEST_PREVIEW)
    preview = read(size)
    values = frames.read_object(text)
    name = values.pop("kind", None)
    if not isinstance(name, str) or name not in {kind.__name__ for kind in kinds}:
        raise ValueError("not a message of this side")
    message: FromBot | FromEngine = _ADAPTERS[name].validate_python(values)
    if isinstance(message, PaintProgress):
        check_progress(message)
        if message.preview is not None:
            raise ValueError("a preview within the JSON")
        return replace(message, preview=checked_preview(preview)) if preview else message
    if preview:
        raise ValueError("a preview without progress")
    if isinstance(message, Painted):
        return Painted(checked_outcome(message.outcome))
    if isinstance(message, Failed):
        wording = message.wording and checked_wording(message.wording)
        return Failed(checked_sentence(message.sentence), wording)
    return message
