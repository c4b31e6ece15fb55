"""The protocol of the pipe between the bot and an engine process: which messages each side sends.

The engine process also sends `PaintProgress`.
"""

from dataclasses import dataclass

from bot.executors.contract import PaintOrder
from engine.request import PaintOutcome

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


@dataclass(frozen=True)
class Cancelled:
    """The painting was stopped by `Cancel`."""


@dataclass(frozen=True)
class Crashed:
    """An unexpected error. The process ends, because its state may be damaged."""

    traceback: str
