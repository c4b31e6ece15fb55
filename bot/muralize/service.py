"""Turns requests for paintings into jobs: by command, message menu, or button."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import replace
from functools import partial

from bot.errors import JobNotFound, Refused
from bot.guilds.limits import EffectiveSettings
from bot.guilds.model import Switch
from bot.guilds.rules import allowance_of, check_channel, check_on
from bot.guilds.service import GuildService
from bot.jobs.admission import Admission
from bot.jobs.model import Job, Sources
from bot.jobs.service import CardPlace, JobService
from bot.languages.speech import _, said, speak
from bot.muralize.request import Repeat, Request
from bot.muralize.rules import (
    as_film,
    changed,
    check,
    check_in_time,
    check_outside,
    check_standing,
    why_still,
)
from bot.muralize.store import RequestStore
from bot.people import OUTSIDE, Gate, Origin, Standing
from bot.pictures.intake import Intake
from bot.pictures.model import FilmLimits, StoredPicture, UploadedFile
from bot.pictures.retention import retry_if_deleted
from bot.pictures.turns import Owner
from bot.styles.service import StyleService
from engine.errors import ImageRejected, RequestRejected
from engine.presets import PRESETS
from engine.request import PaintSettings

log = logging.getLogger(__name__)

MOST_RESUMED = 2  # times that starts of the bot resume one request

Refuse = Callable[[Origin, str], Awaitable[None]]
CheckBlock = Callable[[int, int], Awaitable[None]]  # of a server and a member; raises Blocked


class GivenUp(Refused):
    """The request was resumed as often as allowed, and never became a job."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Your request was interrupted several times and is given up; send it again, or "
                "with other pictures."
            )
        )


