"""The secrets that simulators issued, so that tests can search logs for them."""

from collections import deque

KEPT = 50_000  # the oldest are dropped, so that a demo can run for days

issued: deque[str] = deque(maxlen=KEPT)


def issue(secret: str) -> str:
    """Record a secret and return it."""
    issued.append(secret)
    return secret
