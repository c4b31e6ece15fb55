"""How fast a device paints, in seconds per megapixel and step."""

from collections import deque
from statistics import median

from engine.request import PaintOutcome, PaintSettings
from engine.work import work_of

REMEMBERED = 9  # paintings


def usual_seconds(rate: float) -> float:
    """Predict how long a painting with the default settings takes at a rate."""
    return rate * work_of(PaintSettings())


class SpeedMeter:
    """Measures one executor by the median of its last paintings.

    A painting can take longer than usual where other programs use the machine.
    """

    def __init__(self) -> None:
        self._rates: deque[float] = deque(maxlen=REMEMBERED)

    @property
    def rate(self) -> float | None:
        """Seconds per megapixel and step; None before the first painting."""
        return median(self._rates) if self._rates else None

    def learn(self, settings: PaintSettings, outcome: PaintOutcome) -> None:
        """Record how long a painting took. Films are left out: their frames take other times."""
        if settings.film:
            return
        size = outcome.width, outcome.height
        self._rates.append(outcome.seconds / work_of(settings, size))
