"""Serves full paintings to signed links; see `bot.web.links`."""

from aiohttp import web

from bot.errors import MuralscapeError, PictureGone
from bot.jobs.model import JobResult, JobState
from bot.jobs.service import JobService
from bot.languages.speech import _, command, ngettext, pgettext
from bot.pictures.store import PictureStore
from bot.web.files import FileAnswer
from bot.web.html import Html
from bot.web.links import LinkExpired, LinkInvalid, NotYet, PaintingLinks

# The owner of a painting decides where the link goes, so caches and search engines keep no copy.
_PRIVATE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}

# Browsers centre a picture that is opened alone with inline styles.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


class Paintings:
    """Serves the files of paintings."""

    def __init__(self, links: PaintingLinks, jobs: JobService, pictures: PictureStore) -> None:
        self._links = links
        self._jobs = jobs
        self._pictures = pictures
        self._html = Html()

    def routes(self) -> list[web.RouteDef]:
        """The routes of the files."""
        return [web.get(r"/paintings/{job:\d{1,19}}.{extension:[a-z0-9]{1,5}}", self._painting)]

    async def _painting(self, request: web.Request) -> web.StreamResponse:
        query, extension = request.query, request.match_info["extension"]
        try:
            expires = query.get("expires", "")
            self._links.check(request.path, expires, query.get("signature", ""))
            job_id = int(request.match_info["job"])
            result = await self._find(job_id)
            stored = {"png": result.picture, "mp4": result.film}.get(extension)
            if stored is None and result.film is not None:
                return self._film(job_id, result, expires)
            if stored is None:
                raise PictureGone
        except MuralscapeError as error:
            return self._refusal(error)
        headers = {
            **self._html.headers,
            **_PRIVATE,
            "Content-Security-Policy": _POLICY,
            "Content-Type": "video/mp4" if stored == result.film else "image/png",
            "Content-Disposition": f'inline; filename="muralscape-{job_id}.{extension}"',
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        return FileAnswer(self._pictures.path(stored), headers=headers)

    def _film(self, job_id: int, result: JobResult, expires: str) -> web.Response:
        """Show a film on a page: a browser would play the file at once, and nobody has asked."""
        film, poster = (
            self._links.signed(f"/paintings/{job_id}.{extension}", expires)
            for extension in ("mp4", "png")
        )
        outcome = result.outcome
        heading = ngettext("A film of {n} frame", "A film of {n} frames", outcome.frames)
        values = {
            "title": heading,
            "heading": heading,
            "description": _("Press play to see it move."),
            "film": film,
            "poster": poster,
            "outcome": outcome,
        }
        policy = f"{self._html.headers['Content-Security-Policy']}; media-src 'self'"
        headers = {**_PRIVATE, "Content-Security-Policy": policy}
        return self._html.page("film.html", values, headers=headers)

    async def _find(self, job_id: int) -> JobResult:
        """Give a job's painting, which is in the store. Raises PictureGone."""
        job = await self._jobs.get(job_id)
        if (
            job is None
            or job.result is None
            or job.result_deleted
            or job.state not in (JobState.DELIVERING, JobState.DONE)
            or not await self._pictures.has(job.result.pictures)
        ):
            raise PictureGone
        return job.result

    def _refusal(self, error: MuralscapeError) -> web.Response:
        status, heading, why, advice = _refusals()[type(error)]
        values = {"title": heading, "heading": heading, "description": why, "advice": advice}
        return self._html.page("notice.html", values, status=status, headers=_PRIVATE)


def _refusals() -> dict[type[MuralscapeError], tuple[int, str, str, str]]:
    """Give for each error the status, heading, why, and what to do."""
    button = pgettext("button", "Full file")
    return {
        LinkInvalid: (
            403,
            _("This link opens nothing"),
            _("It is none of this bot's, or a part of it was lost on the way."),
            _(
                "Open it once more from the message in Discord, or press “{button}” there for a "
                "new one.",
                button=button,
            ),
        ),
        PictureGone: (
            404,
            _("This painting is gone"),
            _("It was deleted, or the time for which paintings are kept is over."),
            _(
                "It cannot be brought back, but it can be painted again: use {command} in Discord.",
                command=command("muralize").strip("`"),
            ),
        ),
        LinkExpired: (
            410,
            _("This link has expired"),
            _("Links to full paintings work for a limited time."),
            _("Press “{button}” below the painting in Discord for a new one.", button=button),
        ),
        NotYet: (
            503,
            _("One moment"),
            _("The bot is starting."),
            _("Load this page again in a minute."),
        ),
    }
