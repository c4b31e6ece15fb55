"""Serves full paintings to signed links; see `bot.web.links`."""

from aiohttp import web

from bot.errors import MuralscapeError, PictureGone
from bot.jobs.model import JobState
from bot.jobs.service import JobService
from bot.pictures.store import PictureStore
from bot.web.files import FileAnswer
from bot.web.html import Html
from bot.web.links import LinkExpired, LinkInvalid, NotYet, PaintingLinks

# The owner of a painting decides where the link goes, so caches and search engines keep no copy.
_PRIVATE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}

# Browsers centre a picture that is opened alone with inline styles.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

# error -> status, heading, why, what to do
_REFUSALS = {
    LinkInvalid: (
        403,
        "This link opens nothing",
        "It is none of this bot's, or a part of it was lost on the way.",
        "Open it once more from the message in Discord, or press “Full file” there for a new one.",
    ),
    PictureGone: (
        404,
        "This painting is gone",
        "It was deleted, or the time for which paintings are kept is over.",
        "It cannot be brought back, but it can be painted again: use /muralize in Discord.",
    ),
    LinkExpired: (
        410,
        "This link has expired",
        "Links to full paintings work for a limited time.",
        "Press “Full file” below the painting in Discord for a new one.",
    ),
    NotYet: (
        503,
        "One moment",
        "The bot is starting.",
        "Load this page again in a minute.",
    ),
}


class Paintings:
    """Serves the files of paintings."""

    def __init__(self, links: PaintingLinks, jobs: JobService, pictures: PictureStore) -> None:
        self._links = links
        self._jobs = jobs
        self._pictures = pictures
        self._html = Html()

    def routes(self) -> list[web.RouteDef]:
        """The routes of the files."""
        return [web.get(r"/paintings/{job:\d{1,19}}.{extension:[a-z]{1,5}}", self._painting)]

    async def _painting(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        try:
            self._links.check(request.path, query.get("expires", ""), query.get("signature", ""))
            job_id = int(request.match_info["job"])
            picture = await self._find(job_id)
        except MuralscapeError as error:
            return self._refusal(error)
        headers = {
            **self._html.headers,
            **_PRIVATE,
            "Content-Security-Policy": _POLICY,
            "Content-Type": "image/png",
            "Content-Disposition": f'inline; filename="muralscape-{job_id}.png"',
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        return FileAnswer(self._pictures.path(picture), headers=headers)

    async def _find(self, job_id: int) -> str:
        """Give the name of a job's painting in the store. Raises PictureGone."""
        job = await self._jobs.get(job_id)
        if (
            job is None
            or job.result is None
            or job.result_deleted
            or job.state not in (JobState.DELIVERING, JobState.DONE)
            or not await self._pictures.has([job.result.picture])
        ):
            raise PictureGone
        return job.result.picture

    def _refusal(self, error: MuralscapeError) -> web.Response:
        status, heading, why, advice = _REFUSALS[type(error)]
        values = {"title": heading, "heading": heading, "description": why, "advice": advice}
        return self._html.page("notice.html", values, status=status, headers=_PRIVATE)
