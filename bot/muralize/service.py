"""Turns requests for paintings into jobs: by command, message menu, or button."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence

from bot.back_off import BackOff
from bot.errors import JobNotFound, Refused
from bot.guilds.limits import EffectiveSettings
from bot.guilds.model import Switch
from bot.guilds.rules import check_channel, check_on
from bot.guilds.service import GuildService
from bot.jobs.admission import Admission
from bot.jobs.model import Job
from bot.jobs.service import CardPlace
from bot.languages.speech import _, said, speak
from bot.muralize.request import Repeat, Request
from bot.muralize.rules import check_outside
from bot.muralize.store import RequestStore
from bot.people import OUTSIDE, Origin, Standing
from bot.pictures.intake import Intake
from engine.errors import ImageRejected, RequestRejected

log = logging.getLogger(__name__)

MOST_RESUMED = 2  # times that starts of the bot resume one request
# After a fault of ours or of Discord's, such as a full disk: for some eight hours.
TRIES = BackOff(first=1.0, longest=300.0, attempts=100)
REFUSALS = (Refused, JobNotFound, ImageRejected, RequestRejected)

MakeJob = Callable[
    [Request | Repeat, CardPlace | None, Standing | None], Coroutine[object, object, Job]
]
Refuse = Callable[[Origin, str], Awaitable[None]]


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
    """Stores requests, and makes jobs of them, also of those that a stop or crash interrupted.

    `make_job` is `JobMaker.make`. `paints_films` says whether moving pictures become films.
    """

    def __init__(
        self,
        make_job: MakeJob,
        requests: RequestStore,
        admission: Admission,
        intake: Intake,
        guilds: GuildService,
        *,
        paints_films: bool,
        remember_seconds: float,
        find_seconds: float,
        tries: BackOff = TRIES,
    ) -> None:
        self.paints_films = paints_films
        self.remember_seconds = remember_seconds  # that an answer waits for `remember`
        self.find_seconds = find_seconds  # that it waits for Discord to find what is pointed at
        self._make_job = make_job
        self._requests = requests
        self._admission = admission
        self._intake = intake
        self._guilds = guilds
        self._tries = tries
        self._making: set[asyncio.Task[Job]] = set()
        self._of_this_run: set[int] | None = set()  # interaction ids; None once `resume` has read
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

    def may_fetch(self, address: str) -> bool:
        """Say whether pictures are downloaded from this address."""
        return self._intake.may_fetch(address)

    async def remember(self, request: Request | Repeat) -> None:
        """Store a request, so that a crash before it is a job does not lose it.

        Requests count as jobs do, so that a burst is refused before its pictures are fetched.
        Raises what `JobQuotas.check` does.
        """
        if self._of_this_run is not None:
            self._of_this_run.add(request.origin.interaction_id)
        effective = await self._guilds.effective(request.origin.guild_id)
        async with self._requests.database.write() as connection:
            pending = await self._requests.pending(connection, request.origin)
            await self._admission.check_quota(connection, request.origin, effective.jobs, pending)
            await self._requests.add(connection, request)

    async def forget(self, request: Request | Repeat) -> None:
        """Delete a request that was refused; retries, since it would be painted after a restart."""
        what = f"request {request.origin.interaction_id} could not be deleted"
        retrying = self._tries.retrying(Exception, log=log, what=what, stop=self._closing)
        await retrying(self._requests.remove, request)

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
        making = asyncio.create_task(self._make_job(request, card, standing))
        self._making.add(making)
        try:
            return await making
        except asyncio.CancelledError:
            if self._closing.is_set():
                return None
            raise
        finally:
            self._making.discard(making)

    async def close(self) -> None:
        """Stop downloads; the next start resumes their requests."""
        self._closing.set()
        for task in self._making:
            task.cancel()
        await asyncio.gather(*self._making, return_exceptions=True)

    async def resume(self, refuse: Refuse) -> None:
        """Resume the requests of the last run; `refuse` tells a member about an error.

        All at once: the intake bounds how many are at it, and shares that among members. Requests
        that arrived before this has read are left to the commands that stored them.
        """
        stored = await self._requests.ours()
        of_this_run, self._of_this_run = self._of_this_run or set(), None
        resuming = (
            self._resume(request, refuse)
            for request in stored
            if request.origin.interaction_id not in of_this_run
        )
        await asyncio.gather(*resuming)

    async def _resume(self, request: Request | Repeat, refuse: Refuse) -> None:
        """Make a job of a request of the last run, or tell its member why not; retries."""
        speak(request.origin.language)  # in the rest of this task, which is the request's own
        resumed = 0  # times that starts of the bot resumed it, with this one; 0 until counted

        async def make() -> None:
            nonlocal resumed
            resumed = resumed or await self._requests.resuming(request)
            if resumed > MOST_RESUMED:
                raise GivenUp
            job = await self.start(request)
            log.info("a request of the last run became job %s", job.id if job else "none yet")

        what = "a request of the last run could not be resumed"
        retrying = self._tries.retrying(
            _may_pass, log=log, what=what, traceback=True, stop=self._closing
        )
        try:
            try:
                await retrying(make)
            except REFUSALS as error:
                await refuse(request.origin, said(error.sentence))
                await self.forget(request)
        except Exception:  # it has failed for hours, or the bot is stopping
            log.exception("a request of the last run waits for the next start")


def _may_pass(error: Exception) -> bool:
    """Say whether another try may succeed: not where the request is refused."""
    return not isinstance(error, REFUSALS)
