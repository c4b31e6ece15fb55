"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    PASS = "pass"  # noqa: S105 - not a password
    WARN = "warn"  # the bot runs, but less well than it could
    FAIL = "fail"  # the bot does not run, or not for long


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `advice` says what to do about it."""

    name: str
    level: Level
    text: str
    advice: str = ""


def passed(name: str, text: str, advice: str = "") -> Finding:
    """Note that something is as it should be."""
    return Finding(name, Level.PASS, text, advice)


def warned(name: str, text: str, advice: str) -> Finding:
    """Note something that could be better."""
    return Finding(name, Level.WARN, text, advice)


def failed(name: str, text: str, advice: str) -> Finding:
    """Note something that keeps the bot from running."""
    return Finding(name, Level.FAIL, text, advice)
