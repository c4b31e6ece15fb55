"""Downloads the pictures that members upload, validates them, and stores the valid ones.

Everything that a sender controls is bounded: the host, the bytes, the time, the pixels.
"""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Self

import aiohttp
from yarl import URL

from bot.errors import Refused
from bot.languages.speech import _, said, significant
from bot.pictures.decoder import Decoder
from bot.pictures.host_check import HostCheck
from bot.pictures.model import NO_FILMS, FilmLimits, StoredPicture, UploadedFile
from bot.pictures.not_pictures import VIDEO, kind_by_bytes, kind_by_name, not_a_picture
from bot.pictures.quotas import PictureQuotas
from bot.pictures.retention import PictureRetention
from bot.pictures.turns import Owner, Turns
from engine.motion.kinds import frames_marked, video_format
from engine.picture_limits import PictureLimits

_CHUNK = 64 * 1024  # bytes
_AT_A_TIME = 4  # requests with their pictures in memory
# bytes, width and height, and seconds of each frame of a film
_Checked = tuple[bytes, tuple[int, int], tuple[float, ...]]


class AttachmentRejected(Refused):
    """An uploaded file cannot be taken: too large, too slow, gone, not at Discord."""


class NotAPicture(AttachmentRejected):
    """An uploaded file is something else than the picture or film that is asked for."""


