"""The rules of asking for a painting: by command, by the message menu, by a button on a result."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial

from bot.errors import JobNotFound, NothingToPaint, Refused
from bot.guilds.model import Rules
from bot.guilds.service import GuildService, check_channel
from bot.jobs.model import Job, Recipe
from bot.jobs.service import CardPlace, JobService
from bot.muralize.request import Repeat, Request, recipe_for
from bot.muralize.store import RequestStore
from bot.people import Origin
from bot.pictures.intake import Intake
from bot.pictures.retention import retry_if_deleted
from bot.styles.service import StyleService
from engine.errors import ImageRejected
from engine.presets import PRESETS

log = logging.getLogger(__name__)

WEAKEST, STRONGEST = 0.1, 10.0  # of the style against the content
_STEP = 1.5  # what the buttons stronger, softer and larger multiply by


Refuse = Callable[[Origin, str], Awaitable[None]]


class MuralizeService:
    """Turns what members ask for into jobs."""

    def __init__(
        self,
        jobs: JobService,
        intake: Intake,
        requests: RequestStore,
        guilds: GuildService,
        styles: StyleService,
        *,
        usual_size: int,
        chance: random.Random,
    ) -> None:
        self._jobs = jobs
        self._intake = intake
        self._requests = requests
        self._guilds = guilds
        self._styles = styles
        self._usual_size = usual_size
        self._chance = chance
        self._fetching: set[asyncio.Task[Job]] = set()
        self._closing = asyncio.Event()

    async def admit(self, guild_id: int, channels: Sequence[int]) -> Rules:
        """Say what holds in a server. Raises ChannelClosed where it wants no paintings.

        `channels` are the one that a member writes in and, for a thread, its parent.
        """
        rules = await self._guilds.rules(guild_id)
        if channels:
            check_channel(rules.settings, *channels)
        return rules

    def check(self, request: Request, rules: Rules) -> None:
        """Raise Refused for what can be seen to be wrong without fetching anything."""
        if request.style is None and request.style_name is None:
            raise NothingToPaint(
                "A style is missing: attach a picture as `style`, or choose a `saved_style`."
            )
        size = request.options.size
        if size is not None and size > rules.largest_size:
            raise Refused(
                f"The largest size here is {rules.largest_size} pixels; "
                "choose that or a smaller one."
            )

    async def remember(self, request: Request | Repeat) -> None:
        """Keep a request, so that a crash before it is a job does not lose it.

        Raises MemberQuotaReached and GuildQuotaReached: nothing is fetched then.
        """
        rules = await self._guilds.rules(request.origin.guild_id)
        async with self._requests.database.write() as connection:
            await self._jobs.check_quota(connection, request.origin, rules.jobs)
            await self._requests.add(connection, request)

    async def forget(self, request: Request | Repeat) -> None:
        """Drop a request that came to nothing."""
        await self._requests.remove(request)

    async def start(self, request: Request | Repeat, card: CardPlace | None = None) -> Job | None:
        """Fetch the pictures that a remembered request needs and queue the painting.

        `card` is the message that answered the request, where that is known.

        Raises Refused and ImageRejected; whoever tells the member so forgets the request then, for
        a crash before that must not lose it. None when the bot is stopping: the next start will go
        on with the request.
        """
        if self._closing.is_set():
            return None
        fetching = asyncio.create_task(self._fetch_and_submit(request, card))
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
        """Leave the requests whose pictures are being fetched to the next start."""
        self._closing.set()
        for task in self._fetching:
            task.cancel()
        await asyncio.gather(*self._fetching, return_exceptions=True)

    async def resume(self, refuse: Refuse) -> None:
        """Go on with the requests that the last run left behind; `refuse` tells a member no."""
        for request in await self._requests.ours():
            try:
                job = await self.start(request)
            except (Refused, JobNotFound, ImageRejected) as error:
                await refuse(request.origin, str(error))
                await self._requests.remove(request)
            except Exception:  # a full disk must not end the bot
                log.exception("a request of the last run waits for the next start")
            else:
                log.info("a request of the last run became job %s", job.id if job else "none yet")

    async def _fetch_and_submit(self, request: Request | Repeat, card: CardPlace | None) -> Job:
        rules = await self._guilds.rules(request.origin.guild_id)
        submit = partial(
            self._jobs.submit,
            request.origin,
            limits=rules.jobs,
            card=card,
            settle=partial(self._requests.settle, request=request),
        )
        if isinstance(request, Repeat):
            job = await self._jobs.get(request.job_id)
            if job is None:
                raise JobNotFound(request.job_id)
            return await submit(
                self._changed(job, request.change, rules.largest_size), parent_id=job.id
            )
        self.check(request, rules)
        usual = min(self._usual_size, rules.largest_size)

        async def take_in() -> Job:
            recipe = await self._recipe(request, rules.default_preset)
            if recipe.size is None and PRESETS[recipe.preset].size > usual:
                recipe = replace(recipe, size=usual)
            return await submit(recipe)

        return await retry_if_deleted(take_in)

    async def _recipe(self, request: Request, preset: str) -> Recipe:
        """Fetch the pictures that a request names and say what to paint."""
        if request.style is not None:
            content, style = await self._intake.take([request.content, request.style])
            return recipe_for(request, content, style, None, preset)
        saved = await self._styles.find(request.origin.guild_id, request.style_name or "")
        (content,) = await self._intake.take([request.content])
        return recipe_for(request, content, saved.picture, saved, preset)

    def _changed(self, job: Job, change: str, largest: int) -> Recipe:
        recipe = replace(job.recipe, timelapse=False)
        if change == "again":
            # 31 bits: every random number generator takes such a seed
            return replace(recipe, seed=self._chance.getrandbits(31))
        if change == "stronger":
            return replace(recipe, strength=min(STRONGEST, recipe.strength * _STEP))
        if change == "softer":
            return replace(recipe, strength=max(WEAKEST, recipe.strength / _STEP))
        if change == "timelapse":
            return replace(recipe, timelapse=True)
        size = recipe.size or (max(job.result.width, job.result.height) if job.result else 0)
        if size >= largest:
            raise Refused(f"This is already the largest size here, {largest} pixels.")
        return replace(recipe, size=min(largest, round(size * _STEP / 32) * 32))
