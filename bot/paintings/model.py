"""A page of a member's paintings: plain data."""

from dataclasses import dataclass

from bot.jobs.model import Job


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
