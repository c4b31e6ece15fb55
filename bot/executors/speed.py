"""How fast a device paints, in seconds per megapixel and step."""

from collections import deque
from statistics import median

from bot.executors.rates import work
from engine.presets import PRESETS, size_and_steps
from engine.request import DEFAULT_PRESET, PaintOutcome, PaintSettings

REMEMBERED = 9  # paintings


def work_of(settings: PaintSettings) -> float:
    """Count the megapixels times steps of a painting, taken to be square."""
    preset = PRESETS.get(settings.preset, PRESETS[DEFAULT_PRESET])
    return work(*size_and_steps(preset, settings))


def usual_seconds(rate: float) -> float:
    """Predict how long a painting with the default settings takes at a rate."""
    return rate * work_of(PaintSettings())


class SpeedMeter:
    """Measures one executor: the median, because a painting may have shared its machine."""

    def __init__(self) -> None:
        self._rates: deque[float] = deque(maxlen=REMEMBERED)

    @property
    def rate(self) -> float | None:
        """Seconds per megapixel and step; None before the first painting."""
        return median(self._rates) if self._rates else None

    def learn(self, settings: PaintSettings, outcome: PaintOutcome) -> None:
        """Record how long a painting took."""
        self._rates.append(outcome.seconds / work_of(settings))
