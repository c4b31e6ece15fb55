"""A style of a server's library: plain data."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Style:
    """A style to paint in. The pictures are names in the picture store."""

    id: int
    guild_id: int
    name: str  # cleaned, as members read it
    key: str  # see `names.key_of`; unique in a server
    picture: str
    preview: str  # a small copy
    author_id: int | None  # None: a starter
    created_at: float  # Unix seconds
    author_name: str = ""  # their display name then, cleaned

    @property
    def pictures(self) -> tuple[str, str]:
        """The picture and its thumbnail, as named in the picture store."""
        return self.picture, self.preview


@dataclass(frozen=True)
class Starter:
    """A style of the project, which is in every library from the start."""

    title: str
    path: Path


@dataclass(frozen=True)
class Page:
    """Part of a library."""

    styles: tuple[Style, ...]
    number: int  # from 0
    pages: int
    total: int
