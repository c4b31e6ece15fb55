"""The secrets that simulators gave out, so that whoever reads a log can look for them in it."""

from collections import deque

KEPT = 50_000  # the oldest go first, so that a demo that runs for days stays small

issued: deque[str] = deque(maxlen=KEPT)


def issue(secret: str) -> str:
    """Note a secret and return it."""
    issued.append(secret)
    return secret