class MuralizeService:
    """Stores requests, downloads their pictures, and submits their jobs.

    `gate` knows who may paint, and `check_block` who is blocked; `clock` gives Unix seconds. An
    answer waits `remember_seconds` for its request to be stored.
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
        remember_seconds: float,
        clock: Callable[[], float],
        rng: random.Random,
    ) -> None:
        self.remember_seconds = remember_seconds
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
        self._fetching: set[asyncio.Task[Job]] = set()
        self._closing = asyncio.Event()

    async def admit(self, guild_id: int, channels: Sequence[int]) -> EffectiveSettings:
        """Give a server's settings. Raises Refused where paintings are not allowed.

        `channels` are the member's channel and, for a thread, its parent. This answers quickly;
        what counts is checked again when the job is submitted.
        """
        effective = await self._guilds.effective(guild_id)
        check_on(effective.settings, Switch.PAINTING)
        if guild_id == OUTSIDE:
            check_outside(effective)
        if channels:
            check_channel(effective.settings, *channels)
        return effective

    async def mentions_members(self, guild_id: int) -> bool:
        """Say whether a server wants members mentioned when a long painting is finished."""
        return (await self._guilds.settings(guild_id)).mention_members

    async def shows_previews(self, guild_id: int) -> bool:
        """Say whether a server wants previews of paintings under way."""
        return (await self._guilds.settings(guild_id)).previews

    async def voice(self, guild_id: int, language: str) -> AbstractContextManager[None]:
        """Speak a member's language within the block, as their server wants."""
        return await self._guilds.voice(guild_id, language)

    @property
    def paints_films(self) -> bool:
        """Whether moving pictures are painted as films."""
        return self._films.are_painted

    async def switched_off(self, guild_id: int) -> frozenset[str]:
        """Give the features that a server has switched off."""
        return await self._guilds.switched_off(guild_id)

    def may_fetch(self, address: str) -> bool:
        """Say whether a picture lies where pictures are fetched from."""
        return self._intake.may_fetch(address)

    async def remember(self, request: Request | Repeat) -> None:
        """Store a request, so that a crash before it is a job does not lose it.

        Requests count as jobs do, so that a burst is refused before its pictures are fetched.
        Raises what `JobQuotas.check` does.
        """
        effective = await self._guilds.effective(request.origin.guild_id)
        async with self._requests.database.write() as connection:
            pending = await self._requests.pending(connection, request.origin)
            await self._admission.check_quota(connection, request.origin, effective.jobs, pending)
            await self._requests.add(connection, request)

    async def forget(self, request: Request | Repeat) -> None:
        """Delete a request that was refused."""
        await self._requests.remove(request)

    async def start(
        self,
        request: Request | Repeat,
        card: CardPlace | None = None,
        standing: Standing | None = None,
    ) -> Job | None:
        """Download the pictures of a stored request and queue the painting.

        `card` is the message that answered the request, and `standing` what the interaction says
        of its member, where they are known; else Discord is asked. Returns None when the bot is
        stopping; the next start resumes the request.

        Raises Refused and ImageRejected. The caller tells the member and then forgets the request,
        so that a crash in between does not lose the message.
        """
        if self._closing.is_set():
            return None
        fetching = asyncio.create_task(self._fetch_and_submit(request, card, standing))
        self._fetching.add(fetching)
        try:
            return await fetching
        except asyncio.CancelledError:
            if self._closing.is_set():
                return None
            raise
        finally:
            self._fetching.discard(fetching)

    async def close(self) -> None:
        """Stop downloads; the next start resumes their requests."""
        self._closing.set()
        for task in self._fetching:
            task.cancel()
        await asyncio.gather(*self._fetching, return_exceptions=True)

    async def resume(self, refuse: Refuse) -> None:
        """Resume the requests of the last run; `refuse` tells a member about an error.

        All at once: the intake bounds how many are at it, and shares that among members.
        """
        resuming = (self._resume(request, refuse) for request in await self._requests.ours())
        await asyncio.gather(*resuming)

    async def _resume(self, request: Request | Repeat, refuse: Refuse) -> None:
        speak(request.origin.language)  # in the rest of this task, which is the request's own
        try:
            if await self._requests.resuming(request) > MOST_RESUMED:
                raise GivenUp
            job = await self.start(request)
        except (Refused, JobNotFound, ImageRejected, RequestRejected) as error:
            try:
                await refuse(request.origin, said(error.sentence))
                await self._requests.remove(request)
            except Exception:  # such as a full disk
                log.exception("a refusal of a request of the last run waits for the next start")
        except Exception:
            log.exception("a request of the last run waits for the next start")
        else:
            log.info("a request of the last run became job %s", job.id if job else "none yet")

    async def _fetch_and_submit(
        self, request: Request | Repeat, card: CardPlace | None, standing: Standing | None
    ) -> Job:
        origin = request.origin
        by_button = isinstance(request, Repeat)
        await self._check_block(origin.guild_id, origin.member_id)
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
            job = await self._jobs.get(request.job_id)
            if job is None:
                raise JobNotFound(request.job_id)
            await self._intake.check_room(Owner(job.origin.guild_id, request.origin.member_id))
            settings = self._changed(job, request.change, effective.largest_size)
            # A tile of a mural is repeated as a painting of its own, which is sent to the member.
            sources = replace(job.sources, surroundings=())
            self._check_in_time(origin, settings, sources)
            timelapse = request.change == "timelapse"
            marked = replace(
                origin, age_restricted=origin.age_restricted or job.origin.age_restricted
            )
            return await submit(marked, sources, settings, timelapse=timelapse, parent_id=job.id)
        check(request, effective)
        settings = request.settings
        usual = min(self._usual_size, effective.largest_size)
        if settings.size is None and PRESETS[settings.preset].size > usual:
            settings = replace(settings, size=usual)
        self._check_in_time(origin, settings, None)
        await self._admission.check_time(origin, settings, granted)

        async def take_in() -> Job:
            async with self._taken(request) as (sources, frames):
                chosen = self._as_film(settings, frames, sources) if frames else settings
                self._check_in_time(origin, chosen, sources)
                # the download takes a while, and the painting may be unwanted by now
                await self._check_block(origin.guild_id, origin.member_id)
                check_on(await self._guilds.settings(origin.guild_id), Switch.PAINTING)
                return await submit(origin, sources, chosen)

        return await retry_if_deleted(take_in)

    def _changed(self, job: Job, change: str, largest: int) -> PaintSettings:
        """Give the settings of a repeat; a film is one again."""
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
        check_in_time(
            origin, self._admission.predict_finish(origin, settings, sources), self._clock()
        )

    @asynccontextmanager
    async def _taken(self, request: Request) -> AsyncIterator[tuple[Sources, int]]:
        """Download the pictures of a request into the store; they stay if a row refers to them.

        Also give the number of frames, where a film is to be painted; else 0.
        """
        saved = None
        if request.style is None:
            saved = await self._styles.find(request.origin.guild_id, request.style_name or "")
        files = [one for one in (request.content, request.style, request.mask) if one is not None]
        owner = Owner(request.origin.guild_id, request.origin.member_id)
        async with self._intake.taken(files, owner, why_still(request)) as stored:
            taken: dict[UploadedFile | None, StoredPicture]
            taken = dict(zip(files, stored, strict=True))
            content, mask = taken[request.content], taken.get(request.mask)
            masks = [] if mask is None else [mask]
            if saved is None:
                style = taken[request.style]
            else:
                style = await self._intake.measured(saved.picture)
            sources = Sources(
                content.name,
                (style.name,),
                None if mask is None else mask.name,
                content_title=request.content.title,
                alt_text=request.alt_text,
                spoiler=any(file.spoiler for file in files),
                sizes=tuple(one.size for one in (content, style, *masks)),
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
