"""Sends files, in parts."""

from typing import IO, Any

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter


class FileAnswer(web.FileResponse):
    """aiohttp's answer with a file, but never by the kernel's sendfile.

    asyncio does not end its sendfile when the connection is cut (seen with Python 3.11): a visitor
    that reads nothing would hold the connection, the file and the task for ever.
    """

    async def _sendfile(
        self, request: web.BaseRequest, fobj: IO[Any], offset: int, count: int
    ) -> AbstractStreamWriter:
        writer = await web.StreamResponse.prepare(self, request)
        assert writer is not None  # noqa: S101 - only a second call would give none
        return await self._sendfile_fallback(writer, fobj, offset, count)
