"""Speaks each visitor's language, by the Accept-Language header of the request."""

import re

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.languages.speech import ENGLISH, FILES, speaking

# RFC 9110, 12.5.4: a tag, and how much it is wanted
_WISH = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")


@web.middleware
async def in_their_language(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a request in the language that the visitor prefers."""
    with speaking(negotiated(request.headers.get("Accept-Language", ""))):
        return await handler(request)


def negotiated(header: str) -> str:
    """Give the most wanted language that there is, by Discord's name; English where none is.

    Regions do not matter: "pt" gets "pt-BR". Parts of the header that cannot be read are skipped.
    """
    there = {name.lower(): name for name in (*FILES, ENGLISH)}
    for name in (*FILES, ENGLISH):
        there.setdefault(name.lower().partition("-")[0], name)
    for tag in _wanted(header):
        found = there.get(tag) or there.get(tag.partition("-")[0])
        if found:
            return found
    return ENGLISH


def _wanted(header: str) -> list[str]:
    """List the tags of a header, in lower case, the most wanted first."""
    wishes = [match for part in header.split(",") if (match := _WISH.fullmatch(part))]
    weights = {match[1].lower(): float(match[2] or 1) for match in wishes}
    return sorted((tag for tag in weights if weights[tag] > 0), key=lambda tag: -weights[tag])
