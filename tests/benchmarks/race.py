"""Two ways to paint a pair, measured over time."""

from collections.abc import Sequence
from dataclasses import dataclass

FIRST_SECONDS = 10.0  # from when on every moment counts


@dataclass(frozen=True)
class Point:
    """A painting on its way."""

    seconds: float
    content: float  # higher is better
    style: float  # lower is better

    def beats(self, other: "Point") -> bool:
        """Whether it is better on both measures."""
        return self.content > other.content and self.style < other.style


@dataclass(frozen=True)
class Race:
    """One pair, painted both ways."""

    mural: Sequence[Point]
    plain: Sequence[Point]  # to several times as many seconds

    @property
    def start(self) -> float:
        """The second from when on every moment counts."""
        return min(FIRST_SECONDS, self.mural[-1].seconds / 2)

    def won(self) -> bool:
        """Whether `mural` is better on both at every moment from ten seconds, or half-way, on."""
        moments = [point for point in self.mural if point.seconds >= self.start]
        return all(point.beats(at(self.plain, point.seconds)) for point in moments)

    def won_against_longer(self) -> bool:
        """Whether its end is not worse on either than the plain loop's, however late."""
        ours, theirs = self.mural[-1], self.plain[-1]
        return ours.content >= theirs.content and ours.style <= theirs.style


def at(points: Sequence[Point], seconds: float) -> Point:
    """The painting as it was at a time, or at first."""
    return max(
        (p for p in points if p.seconds <= seconds), key=lambda p: p.seconds, default=points[0]
    )
