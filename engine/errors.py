"""The engine's errors. The text of each is one sentence for the person who can act on it.

A sentence that members read is made of a template and its values, as a `Sentence`, so that the bot
can translate it; `scripts/translations.py` collects the templates.

EngineError
├── RequestRejected      an option is wrong: an unknown preset, a size of 0
├── ImageRejected        a file is no picture that can be painted
├── WeightsRejected      weights are missing, damaged or not VGG-19's
├── CheckpointRejected   a checkpoint is missing, damaged or of another painting
├── OutputRejected       the result cannot be written where it should go
├── OutOfMemory          the picture needs more memory than there is; names a size that fits
├── PaintingFailed       the losses are not finite, even in FP32
├── DatasetRejected      there are no pictures to train on, or their shards are damaged
├── TrainingFailed       the loss of a training is not finite
└── Stopped              somebody asked the painting to stop; no fault
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

Value = str | int | float
LONGEST = 2**14  # characters of a template or a value; the path of a file may be long
MOST_VALUES = 8
LARGEST = 2**63  # of a number


@dataclass(frozen=True)
class Wording:
    """How a sentence was made: a template of `str.format`, and what fills it.

    Raises ValueError for values that no sentence of ours has: it may come from another process.
    """

    template: str
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not _is_text(self.template) or not isinstance(self.values, Mapping):
            raise ValueError("not a template and its values")
        if len(self.values) > MOST_VALUES or not all(map(_is_text, self.values)):
            raise ValueError("not the names of values")
        if not all(map(_is_value, self.values.values())):
            raise ValueError("not the values of a sentence")


class Sentence(str):
    """Words for people, in English, with the wording that they were made of."""

    wording: Wording

    def __new__(cls, template: str, /, **values: Value) -> Self:
        """Fill a template; without values it is taken as it is.

        Numbers with decimals have six digits at most. Values that no wording takes, such as
        infinity, become text.
        """
        values = {name: _fit(value) for name, value in values.items()}
        short = {
            name: f"{value:.6g}" if isinstance(value, float) else value
            for name, value in values.items()
        }
        text = template.format(**short) if values else template
        return cls.received(text, Wording(template, values))

    @classmethod
    def received(cls, text: str, wording: Wording | None) -> Self:
        """Make a sentence of its text, and of how it was made where that is known."""
        sentence = super().__new__(cls, text)
        sentence.wording = wording or Wording(text)
        return sentence


def printable(text: str) -> str:
    """Text that stays in one line and that every terminal and font takes, such as a file's name.

    Names of macOS's screenshots have a narrow space before AM and PM.
    """
    return "".join(
        letter if letter.isprintable() else " " if letter.isspace() else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST


def _fit(value: Value) -> Value:
    """A value that `Wording` takes."""
    return value if _is_value(value) else str(value)[:LONGEST]


def _is_value(value: object) -> bool:
    if isinstance(value, int | float):
        return math.isfinite(value) and abs(value) < LARGEST
    return _is_text(value)


# the formats that are read: `READABLE` of engine/picture_formats.py
READABLE_WORDS = Sentence("JPEG, PNG, WebP, AVIF, GIF or HEIC")


class EngineError(Exception):
    """Base of all errors that the engine raises on purpose: a template and its values."""

    def __init__(self, template: str = "", /, **values: Value) -> None:
        if not isinstance(template, Sentence):
            template = Sentence(template, **values)
        self.sentence: Sentence = template
        super().__init__(self.sentence)


class RequestRejected(EngineError):
    """An option of a request is wrong."""


class ImageRejected(EngineError):
    """A file is no picture that can be painted."""


class WeightsRejected(EngineError):
    """Weights are missing, damaged or not those of a VGG-19."""


class CheckpointRejected(EngineError):
    """A checkpoint is missing, damaged or belongs to another painting."""


class OutputRejected(EngineError):
    """A result cannot be written where it should go."""


class OutOfMemory(EngineError):
    """A picture needs more memory than the device has."""


class PaintingFailed(EngineError):
    """The losses of a painting are not finite, even in FP32."""


class DatasetRejected(EngineError):
    """There are no pictures to train on, or the shards that hold them are damaged."""


class TrainingFailed(EngineError):
    """The loss of a training is not finite."""


class Stopped(EngineError):
    """The painting was asked to stop between two steps."""
