"""A page of a member's paintings, and which it lists: plain data."""

import hashlib
from dataclasses import dataclass

from bot.jobs.model import Job

ALL = "all"  # in place of a preset, or of the key of a style


@dataclass(frozen=True)
class Filter:
    """Which paintings a list has, as the custom ids of its components say it."""

    preset: str = ALL
    style: str = ALL  # a key

    @property
    def path(self) -> tuple[str, ...]:
        """The end of a custom id."""
        return () if self == Filter() else (self.preset, self.style)


def key_of(style: str) -> str:
    """Make the key of a style's name or title, which a custom id has room for."""
    return hashlib.sha256(style.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Page:
    """Some paintings of a member, the newest first, each with a small copy as WebP.

    The copy is None where the picture is gone.
    """

    jobs: tuple[Job, ...]
    previews: tuple[bytes | None, ...]
    number: int  # from 0
    pages: int
    total: int
    guild_id: int | None  # the server; None for all of them
    filter: Filter = Filter()
    presets: tuple[str, ...] = ()  # of all the member's paintings there, the one used last first
    styles: tuple[str, ...] = ()  # the same; "" for pictures without a name
