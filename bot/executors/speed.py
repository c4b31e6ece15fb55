"""How fast a device paints, in seconds per megapixel and step."""

from collections import deque
from statistics import median

from engine.presets import PRESETS
from engine.request import DEFAULT_PRESET, PaintOutcome, PaintSettings

# Assumed before the first measurement: a recent GPU in FP16, and two CPU cores.
START_RATES = {"cuda": 0.05, "cpu": 25.0}
FIXED_PIXELS = 64 * 64  # a step has a fixed cost, as much as that of so many pixels
REMEMBERED = 9  # paintings


def start_rate(device: str) -> float:
    """Give the assumed rate of a device that was never measured."""
    return START_RATES["cuda" if device.startswith("cuda") else "cpu"]


def work(size: int, steps: int) -> float:
    """Count the megapixels times steps of a square picture of `size` pixels."""
    return steps * (size**2 + FIXED_PIXELS) / 1e6


def work_of(settings: PaintSettings) -> float:
    """Count the megapixels times steps of a painting, taken to be square."""
    preset = PRESETS.get(settings.preset, PRESETS[DEFAULT_PRESET])
    return work(settings.size or preset.size, settings.steps or preset.steps)


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
