"""How fast a device paints, in seconds per megapixel and step."""

from collections import deque
from statistics import median

from engine.presets import PRESETS
from engine.request import DEFAULT_PRESET, PaintOutcome, PaintSettings

# Before anything is measured: a recent GPU in FP16, and two CPU cores.
START = {"cuda": 0.05, "cpu": 25.0}
FIXED_PIXELS = 64 * 64  # a step costs as much as these, however small the picture
REMEMBERED = 9  # paintings


def guess(device: str) -> float:
    """Give the rate of a device of which nothing was measured."""
    return START["cuda" if device.startswith("cuda") else "cpu"]


def work_of(settings: PaintSettings) -> float:
    """Count the megapixels times steps of a square picture."""
    preset = PRESETS.get(settings.preset, PRESETS[DEFAULT_PRESET])
    side = settings.size or preset.size
    return (side**2 + FIXED_PIXELS) * (settings.steps or preset.steps) / 1e6


def usual_seconds(rate: float) -> float:
    """Say how long a painting of the usual preset, at its own size and steps, takes at a rate."""
    return rate * work_of(PaintSettings())


class Speed:
    """Measures one executor: the median, for one painting may have shared its machine."""

    def __init__(self) -> None:
        self._rates: deque[float] = deque(maxlen=REMEMBERED)

    @property
    def rate(self) -> float | None:
        """Seconds per megapixel and step; None before the first painting."""
        return median(self._rates) if self._rates else None

    def learn(self, settings: PaintSettings, outcome: PaintOutcome) -> None:
        """Note how long a painting took."""
        self._rates.append(outcome.seconds / work_of(settings))
