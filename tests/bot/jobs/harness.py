"""A job service over a real database and a real picture store, with a clock that the test winds."""

import itertools
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from bot.jobs.admission import Admission
from bot.jobs.allowance import FREE, Allowance
from bot.jobs.data import JobData
from bot.jobs.estimator import Estimator
from bot.jobs.model import Job, JobResult, JobState, Sources
from bot.jobs.quotas import JobQuotas
from bot.jobs.schedule import Schedule
from bot.jobs.service import JobService
from bot.jobs.store import JobStore
from bot.people import Member, Origin
from bot.pictures.ledger import PictureLedger
from bot.pictures.retention import PictureRetention, retry_if_deleted
from bot.pictures.store import PictureStore
from bot.storage.database import Database
from bot.storage.shard import WHOLE, Shard
from engine.request import PaintSettings
from engine.work import work_of
from tests.bot.outcomes import OUTCOME

PLENTY = JobQuotas(per_member=1000, per_guild=1000)
GUILD = 10
ANN, BOB, CID = 1, 2, 3
MODERATOR = Member(99, GUILD, moderates=True)


class Clock:
    """Unix seconds that go on only when told to, or by themselves from `run` on."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self._runs = False

    def __call__(self) -> float:
        """Tell the time."""
        return time.time() if self._runs else self.now

    def run(self) -> None:
        """Be a real clock."""
        self._runs = True


class JobHarness:
    """Everything that a job needs short of an executor."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        shard: Shard = WHOLE,
        first_interaction: int = 500,
    ) -> None:
        self.database = database
        self.shard = shard
        self.clock = Clock()
        self.folder = folder
        self.pictures = PictureStore(folder)
        self.changes: list[Job] = []
        self._interactions = itertools.count(first_interaction)
        self.restart()

    def restart(self) -> None:
        """Forget everything in memory, as a new process would; `recover` is still to come."""
        store = JobStore(self.database, self.shard)
        self.retention = PictureRetention(
            self.pictures, PictureLedger(self.database), [store], self.clock
        )
        self.schedule = Schedule(Estimator("cpu"), work_of)
        self.service = JobService(store, self.retention, self.schedule, self.clock, Random(0))
        self.service.subscribe(self.changes.append)

    @property
    def data(self) -> JobData:
        """Make what exports and deletes the jobs of members and servers."""
        return JobData(self.service.store, self.service.change, self.retention, self.clock)

    @property
    def admission(self) -> Admission:
        """Make what says before a job is submitted whether it would be refused."""
        return Admission(self.service.store, self.schedule, self.clock)

    def origin(self, member: int = ANN, guild: int = GUILD) -> Origin:
        """Make an interaction of a member."""
        number = next(self._interactions)
        return Origin(guild, 20, member, number, f"token {number}", self.clock() + 900)

    async def sources(self, content: bytes = b"content", style: bytes = b"style") -> Sources:
        """Put two pictures into the store, to be painted from."""
        names = [await self.pictures.put(data) for data in (content, style)]
        size = OUTCOME.width, OUTCOME.height
        return Sources(names[0], (names[1],), sizes=(size, size))

    async def submit(
        self,
        member: int = ANN,
        guild: int = GUILD,
        quotas: JobQuotas = PLENTY,
        content: bytes = b"content",
        granted: Allowance = FREE,
    ) -> Job:
        """Submit a painting of a member."""
        origin = self.origin(member, guild)

        async def attempt() -> Job:
            sources = await self.sources(content)
            return await self.service.submit(
                origin, sources, PaintSettings(), quotas, granted=granted
            )

        return await retry_if_deleted(attempt)

    async def claim(self) -> Job:
        """Begin the next painting."""
        job = await self.service.claim()
        assert job is not None
        return job

    async def result(self, painting: bytes = b"painting", timelapse: bytes = b"film") -> JobResult:
        """Put a finished painting into the store."""
        return JobResult(
            picture=await self.pictures.put(painting),
            outcome=OUTCOME,
            timelapse=await self.pictures.put(timelapse),
        )

    async def job_in(self, state: JobState, member: int = ANN) -> Job:
        """Make a job and bring it to a state; nothing else may be queued."""
        job = await self.submit(member)
        if state is JobState.CANCELLED:
            return await self.service.put_back((await self.cancelled_while_painting(job)).id)
        if state is not JobState.QUEUED:
            job = await self.claim()
        if state is JobState.FAILED:
            job = await self.service.failed(job.id, "Out of paint.")
        if state in (JobState.DELIVERING, JobState.DONE):
            job = await self.service.painted(job.id, await self.result())
        if state is JobState.DONE:
            job = await self.service.delivered(job.id, 20, 700)
        assert job.state is state
        return job

    async def cancelled_while_painting(self, job: Job) -> Job:
        """Begin a painting and ask for its end."""
        assert (await self.claim()).id == job.id
        return await self.service.cancel(job.id, Member(job.origin.member_id, GUILD))


def ids(jobs: Sequence[Job]) -> list[int]:
    """List the ids of jobs."""
    return [job.id for job in jobs]
