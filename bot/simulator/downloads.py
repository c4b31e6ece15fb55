"""Serving attachments, and the public pictures: avatars, emojis and stickers."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.simulator.faults import CdnFault
from bot.simulator.model import Attachment, hash_of
from bot.simulator.pixels import plain_png
from bot.simulator.platform import Platform

PREFIX = "/cdn"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_DEFAULT_AVATARS = (0x5865F2, 0x757E8A, 0x3BA55C, 0xFAA61A, 0xED4245, 0xEB459F)
_BEGINNINGS = {b"\x89PNG": "image/png", b"GIF8": "image/gif", b"\xff\xd8\xff": "image/jpeg"}


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
                app.router.add_get(path, self._recorded(self._serve))
        handlers: tuple[tuple[str, Handler], ...] = (
            ("/stickers/{id:\\d+}.{extension}", self._expression),
            ("/emojis/{id:\\d+}.{extension}", self._expression),
            ("/avatars/{user:\\d+}/{hash}.{extension}", self._avatar),
            ("/guilds/{guild:\\d+}/users/{user:\\d+}/avatars/{hash}.{extension}", self._avatar),
            ("/embed/avatars/{number:[0-5]}.png", self._default_avatar),
        )
        for path, handler in handlers:
            app.router.add_get(PREFIX + path, self._recorded(handler))

    def _recorded(self, handler: Handler) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            self._platform.record.downloads.append(request.path)
            return await handler(request)

        return handle

    async def _expression(self, request: web.Request) -> web.Response:
        """A sticker or an emoji; its address is public and does not expire."""
        number = int(request.match_info["id"])
        for guild in self._platform.world.guilds.values():
            found = guild.stickers.get(number) or guild.emojis.get(number)
            if found is not None:
                return _public(found.content)
        return web.Response(status=404)

    async def _avatar(self, request: web.Request) -> web.Response:
        """An avatar of a user, or the one that they have in a guild."""
        world, asked = self._platform.world, request.match_info
        number = int(asked["user"])
        if "guild" in asked:
            guild = world.guilds.get(int(asked["guild"]))
            member = guild.members.get(number) if guild is not None else None
            picture = member.avatar if member is not None else None
        else:
            picture = world.users[number].avatar if number in world.users else None
        if picture is None or asked["hash"] != hash_of(picture):
            return web.Response(status=404)
        return _public(picture)

    async def _default_avatar(self, request: web.Request) -> web.Response:
        """The avatar of a user without one of their own, in one of six colours."""
        return _public(plain_png(256, _DEFAULT_AVATARS[int(request.match_info["number"])]))

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


def _public(content: bytes) -> web.Response:
    kinds = (kind for begin, kind in _BEGINNINGS.items() if content.startswith(begin))
    return web.Response(body=content, content_type=next(kinds, "application/json"))
