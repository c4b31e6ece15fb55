"""Serving attachments."""

import asyncio

from aiohttp import web

from bot.simulator.faults import CdnFault
from bot.simulator.model import Attachment
from bot.simulator.platform import Platform

PREFIX = "/cdn"


class Downloads:
    """Answers GET on the addresses that `Cdn` signs."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._stopping = asyncio.Event()

    def close(self) -> None:
        """End the stalled downloads."""
        self._stopping.set()

    def add_to(self, app: web.Application) -> None:
        """Register the addresses, direct and through the media proxy."""
        for middle in ("", "/proxy"):
            for kind in ("attachments", "ephemeral-attachments"):
                path = f"{PREFIX}{middle}/{kind}/{{place}}/{{id:\\d+}}/{{filename}}"
                app.router.add_get(path, self._serve)
        app.router.add_get(f"{PREFIX}/stickers/{{id:\\d+}}.{{extension}}", self._sticker)

    async def _sticker(self, request: web.Request) -> web.Response:
        sticker = self._platform.cdn.stickers.get(int(request.match_info["id"]))
        if sticker is None:
            return web.Response(status=404)
        kind = {3: "application/json", 4: "image/gif"}.get(sticker.format, "image/png")
        return web.Response(body=sticker.content, content_type=kind)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        cdn = self._platform.cdn
        attachment = cdn.files.get(int(request.match_info["id"]))
        if attachment is None or not cdn.valid(attachment.id, request.query):
            return web.Response(status=404, text="This content is no longer available.")
        for fault in self._platform.faults.cdn:
            if fault.strikes(attachment.filename):
                return await self._fail(request, attachment, fault)
        return web.Response(body=attachment.content, headers=_headers(attachment))

    async def _fail(
        self, request: web.Request, attachment: Attachment, fault: CdnFault
    ) -> web.StreamResponse:
        await asyncio.sleep(fault.delay)
        if fault.redirect is not None:
            return web.Response(status=302, headers={"Location": fault.redirect})
        if fault.status is not None:
            return web.Response(status=fault.status, text="This content is no longer available.")
        response = web.StreamResponse(headers=_headers(attachment))
        content = attachment.content
        if fault.extra:
            response.enable_chunked_encoding()
            await response.prepare(request)
            await response.write(content + bytes(fault.extra))
            await response.write_eof()
            return response
        end = fault.cut_at if fault.cut_at is not None else fault.stall_at
        if end is None:
            return web.Response(body=content, headers=_headers(attachment))
        response.content_length = len(content)
        await response.prepare(request)
        await response.write(content[:end])
        if fault.stall_at is not None:
            await self._stopping.wait()  # or until the client closes the connection
        if request.transport is not None:
            request.transport.close()
        return response


def _headers(attachment: Attachment) -> dict[str, str]:
    return {
        "Content-Type": attachment.content_type or "application/octet-stream",
        # An HTML or SVG upload must not run on the page's own origin.
        "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
        "X-Content-Type-Options": "nosniff",
    }
