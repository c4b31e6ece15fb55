"""Time and the ids made from it."""

import time
from datetime import UTC, datetime

DISCORD_EPOCH_MS = 1_420_070_400_000  # 2015-01-01T00:00:00Z, the zero of every snowflake


class Clock:
    """Seconds since 1970 that run with the wall clock and can be moved forward.

    Token life, the age of a message and the expiry of an attachment's address are read from here,
    so that a test calls `advance(900)` instead of waiting for a quarter of an hour.
    """

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        """The time now."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`."""
        self._ahead += seconds


class Snowflakes:
    """Ids like Discord's: milliseconds since its epoch in the upper bits, always increasing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def __call__(self) -> int:
        """A new id."""
        milliseconds = int(self._clock() * 1000) - DISCORD_EPOCH_MS
        self._last = max(self._last + 1, milliseconds << 22)
        return self._last


def timestamp(seconds: float) -> str:
    """`seconds` since 1970 as Discord writes a time: ISO 8601 in UTC with microseconds."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="microseconds")
