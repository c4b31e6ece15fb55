"""What the bot and an engine process say to each other over their pipe.

Besides these, the engine process sends `PaintProgress`.
"""

from dataclasses import dataclass

from bot.executors.contract import PaintOrder
from engine.request import PaintOutcome

# From the bot.


@dataclass(frozen=True)
class Paint:
    """Paint this; the last order has been answered."""

    order: PaintOrder


@dataclass(frozen=True)
class Cancel:
    """Stop this painting before its next step; one that is not under way is no fault."""

    job_id: int


# From the engine process.


@dataclass(frozen=True)
class Ready:
    """The weights are loaded and the engine is warm."""

    device: str  # such as "cuda:0 (NVIDIA H100)"


@dataclass(frozen=True)
class Unusable:
    """The engine cannot work as it is set up. The process ends."""

    sentence: str


@dataclass(frozen=True)
class Alive:
    """The process is not frozen: sent between two steps, and between two orders."""


@dataclass(frozen=True)
class Painted:
    """The painting is done and written."""

    outcome: PaintOutcome


@dataclass(frozen=True)
class Failed:
    """The painting cannot be made, for a reason that the member can read."""

    sentence: str


@dataclass(frozen=True)
class Stopped:
    """The painting was stopped by `Cancel`."""


@dataclass(frozen=True)
class Crashed:
    """Something went wrong that nobody foresaw. The process ends, for it may be damaged."""

    traceback: str
