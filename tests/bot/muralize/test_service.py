"""Requests that a start of the bot finds stored."""

from bot.back_off import BackOff
from bot.discord_io.sending import NotNow
from bot.errors import Refused
from bot.guilds.limits import Ceilings
from bot.guilds.service import GuildService
from bot.guilds.store import GuildStore
from bot.jobs.model import Job
from bot.jobs.service import CardPlace
from bot.muralize.request import Repeat, Request
from bot.muralize.service import MuralizeService
from bot.muralize.store import RequestStore
from bot.people import Origin, Standing
from bot.pictures.intake import Intake
from bot.pictures.model import UploadedFile
from bot.pictures.quotas import ByteQuotas, PictureQuotas
from engine.picture_limits import DEFAULT_LIMITS
from engine.request import PaintSettings
from tests.bot.conftest import ON_SQLITE
from tests.bot.decoders import DECODER
from tests.bot.jobs.conftest import harness
from tests.bot.jobs.harness import JobHarness
from tests.bot.muralize.test_card import JOB

__all__ = ["harness"]

PICTURE = UploadedFile("The picture", "https://cdn.example/1.png", 10)


class Run:
    """One run of the bot: a service, and the interactions of which it made jobs."""

    def __init__(self, harness: JobHarness) -> None:
        self.made: list[int] = []
        self.refused: list[str] = []
        self.faults: list[Exception] = []  # of the next tries to make a job
        self.service = MuralizeService(
            self._make,
            RequestStore(harness.database),
            harness.admission,
            Intake(
                harness.retention,
                PictureQuotas(harness.retention, ByteQuotas(9, 9, 9)),
                DECODER,
                hosts=(),
                limits=DEFAULT_LIMITS,
                seconds=1,
            ),
            GuildService(GuildStore(harness.database), Ceilings(5, 50, 1024, 8)),
            paints_films=False,
            remember_seconds=1,
            find_seconds=1,
            tries=BackOff(first=0.001, longest=0.001, attempts=9),
        )

    async def refuse(self, origin: Origin, sentence: str) -> None:
        """Note what a member would be told."""
        self.refused.append(sentence)

    async def _make(
        self, request: Request | Repeat, card: CardPlace | None, standing: Standing | None
    ) -> Job:
        if self.faults:
            raise self.faults.pop(0)
        self.made.append(request.origin.interaction_id)
        return JOB


@ON_SQLITE
async def test_a_request_that_comes_during_the_start_is_begun_once(harness: JobHarness) -> None:
    """What the last run left is resumed; a command that has just stored its own begins that."""
    old, new = (
        Request(harness.origin(), PICTURE, PICTURE, None, PaintSettings()) for _ in range(2)
    )
    await Run(harness).service.remember(old)
    run = Run(harness)
    await run.service.remember(new)
    await run.service.resume(run.refuse)
    assert run.made == [old.origin.interaction_id]
    assert run.refused == []


@ON_SQLITE
async def test_a_start_goes_on_after_faults(harness: JobHarness) -> None:
    """What a lost network or a full disk keeps from being a job is tried again in the same run.

    That counts as one resumption, however often it is tried.
    """
    request = Request(harness.origin(), PICTURE, PICTURE, None, PaintSettings())
    await Run(harness).service.remember(request)
    run = Run(harness)
    run.faults += [NotNow("Server disconnected"), *[OSError(28, "No space left on device")] * 4]
    await run.service.resume(run.refuse)
    assert run.made == [request.origin.interaction_id]
    assert run.refused == []


@ON_SQLITE
async def test_a_refusal_after_a_fault(harness: JobHarness) -> None:
    """It is told once, and its request is gone."""
    request = Request(harness.origin(), PICTURE, PICTURE, None, PaintSettings())
    await Run(harness).service.remember(request)
    run = Run(harness)
    run.faults += [NotNow("Server disconnected"), Refused("Not here.")]
    await run.service.resume(run.refuse)
    assert (run.made, run.refused) == ([], ["Not here."])
    assert await RequestStore(harness.database).all() == []