class Intake:
    """Downloads, checks and saves the pictures of a painting, while it is entered."""

    def __init__(
        self,
        pictures: PictureRetention,
        quotas: PictureQuotas,
        decoder: Decoder,
        *,
        hosts: Sequence[str],
        limits: PictureLimits,
        seconds: float,
        films: FilmLimits = NO_FILMS,
        host_check: HostCheck | None = None,
    ) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._pictures = pictures
        self._quotas = quotas
        self._decoder = decoder
        self._hosts = frozenset(host.lower() for host in hosts)
        self._limits = limits
        self._films = films
        self._seconds = seconds
        self._host_check = host_check
        self._turns = Turns(_AT_A_TIME)

    async def __aenter__(self) -> Self:
        self._session = open_session()
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def taken(
        self,
        offered: Sequence[UploadedFile],
        owner: Owner,
        why_still: str | None = None,
    ) -> AsyncIterator[tuple[StoredPicture, ...]]:
        """Store the pictures, all of them or none, and yield them in order.

        The block writes the rows that refer to them. Where it raises, the pictures to which no row
        refers are deleted. Nothing is stored that does not fit into the owner's quota. Members take
        turns, so that large or slow pictures of one do not hold up those of others.

        `why_still` is empty where the first file may be a film. Otherwise it is the reason why
        films are not taken here, or None where they never are.

        Raises AttachmentRejected, ImageRejected, CheckRefused and those of
        `PictureQuotas.room_for` with a sentence for the member.
        """
        stored: list[StoredPicture] = []
        async with AsyncExitStack() as stack:
            try:
                async with self._turns.of(owner):
                    files = await self._checked(offered, owner, why_still)
                    total = sum(len(data) for data, *_ in files)
                    await stack.enter_async_context(self._quotas.room_for(owner, total))
                    while files:
                        data, size, frames = files.pop(0)
                        stored.append(replace(await self._pictures.put(data, size), frames=frames))
                # after the turn, because a slow check must not hold up others' downloads
                if self._host_check is not None:
                    for one, picture in zip(offered, stored, strict=True):
                        await self._host_check.check(picture.name, one.called, owner)
                yield tuple(stored)
            except BaseException:
                await self._pictures.release([one.name for one in stored])
                raise

    async def check_room(self, owner: Owner) -> None:
        """Raise what `taken` does where nothing more of this owner may be stored."""
        async with self._quotas.room_for(owner, 0):
            pass

    async def measured(self, name: str) -> StoredPicture:
        """Tell what is known of a stored picture."""
        return await self._pictures.ledger.find(name) or StoredPicture(name, 0)

    async def _checked(
        self, offered: Sequence[UploadedFile], owner: Owner, why_still: str | None
    ) -> list[_Checked]:
        """Download files and decode them once; give their bytes, sizes, and frames' seconds."""
        film = None if why_still is None or not self._films.are_painted else offered[0]
        for one in offered:
            kind = kind_by_name(one.name, one.content_type)
            if kind and (kind != VIDEO or one is not film):
                raise NotAPicture(not_a_picture(said(one.called), kind))
            self._check_description(one)
        downloading = [asyncio.create_task(self._download(one)) for one in offered]
        try:
            files = await asyncio.gather(*downloading)
        finally:
            for task in downloading:  # when one fails, the turn is over for the others too
                task.cancel()
        checked: list[_Checked] = []
        for one, data in zip(offered, files, strict=True):
            if one is film and not why_still and (video_format(data) or frames_marked(data) > 1):
                checked.append((data, *await self._measured(data, one, owner)))
                continue
            if kind := kind_by_bytes(data):
                why = why_still or "" if one is film else ""
                raise NotAPicture(not_a_picture(said(one.called), kind, why))
            # the executor decodes it again
            size = await self._decoder.check(data, self._limits, one.called, owner)
            checked.append((data, size, ()))
        return checked

    async def _measured(
        self, data: bytes, one: UploadedFile, owner: Owner
    ) -> tuple[tuple[int, int], tuple[float, ...]]:
        """Give the size of a film's frames, and the seconds of each; none where it is a still."""
        films = self._films
        limits = replace(self._limits, max_pixels=min(films.pixels, self._limits.max_pixels))
        answer = await self._decoder.measure_film(data, limits, one.called, owner, films.seconds)
        is_film = len(answer.seconds) > 1
        if not is_film and video_format(data):
            raise NotAPicture(
                _("{name} has a single frame; send it as a picture.", name=said(one.called))
            )
        return (answer.width, answer.height), answer.seconds if is_film else ()

    def may_fetch(self, address: str) -> bool:
        """Say whether a file lies on one of the hosts that files are fetched from."""
        try:
            url = URL(address)
            trusted = self._trusts(url)
        except ValueError:
            return False
        return trusted and url.user is None and _is_private_enough(url)

    def _check_description(self, offered: UploadedFile) -> None:
        if offered.size > self._limits.max_bytes:
            raise self._too_large(offered)
        if not self.may_fetch(offered.url):
            raise AttachmentRejected(
                _(
                    "{name} is not stored at Discord; upload the file itself.",
                    name=said(offered.called),
                )
            )

    def _trusts(self, url: URL) -> bool:
        """Say whether a host is on the list: with this port, or alone and with the usual port.

        A loopback address on the list, as for a simulator, may have any port.
        """
        if f"{url.host}:{url.port}" in self._hosts:
            return True
        return url.host in self._hosts and (url.is_default_port() or _is_loopback(url))

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
                        _(
                            "{name} could not be fetched from Discord (it answered {status}); "
                            "upload it again.",
                            name=said(offered.called),
                            status=response.status,
                        )
                    )
                async for chunk in response.content.iter_chunked(_CHUNK):
                    data += chunk
                    if len(data) > self._limits.max_bytes:
                        raise self._too_large(offered)
        except TimeoutError as error:
            raise AttachmentRejected(
                _(
                    "{name} could not be downloaded within {seconds} seconds; send it again, or "
                    "choose a smaller file.",
                    name=said(offered.called),
                    seconds=significant(self._seconds, 6),
                )
            ) from error
        except aiohttp.ClientError as error:
            raise AttachmentRejected(
                _(
                    "{name} could not be downloaded from Discord; send it again.",
                    name=said(offered.called),
                )
            ) from error
        return bytes(data)

    def _too_large(self, offered: UploadedFile) -> AttachmentRejected:
        return AttachmentRejected(
            _(
                "{name} is larger than {most} MiB; choose a smaller file.",
                name=said(offered.called),
                most=significant(self._limits.max_bytes / 2**20, 6),
            )
        )


def open_session() -> aiohttp.ClientSession:
    """Make the session for downloads: no cookies, no decompression, no proxies."""
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False
    )


def _is_private_enough(url: URL) -> bool:
    """Say whether the connection cannot be read on its way: HTTPS, or loopback."""
    return url.scheme == "https" or (url.scheme == "http" and _is_loopback(url))


def _is_loopback(url: URL) -> bool:
    try:
        return ipaddress.ip_address(url.host or "").is_loopback
    except ValueError:
        return url.host == "localhost"
