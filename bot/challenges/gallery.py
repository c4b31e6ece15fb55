"""The web gallery: the closed challenges of servers that opted in, with winners and entries.

Every page is read from the database, and browsers must revalidate what they cache, so that a
picture disappears when its owner deletes it. The pages have no scripts.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from aiohttp import web

from bot.challenges.model import Challenge, ChallengeState, Contest, Entry
from bot.challenges.store import ChallengeStore
from bot.errors import PictureGone
from bot.languages.speech import _, listed, ngettext
from bot.pictures.copies import Copies
from bot.pictures.decoder import Decoder
from bot.pictures.store import PictureStore
from bot.pictures.thumbnails import small_copy
from bot.pictures.turns import VISITORS
from bot.web.html import Html

SIDES = ("320", "640", "1280")  # pixels on the long side
MOST_CHALLENGES = 24  # on a server's page; a link leads to older ones
MOST_WINNERS = 3  # of a challenge on that page; more may share the first place


@dataclass(frozen=True)
class Shown:
    """An entry on a page; `source` is the address of its picture without the size."""

    author: str
    source: str
    won: bool
    place: str  # empty where nobody voted
    votes: str


@dataclass(frozen=True)
class ChallengeSummary:
    """A challenge on the page of a server."""

    title: str
    path: str
    winners: Sequence[Shown]
    winner_names: str
    entries: str  # how many, in words
    day: date


class Gallery:
    """Serves the pages. `opted_in` and `name_of` take the id of a server.

    `public_url` is the public address of the pages; without it they have no link previews.
    """

    def __init__(
        self,
        store: ChallengeStore,
        pictures: PictureStore,
        decoder: Decoder,
        opted_in: Callable[[int], Awaitable[bool]],
        name_of: Callable[[int], str | None],
        public_url: str = "",
    ) -> None:
        self._store = store
        self._decoder = decoder
        self._opted_in = opted_in
        self._name_of = name_of
        self._public_url = public_url
        self._html = Html()
        self._copies = Copies(pictures)

    def routes(self) -> list[web.RouteDef]:
        """The pages and their pictures."""
        guild, challenge = r"/gallery/{guild:\d{1,20}}", r"{challenge:\d{1,9}}"
        picture = rf"{guild}/{challenge}/{{entry:\d{{1,9}}}}-{{side:{'|'.join(SIDES)}}}.webp"
        return [
            web.get(guild, self._server),
            web.get(f"{guild}/{challenge}", self._challenge),
            web.get(picture, self._picture),
        ]

    async def _server(self, request: web.Request) -> web.Response:
        guild_id = await self._guild(request)
        before = self._before(request)
        found = await self._store.closed(guild_id, MOST_CHALLENGES + 1, before, public=True)
        shown = found[:MOST_CHALLENGES]
        numbers = [challenge.id for challenge in shown]
        winners = await self._store.winners(numbers)
        counts = await self._store.entry_counts(numbers)
        summaries = [_summary(one, winners.get(one.id, []), counts.get(one.id, 0)) for one in shown]
        name = self._server_name(guild_id)
        first = next((one.winners[0].source for one in summaries if one.winners), None)
        return self._page(
            request,
            "server.html",
            first,
            title=_("{server}: style challenges", server=name),
            heading=name,
            description=_("The winners of this server's style challenges"),
            challenges=summaries,
            older=f"?before={numbers[-1]}" if len(found) > len(shown) else None,
        )

    async def _challenge(self, request: web.Request) -> web.Response:
        guild_id = await self._guild(request)
        contest = await self._closed(request, guild_id)
        entries = _shown(contest)
        terms = contest.challenge.terms
        return self._page(
            request,
            "challenge.html",
            entries[0].source if entries else None,
            title=f"{terms.title} · {self._server_name(guild_id)}",
            heading=terms.title,
            description=terms.theme or _("A style challenge"),
            server=self._server_name(guild_id),
            up=f"/gallery/{guild_id}",
            entries=entries,
        )

    async def _picture(self, request: web.Request) -> web.Response:
        contest = await self._closed(request, await self._guild(request))
        number, side = int(request.match_info["entry"]), request.match_info["side"]
        entry = next((entry for entry in contest.live if entry.id == number), None)
        if entry is None or entry.picture is None:
            raise web.HTTPNotFound(headers=self._html.headers)
        tag = f'"{entry.picture[:32]}-{side}"'
        headers = {**self._html.headers, "ETag": tag}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        try:
            data = await self._resized(entry.picture, side)
        except PictureGone:
            raise web.HTTPNotFound(headers=self._html.headers) from None
        return web.Response(body=data, content_type="image/webp", headers=headers)

    async def _guild(self, request: web.Request) -> int:
        guild_id = int(request.match_info["guild"])
        # a number beyond the database's integers is not the id of a server
        if guild_id >= 2**63 or not await self._opted_in(guild_id):
            raise web.HTTPNotFound(headers=self._html.headers)
        return guild_id

    async def _closed(self, request: web.Request, guild_id: int) -> Contest:
        contest = await self._store.get(int(request.match_info["challenge"]))
        if (
            contest is None
            or contest.challenge.guild_id != guild_id
            or contest.challenge.state is not ChallengeState.CLOSED
            or contest.challenge.age_restricted
        ):
            raise web.HTTPNotFound(headers=self._html.headers)
        return contest

    async def _resized(self, picture: str, side: str) -> bytes:
        """Give the copy of a size; the first visitor's request makes it."""
        return await small_copy(self._copies, self._decoder, picture, int(side), VISITORS)

    def _before(self, request: web.Request) -> int | None:
        """Read the id of the challenge before which the page begins."""
        given = request.query.get("before")
        if given is None:
            return None
        if not re.fullmatch(r"[0-9]{1,9}", given):
            raise web.HTTPNotFound(headers=self._html.headers)
        return int(given)

    def _page(
        self, request: web.Request, template: str, source: str | None, **values: object
    ) -> web.Response:
        # Never the Host header, which the visitor chooses: caches and previews would keep it.
        if self._public_url:
            values["address"] = self._public_url + request.path
            values["image"] = f"{self._public_url}{source}-640.webp" if source else None
        return self._html.page(template, values)

    def _server_name(self, guild_id: int) -> str:
        return self._name_of(guild_id) or _("A server")


