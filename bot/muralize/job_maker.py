"""Makes a stored request a job: checks it, downloads its pictures, and submits it."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from bot.errors import JobNotFound
from bot.guilds.limits import EffectiveSettings
from bot.guilds.model import Switch
from bot.guilds.rules import allowance_of, check_on
from bot.guilds.service import GuildService
from bot.jobs.admission import Admission
from bot.jobs.model import Job, Sources
from bot.jobs.service import CardPlace, JobService
from bot.muralize.request import Repeat, Request
from bot.muralize.rules import (
    as_film,
    changed,
    check_in_time,
    check_request,
    check_standing,
    why_still,
)
from bot.muralize.store import RequestStore
from bot.people import Gate, Origin, Standing
from bot.pictures.intake import Intake
from bot.pictures.model import FilmLimits
from bot.pictures.retention import retry_if_deleted
from bot.pictures.turns import Owner
from bot.styles.service import StyleService
from engine.presets import PRESETS
from engine.request import PaintSettings

CheckBlock = Callable[[int, int], Awaitable[None]]  # of a server and a member; raises Blocked
Submit = Callable[..., Awaitable[Job]]  # `JobService.submit` with its keywords filled in


class JobMaker:
    """Makes jobs of requests.

    `gate` and `check_block` decide whether a member may paint. A new painting without a chosen size
    has at most `usual_size` pixels. `clock` gives Unix seconds.
    """

    def __init__(
        self,
        jobs: JobService,
        admission: Admission,
        intake: Intake,
        requests: RequestStore,
        guilds: GuildService,
        styles: StyleService,
        gate: Gate,
        check_block: CheckBlock,
        *,
        usual_size: int,
        films: FilmLimits,
        clock: Callable[[], float],
        rng: random.Random,
    ) -> None:
        self._jobs = jobs
        self._admission = admission
        self._intake = intake
        self._requests = requests
        self._guilds = guilds
        self._styles = styles
        self._gate = gate
        self._check_block = check_block
        self._usual_size = usual_size
        self._films = films
        self._clock = clock
        self._rng = rng

    async def make(
        self, request: Request | Repeat, card: CardPlace | None, standing: Standing | None
    ) -> Job:
        """Submit the job of a request. See `MuralizeService.start`."""
        origin = request.origin
        await self._check_block(origin.guild_id, origin.member_id)
        by_button = isinstance(request, Repeat)
        standing = await self._gate.check(origin, standing, by_button=by_button)
        effective = await self._guilds.effective(origin.guild_id)
        check_standing(origin, standing, effective)
        granted = allowance_of(effective.settings, standing.roles)
        submit = partial(
            self._jobs.submit,
            quotas=effective.jobs,
            granted=granted,
            card=card,
            settle=partial(self._requests.settle, request=request),
        )
        if isinstance(request, Repeat):
            return await self._repeat(request, effective, submit)
        check_request(request, effective)
        settings = self._with_size(request.settings, effective)
        self._check_in_time(origin, settings, None)
        await self._admission.check_time(origin, settings, granted)
        return await retry_if_deleted(partial(self._download_and_submit, request, settings, submit))

    async def _repeat(self, request: Repeat, effective: EffectiveSettings, submit: Submit) -> Job:
        """Paint the pictures of another job again, with the settings that its button asks for."""
        job = await self._jobs.get(request.job_id)
        if job is None:
            raise JobNotFound(request.job_id)
        origin = request.origin
        await self._intake.check_room(Owner(job.origin.guild_id, origin.member_id))
        settings = self._changed(job, request.change, effective.largest_size)
        # A tile of a mural is repeated as a painting of its own, which is sent to the member.
        sources = replace(job.sources, surroundings=())
        self._check_in_time(origin, settings, sources)
        age_restricted = origin.age_restricted or job.origin.age_restricted
        return await submit(
            replace(origin, age_restricted=age_restricted),
            sources,
            settings,
            timelapse=request.change == "timelapse",
            parent_id=job.id,
        )

    async def _download_and_submit(
        self, request: Request, settings: PaintSettings, submit: Submit
    ) -> Job:
        origin = request.origin
        async with self._downloaded(request) as (sources, frames):
            if frames:
                settings = self._as_film(settings, frames, sources)
            self._check_in_time(origin, settings, sources)
            # The download takes a while, in which the member or painting may have been forbidden.
            await self._check_block(origin.guild_id, origin.member_id)
            check_on(await self._guilds.settings(origin.guild_id), Switch.PAINTING)
            return await submit(origin, sources, settings)

    @asynccontextmanager
    async def _downloaded(self, request: Request) -> AsyncIterator[tuple[Sources, int]]:
        """Download the pictures of a request into the store; they stay if a row refers to them.

        Also give the number of frames, where a film is to be painted; else 0.
        """
        saved = None
        if request.style is None:
            saved = await self._styles.find(request.origin.guild_id, request.style_name or "")
        files = [one for one in (request.content, request.style, request.mask) if one is not None]
        owner = Owner(request.origin.guild_id, request.origin.member_id)
        async with self._intake.taken(files, owner, why_still(request)) as stored:
            content = stored[0]
            style = stored[1] if saved is None else await self._intake.measured(saved.picture)
            mask = None if request.mask is None else stored[-1]
            sources = Sources(
                content.name,
                (style.name,),
                None if mask is None else mask.name,
                content_title=request.content.title,
                alt_text=request.alt_text,
                spoiler=any(file.spoiler for file in files),
                sizes=tuple(one.size for one in (content, style, mask) if one is not None),
                style_title=request.style.title if request.style is not None else "",
            )
            if saved is not None:
                sources = replace(
                    sources,
                    style_name=saved.name,
                    style_author=saved.author_id,
                    style_author_name=saved.author_name,
                )
            yield sources, len(content.frames)

    def _with_size(self, settings: PaintSettings, effective: EffectiveSettings) -> PaintSettings:
        """Give the settings a size where the member chose none and the preset's is too large."""
        usual = min(self._usual_size, effective.largest_size)
        if settings.size is None and PRESETS[settings.preset].size > usual:
            return replace(settings, size=usual)
        return settings

    def _changed(self, job: Job, change: str, largest: int) -> PaintSettings:
        """Give the settings of a repeat; a film becomes a film again."""
        film = job.settings.film
        if film is None:
            return changed(job, change, largest, self._rng)
        settings = changed(job, change, min(largest, self._films.size), self._rng)
        return self._as_film(settings, film.frames, job.sources)

    def _as_film(self, settings: PaintSettings, frames: int, sources: Sources) -> PaintSettings:
        predict = partial(self._admission.predict, sources=sources)
        return as_film(settings, frames, self._films, predict)

    def _check_in_time(
        self, origin: Origin, settings: PaintSettings, sources: Sources | None
    ) -> None:
        seconds = self._admission.predict_finish(origin, settings, sources)
        check_in_time(origin, seconds, self._clock())
