"""A rate limit as a token bucket: a short burst may pass at once, then so many in a second."""

import time
from collections.abc import Callable

BURST_SECONDS = 2.0  # the bucket holds what `rate` allows in this time


class RateLimit:
    """Lets `rate` messages pass per second. `clock` gives seconds."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._capacity = self._tokens = rate * BURST_SECONDS
        self._filled_at = clock()

    def allows_one(self) -> bool:
        """Whether a message may pass now; if so, it is counted."""
        now = self._clock()
        new_tokens = self._rate * (now - self._filled_at)
        self._tokens = min(self._capacity, self._tokens + new_tokens)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