def _summary(challenge: Challenge, winners: Sequence[Entry], entries: int) -> ChallengeSummary:
    shown = [_show(challenge, entry) for entry in winners[:MOST_WINNERS]]
    return ChallengeSummary(
        title=challenge.terms.title,
        path=f"/gallery/{challenge.guild_id}/{challenge.id}",
        winners=shown,
        winner_names=listed([one.author for one in shown]),
        entries=ngettext("{n} entry", "{n} entries", entries),
        day=datetime.fromtimestamp(challenge.closed_at or 0.0, UTC).date(),
    )


def _shown(contest: Contest) -> list[Shown]:
    """List the entries that have pictures, the winners first."""
    there = [entry for entry in contest.live if entry.picture is not None]
    there.sort(key=lambda entry: (entry.rank or 0, entry.number or 0))
    return [_show(contest.challenge, entry) for entry in there]


def _show(challenge: Challenge, entry: Entry) -> Shown:
    votes = entry.votes or 0
    return Shown(
        author=entry.name or _("a member"),
        source=f"/gallery/{challenge.guild_id}/{challenge.id}/{entry.id}",
        won=bool(votes) and entry.rank == 1,
        place=_place(entry.rank or 0, votes),
        votes=ngettext("{n} vote", "{n} votes", votes),
    )


def _place(rank: int, votes: int) -> str:
    """Write a place: without a vote it has no medal, and where nobody voted there is none."""
    if not votes and rank <= 1:
        return ""
    medals = {1: _("🥇 1st"), 2: _("🥈 2nd"), 3: _("🥉 3rd")} if votes else {}
    return medals.get(rank) or _("Place {n}", n=rank)
