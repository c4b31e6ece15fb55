"""Signed links to full paintings on the bot's own pages.

A link shows its painting, without a log-in, until it expires or the painting is deleted. It is
`/paintings/<job id>.png?expires=<Unix seconds>&signature=<HMAC-SHA256 of all before, in hex>`; of a
film it ends in .html, a page that shows its .mp4.
"""

import asyncio
import hashlib
import hmac
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from bot.errors import MuralscapeError
from bot.jobs.model import Job
from bot.storage.key import read_or_make_key

KEY_FILE = "link.key"  # in the data folder


class NotYet(MuralscapeError):
    """The bot has not read its key yet."""


class LinkInvalid(MuralscapeError):
    """The signature of the link is wrong."""


class LinkExpired(MuralscapeError):
    """The signature is right, but the link has expired."""


@dataclass(frozen=True)
class Link:
    """An address, and when it expires, in Unix seconds."""

    url: str
    expires_at: int


class PaintingLinks:
    """Makes links below `public_url`, and checks them.

    A link expires after `lifetime` seconds, and at the latest when its painting is deleted,
    `retention` seconds after its job ended. `clock` gives Unix seconds.
    """

    def __init__(
        self,
        key_file: Path,
        public_url: str,
        lifetime: float,
        retention: float,
        clock: Callable[[], float],
    ) -> None:
        self._key_file = key_file
        self._public_url = public_url
        self._lifetime = lifetime
        self._retention = retention
        self._clock = clock
        self._key: bytes | None = None

    async def open(self) -> None:
        """Read the key; make it at the first start. Raises `KeyDamaged`."""
        self._key = await asyncio.to_thread(read_or_make_key, self._key_file)

    def to(self, job: Job) -> Link | None:
        """Link to the painting of a job; None where the pages have no public address."""
        ended = job.finished_at or job.painted_at or self._clock()
        is_film = job.result is not None and job.result.film is not None
        path = f"/paintings/{job.id}{'.html' if is_film else '.png'}"
        return self.to_path(path, ended + self._retention)

    def to_path(self, path: str, ends: float = math.inf) -> Link | None:
        """Link to a page of ours, until `ends` (Unix seconds) at the latest, or None as above."""
        if not self._public_url:
            return None
        expires_at = int(min(self._clock() + self._lifetime, ends))
        return Link(self._public_url + self.signed(path, str(expires_at)), expires_at)

    def signed(self, path: str, expires: str) -> str:
        """Give a path with the query that opens it. Raises `NotYet`."""
        query = urlencode({"expires": expires, "signature": self._sign(path, expires)})
        return f"{path}?{query}"

    def check(self, path: str, expires: str, signature: str) -> None:
        """Check a link, given as it came. Raises `NotYet`, `LinkInvalid` and `LinkExpired`."""
        # bytes, because compare_digest takes no text beyond ASCII
        if not hmac.compare_digest(self._sign(path, expires).encode(), signature.encode()):
            raise LinkInvalid
        if self._clock() >= int(expires):
            raise LinkExpired

    def _sign(self, path: str, expires: str) -> str:
        if self._key is None:
            raise NotYet
        text = f"{path}?expires={expires}"
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()
