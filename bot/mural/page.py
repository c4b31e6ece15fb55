"""The page of a mural, by a signed link: as it grows, then zoomable, with all its files.

The link signs the page's own path; files of the page are asked for with the same query.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from bot.errors import MuralscapeError, PictureGone
from bot.languages.speech import _, command, listed, ngettext
from bot.mural.model import NO_MEMBER, Mural, MuralState
from bot.mural.store import MuralStore
from bot.mural.workshop import Workshop, zoom_label, zoom_levels
from bot.pictures.store import PictureStore
from bot.web.files import FileAnswer
from bot.web.html import TEMPLATES, Html
from bot.web.links import Link, LinkExpired, LinkInvalid, NotYet, PaintingLinks
from engine.mural.grid import ZOOM_SIDE

# Only visitors with the link may see the mural, so caches and search engines keep no copy of it.
_PRIVATE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
# A tile of a finished mural never changes under its address, but may be deleted.
_TILES = {"Cache-Control": "private, max-age=3600", "X-Robots-Tag": "noindex"}


@dataclass(frozen=True)
class PainterLine:
    """A line of the list of painters."""

    name: str
    tiles: str


class MuralPages:
    """Serves the pages of murals."""

    def __init__(
        self, links: PaintingLinks, store: MuralStore, pictures: PictureStore, workshop: Workshop
    ) -> None:
        self._links = links
        self._store = store
        self._pictures = pictures
        self._workshop = workshop
        self._html = Html()
        self._script = (TEMPLATES / "viewer.js").read_text(encoding="utf-8")
        policy = self._html.headers["Content-Security-Policy"]
        allowed = "script-src 'self'; media-src 'self'"
        self._headers = {**_PRIVATE, "Content-Security-Policy": f"{policy}; {allowed}"}

    def link(self, mural: Mural) -> Link | None:
        """Link to the page of a mural; None where the pages have no public address."""
        return self._links.to_path(_path(mural.id))

    def routes(self) -> list[web.RouteDef]:
        """The page and its files."""
        base = r"/murals/{mural:\d{1,9}}/"
        return [
            web.get("/murals/viewer.js", self._viewer),
            web.get(base, self._page),
            web.get(base + "preview.jpg", self._preview),
            web.get(base + r"zoom/{label:\d{1,2}-\d{1,3}-\d{1,3}}.jpg", self._tile),
            web.get(base + r"{file:mural\.png|mural\.jpg|film\.mp4}", self._file),
        ]

    async def _viewer(self, _request: web.Request) -> web.Response:
        return web.Response(
            text=self._script, content_type="text/javascript", headers=self._html.headers
        )

    async def _page(self, request: web.Request) -> web.Response:
        try:
            mural = await self._find(request)
        except MuralscapeError as error:
            return self._refusal(error)
        terms, done = mural.terms, len(mural.painted)
        levels = None
        if mural.results is not None:
            levels = json.dumps([list(size) for _label, size in zoom_levels(mural)])
        width, height = terms.grid.size
        values = {
            "title": terms.title,
            "heading": terms.title,
            "description": ngettext(
                "A mural of {n} tile, {width} x {height} pixels; {done} of them are painted.",
                "A mural of {n} tiles, {width} x {height} pixels; {done} of them are painted.",
                terms.grid.count,
                width=width,
                height=height,
                done=done,
            ),
            "alt": _("The mural {title}", title=terms.title),
            "levels": levels,
            "side": ZOOM_SIDE,
            "query": request.query_string,
            "painters": _painters(mural),
        }
        return self._html.page("mural.html", values, headers=self._headers)

    async def _preview(self, request: web.Request) -> web.Response:
        mural = await self._need(request)
        data = await self._workshop.preview(mural, numbered=False)
        return self._answer(data, _PRIVATE)

    async def _tile(self, request: web.Request) -> web.Response:
        mural = await self._need(request)
        if mural.results is None:
            raise web.HTTPNotFound(headers=self._html.headers)
        label = zoom_label(request.match_info["label"])
        data = await self._pictures.read_copy(mural.results.png, label)
        if data is None:
            raise web.HTTPNotFound(headers=self._html.headers)
        return self._answer(data, _TILES)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        mural = await self._need(request)
        if mural.results is None:
            raise web.HTTPNotFound(headers=self._html.headers)
        name = request.match_info["file"]
        picture, kind = {
            "mural.png": (mural.results.png, "image/png"),
            "mural.jpg": (mural.results.jpeg, "image/jpeg"),
            "film.mp4": (mural.results.film, "video/mp4"),
        }[name]
        if not await self._pictures.has([picture]):
            raise web.HTTPNotFound(headers=self._html.headers)
        headers = {
            **self._html.headers,
            **_PRIVATE,
            "Content-Type": kind,
            "Content-Disposition": f'inline; filename="{mural.id}-{name}"',
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        return FileAnswer(self._pictures.path(picture), headers=headers)

    def _answer(self, data: bytes, headers: Mapping[str, str]) -> web.Response:
        return web.Response(
            body=data, content_type="image/jpeg", headers={**self._html.headers, **headers}
        )

    async def _need(self, request: web.Request) -> Mural:
        """Find the mural of a file's request; its page says why there is none."""
        try:
            return await self._find(request)
        except MuralscapeError as error:
            status = _refusals()[type(error)][0]
            raise web.HTTPForbidden if status == 403 else web.HTTPNotFound from None

    async def _find(self, request: web.Request) -> Mural:
        """Check the link, and find its mural. Raises PictureGone and those of `links.check`."""
        number, query = int(request.match_info["mural"]), request.query
        self._links.check(_path(number), query.get("expires", ""), query.get("signature", ""))
        mural = await self._store.get(number)
        if mural is None or mural.state is MuralState.CANCELLED:
            raise PictureGone
        return mural

    def _refusal(self, error: MuralscapeError) -> web.Response:
        status, heading, why = _refusals()[type(error)]
        advice = _(
            "The command {command} in Discord gives a new link.",
            command=command("mural show").strip("`"),
        )
        values = {"title": heading, "heading": heading, "description": why, "advice": advice}
        return self._html.page("notice.html", values, status=status, headers=_PRIVATE)


def _refusals() -> dict[type[MuralscapeError], tuple[int, str, str]]:
    """Give for each error the status, heading and why."""
    return {
        LinkInvalid: (
            403,
            _("This link opens nothing"),
            _("A part of it was lost on the way."),
        ),
        LinkExpired: (
            410,
            _("This link has expired"),
            _("Links to murals work for a limited time."),
        ),
        PictureGone: (404, _("This mural is gone"), _("It was cancelled or deleted.")),
        NotYet: (
            503,
            _("One moment"),
            _("The bot is starting; load this page again in a minute."),
        ),
    }


def _path(number: int) -> str:
    return f"/murals/{number}/"


def _painters(mural: Mural) -> list[PainterLine]:
    """The painters by name, with the numbers of their tiles."""
    tiles: dict[tuple[int, str], list[int]] = {}
    for tile in sorted(mural.painted, key=lambda one: one.number):
        tiles.setdefault((tile.member_id, tile.name), []).append(tile.number)
    return [
        PainterLine(
            _("The server") if member == NO_MEMBER else name or _("A member"),
            ngettext(
                "tile {tiles}", "tiles {tiles}", len(numbers), tiles=listed(map(str, numbers))
            ),
        )
        for (member, name), numbers in tiles.items()
    ]
