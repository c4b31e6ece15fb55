"""Downloads the pictures that members upload, validates them, and stores the valid ones.

Everything that a sender controls is bounded: the host, the bytes, the time, the pixels.
"""

import asyncio
import ipaddress
from collections.abc import Sequence
from typing import Self

import aiohttp
from yarl import URL

from bot.errors import AttachmentRejected
from bot.pictures.decoder import Decoder
from bot.pictures.model import UploadedFile
from bot.pictures.store import PictureStore
from bot.pictures.turns import Owner, Turns
from engine.picture_limits import PictureLimits

_CHUNK = 64 * 1024  # bytes
_AT_A_TIME = 4  # requests with their pictures in memory


class Intake:
    """Downloads, checks and saves the pictures of a painting, while it is entered."""

    def __init__(
        self,
        pictures: PictureStore,
        decoder: Decoder,
        *,
        hosts: Sequence[str],
        limits: PictureLimits,
        seconds: float,
    ) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._pictures = pictures
        self._decoder = decoder
        self._hosts = frozenset(host.lower() for host in hosts)
        self._limits = limits
        self._seconds = seconds
        self._turns = Turns(_AT_A_TIME)

    async def __aenter__(self) -> Self:
        self._session = open_session()
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def take(self, offered: Sequence[UploadedFile], owner: Owner) -> tuple[str, ...]:
        """Store the pictures and return their hashes in order; all of them or none.

        Each member's requests take turns, so that nobody's large or slow pictures hold up others'.

        Raises AttachmentRejected and ImageRejected with a sentence for the member.
        """
        for one in offered:
            self._check_description(one)
        async with self._turns.of(owner):
            files = await asyncio.gather(*(self._download(one) for one in offered))
            for one, data in zip(offered, files, strict=True):
                # the executor decodes it again
                await self._decoder.check(data, self._limits, one.called, owner)
            return tuple([await self._pictures.put(data) for data in files])

    def _check_description(self, offered: UploadedFile) -> None:
        if offered.size > self._limits.max_bytes:
            raise self._too_large(offered)
        try:
            url = URL(offered.url)
            # port is None where a scheme has no default one
            trusted = {url.host, f"{url.host}:{url.port}"} & self._hosts
        except ValueError:
            trusted = set()
        if not trusted or url.user is not None or not _is_private_enough(url):
            raise AttachmentRejected(
                f"{offered.called} is not stored at Discord; upload the file itself."
            )

    async def _download(self, offered: UploadedFile) -> bytes:
        """Fetch a file of at most `max_bytes` within `seconds`, without following redirects."""
        if self._session is None:
            raise RuntimeError("the intake has not been entered")
        data = bytearray()
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._session.get(
                    offered.url,
                    allow_redirects=False,
                    # a compressed answer could be far larger than its transfer
                    headers={"Accept-Encoding": "identity"},
                ) as response,
            ):
                if response.status != 200:
                    raise AttachmentRejected(
                        f"{offered.called} could not be fetched from Discord "
                        f"(it answered {response.status}); upload it again."
                    )
                async for chunk in response.content.iter_chunked(_CHUNK):
                    data += chunk
                    if len(data) > self._limits.max_bytes:
                        raise self._too_large(offered)
        except TimeoutError as error:
            raise AttachmentRejected(
                f"{offered.called} could not be downloaded within {self._seconds:g} seconds; "
                "send it again, or choose a smaller file."
            ) from error
        except aiohttp.ClientError as error:
            raise AttachmentRejected(
                f"{offered.called} could not be downloaded from Discord; send it again."
            ) from error
        return bytes(data)

    def _too_large(self, offered: UploadedFile) -> AttachmentRejected:
        return AttachmentRejected(
            f"{offered.called} is larger than {self._limits.max_bytes / 2**20:g} MiB; "
            "choose a smaller file."
        )


def open_session() -> aiohttp.ClientSession:
    """Make the session for downloads: no cookies, no decompression, no proxies."""
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False
    )


def _is_private_enough(url: URL) -> bool:
    """Say whether the connection cannot be read on its way: HTTPS, or loopback."""
    if url.scheme == "https":
        return True
    if url.scheme != "http" or url.host is None:
        return False
    try:
        return ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return url.host == "localhost"
