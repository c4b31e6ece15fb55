"""The web page at `/`, its files, and the sample pictures it offers.

GET /                   the page
GET /page/...           its styles and scripts
GET /sim/samples        the sample pictures: name, title, option, url
GET /sim/samples/NAME   one of them
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from bot.simulator.model import Json

FOLDER = Path(__file__).parent / "page"

# All resources come from this origin. Pictures that members choose are shown from memory
# (blob:); nothing is loaded from other origins, and a message cannot contain a script.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",  # a changed file is loaded at the next visit
}


@dataclass(frozen=True)
class SamplePicture:
    """A picture that is one click away in the page, for attachment options called `option`."""

    name: str
    title: str
    option: str
    path: Path


class Site:
    """Handlers for the page itself; its API is `bot.simulator.control`."""

    def __init__(self, samples: Sequence[SamplePicture]) -> None:
        self._samples = {sample.name: sample for sample in samples}

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_get("/", self.page)
        app.router.add_get(r"/page/{file:[a-z_/]+\.(?:css|js|svg)}", self.file)
        app.router.add_get("/sim/samples", self.samples)
        app.router.add_get("/sim/samples/{name}", self.sample)

    async def page(self, request: web.Request) -> web.FileResponse:
        """The page."""
        return web.FileResponse(FOLDER / "index.html", headers=_HEADERS)

    async def file(self, request: web.Request) -> web.FileResponse:
        """A style sheet, a script or a drawing; the pattern of the route lets no dots in."""
        return web.FileResponse(FOLDER / request.match_info["file"], headers=_HEADERS)

    async def samples(self, request: web.Request) -> web.Response:
        """The list of sample pictures."""
        return web.json_response([_listed(sample) for sample in self._samples.values()])

    async def sample(self, request: web.Request) -> web.FileResponse:
        """One picture."""
        sample = self._samples.get(request.match_info["name"])
        if sample is None:
            raise web.HTTPNotFound(text="There is no sample picture of that name.")
        return web.FileResponse(sample.path, headers={"Cache-Control": "max-age=3600"})


def _listed(sample: SamplePicture) -> Json:
    return {
        "name": sample.name,
        "title": sample.title,
        "option": sample.option,
        "filename": sample.path.name,
        "url": f"/sim/samples/{sample.name}",
    }
