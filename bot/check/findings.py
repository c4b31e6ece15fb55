"""The findings of a check."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """The severity of a finding."""

    PASS = "pass"  # noqa: S105 - not a password
    WARN = "warn"  # the bot runs, but less well than it could
    FAIL = "fail"  # the bot does not run, or not for long


@dataclass(frozen=True)
class Finding:
    """The result of one check. `advice` says how to fix it."""

    name: str
    level: Level
    text: str
    advice: str = ""


def passed(name: str, text: str) -> Finding:
    """Make a finding that is fine."""
    return Finding(name, Level.PASS, text)


def warned(name: str, text: str, advice: str) -> Finding:
    """Make a finding with which the bot runs, but less well."""
    return Finding(name, Level.WARN, text, advice)


def failed(name: str, text: str, advice: str) -> Finding:
    """Make a finding that keeps the bot from running."""
    return Finding(name, Level.FAIL, text, advice)
