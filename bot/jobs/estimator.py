"""Predicts how long a painting takes, from finished ones: pure calculation."""

from collections import defaultdict, deque
from dataclasses import dataclass
from statistics import median

from bot.executors.rates import start_rate

ENOUGH = 3  # paintings of a kind to predict from that kind alone
REMEMBERED = 15  # paintings of each kind, so that predictions follow changes of the machine
SHORTEST = 0.1  # seconds
DECODING_RATE = 0.02  # seconds for a megapixel, as a JPEG takes


@dataclass(frozen=True)
class PaintingKind:
    """Paintings that take the same time on one device."""

    preset: str  # for a film with a word added: "mural film"
    work: float  # megapixels of the canvas times steps; see `work_of` of `engine.work`
    decoded: float = 0.0  # megapixels of the pictures that it is painted from

    @property
    def decoding(self) -> float:
        """Seconds of decoding, which runs on the CPU whatever the device is."""
        return self.decoded * DECODING_RATE


class Estimator:
    """Predicts seconds of painting on a device such as "cpu" or "cuda:0 (NVIDIA H100)".

    Uses the median of paintings of the same kind; where there are too few, of the same preset,
    scaled by the work; then of all presets. A median ignores single paintings that were slow,
    because another program used the machine.
    """

    def __init__(self, device: str = "") -> None:
        self.device = device  # to predict for; known when the executor has started
        self._seconds: defaultdict[tuple[str, PaintingKind], deque[float]]
        self._seconds = defaultdict(lambda: deque(maxlen=REMEMBERED))
        self._rates: defaultdict[tuple[str, str], deque[float]]
        self._rates = defaultdict(lambda: deque(maxlen=REMEMBERED))

    def learn(self, kind: PaintingKind, device: str, seconds: float) -> None:
        """Record how long a painting took."""
        self._seconds[device, kind].append(seconds)
        painting = max(0.0, seconds - kind.decoding)
        self._rates[device, kind.preset].append(painting / kind.work)

    def predict(self, kind: PaintingKind) -> float:
        """Predict the seconds that a painting of this kind takes."""
        same = self._seconds.get((self.device, kind), ())
        if len(same) >= ENOUGH:
            return max(SHORTEST, median(same))
        return max(SHORTEST, kind.work * self._rate(kind.preset) + kind.decoding)

    def _rate(self, preset: str) -> float:
        """Seconds per megapixel and step."""
        learned = self._rates.get((self.device, preset)) or [
            rate
            for (device, _), rates in self._rates.items()
            if device == self.device
            for rate in rates
        ]
        if learned:
            return median(learned)
        return start_rate(self.device)
