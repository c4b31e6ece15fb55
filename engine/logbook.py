"""How far a painting is: steps, losses and time, over all scales and all runs of it."""

import math
import time
from collections.abc import Callable, Sequence

from PIL.Image import Image

from engine.errors import CheckpointRejected
from engine.request import Losses, Progress, Reading
from engine.scales import Scale

CURVE_POINTS = 1000  # a loss curve is thinned to at most this many
MOST_SECONDS = 1e9  # thirty years: a checkpoint that says more is damaged

# What a checkpoint keeps of a logbook: numbers and lists of numbers alone.
State = dict[str, int | float | list[float]]


class Logbook:
    """The record of one painting."""

    def __init__(self, scales: Sequence[Scale], state: State | None = None) -> None:
        """Begin a record, or go on from the `state()` of one.

        Raises CheckpointRejected where no record of these scales has that state.
        """
        self._scales = scales
        self._starts = [sum(s.steps for s in scales[:n]) for n in range(len(scales) + 1)]
        self._totals: list[float] = []  # the loss of every step
        self._before = 0.0  # seconds of the runs that this one goes on from
        self._began = time.perf_counter()
        self.scale_number = 0  # of the scale being painted, counted from 0
        self.losses = Losses(math.nan, math.nan, math.nan)
        self.repeated_steps = 0
        if state is not None:
            try:
                self._restore(state)
            except (KeyError, TypeError, ValueError, OverflowError) as error:
                raise CheckpointRejected(
                    "The checkpoint's record of its steps is damaged: begin anew."
                ) from error

    def _restore(self, state: State) -> None:
        self._totals = _numbers(state["totals"])
        if self._totals:  # else the losses are not known yet, and NaN
            total, content, style = _numbers(state["losses"])
            self.losses = Losses(total, content, style)
        self._before = seconds_in(state)
        self.scale_number = int(_number(state["scale"]))
        self.repeated_steps = int(_number(state["repeated_steps"]))
        if not 0 <= self.repeated_steps <= self.step:
            raise ValueError(f"{self.repeated_steps} of {self.step} steps cannot be repeated ones")
        if not 0 <= self.scale_number < len(self._scales):
            raise ValueError(f"no scale {self.scale_number}")
        first, last = self._starts[self.scale_number : self.scale_number + 2]
        if not first <= self.step <= last:
            raise ValueError(f"scale {self.scale_number} has no step {self.step}")

    def state(self) -> State:
        """What a later run goes on from."""
        return {
            "losses": [self.losses.total, self.losses.content, self.losses.style],
            "totals": self._totals,
            "seconds": self.seconds,
            "scale": self.scale_number,
            "repeated_steps": self.repeated_steps,
        }

    @property
    def step(self) -> int:
        """Steps done, over all scales."""
        return len(self._totals)

    @property
    def steps_left(self) -> int:
        """Steps still to be taken at this scale."""
        return self._starts[self.scale_number + 1] - self.step

    @property
    def is_finished(self) -> bool:
        """Whether the last step of the last scale is done."""
        return self.step == self._starts[-1]

    @property
    def seconds(self) -> float:
        """Seconds spent, earlier runs included."""
        return self._before + time.perf_counter() - self._began

    @property
    def scale_starts(self) -> tuple[int, ...]:
        """The first step of each scale, counted from 1; losses jump there."""
        return tuple(start + 1 for start in self._starts[:-1])

    def begin_next_scale(self) -> None:
        """Go on to the next scale."""
        self.scale_number += 1

    def add(self, reading: Reading) -> None:
        """Record a step."""
        self.losses = reading.losses
        self._totals.append(reading.losses.total)
        self.repeated_steps += reading.repeated

    def curve(self) -> tuple[tuple[int, float], ...]:
        """(step, loss), thinned to CURVE_POINTS with the first and the last among them."""
        points = list(enumerate(self._totals, 1))
        if len(points) > CURVE_POINTS:
            stride = (len(points) - 1) / (CURVE_POINTS - 1)
            points = [points[round(n * stride)] for n in range(CURVE_POINTS)]
        return tuple(points)

    def progress(self, preview: Callable[[], Image]) -> Progress:
        """Where the painting stands."""
        # Work is counted in pixels: a step costs what its convolutions cost.
        work = [scale.width * scale.height * scale.steps for scale in self._scales]
        number = self.scale_number
        share = 1 - self.steps_left / self._scales[number].steps
        done = sum(work[:number]) + work[number] * share
        return Progress(
            step=self.step,
            total_steps=self._starts[-1],
            losses=self.losses,
            seconds=self.seconds,
            seconds_left=self.seconds * (sum(work) / done - 1),
            preview=preview,
        )


def seconds_in(state: State) -> float:
    """The seconds that a checkpoint says were spent.

    Raises KeyError, TypeError, ValueError or OverflowError where that cannot be.
    """
    seconds = _number(state["seconds"])
    if not 0 <= seconds <= MOST_SECONDS:
        raise ValueError(f"{seconds} seconds cannot be")
    return seconds


def _number(value: int | float | list[float]) -> float:
    if not isinstance(value, int | float):
        raise TypeError("a number was expected")
    if not math.isfinite(value):
        raise ValueError("a finite number was expected")
    return float(value)


def _numbers(value: int | float | list[float]) -> list[float]:
    if not isinstance(value, list):
        raise TypeError("a list of numbers was expected")
    return [_number(one) for one in value]
