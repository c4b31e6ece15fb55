"""What tests of challenges share."""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from bot.challenges.announcement_store import AnnouncementStore
from bot.challenges.data import ChallengeData
from bot.challenges.model import Challenge, Contest, Terms
from bot.challenges.service import ChallengeService
from bot.challenges.store import ChallengeStore
from bot.departures.store import DepartureStore
from bot.guilds.limits import Ceilings
from bot.guilds.service import GuildService
from bot.guilds.store import GuildStore
from bot.jobs.estimator import Estimator
from bot.jobs.schedule import Schedule
from bot.jobs.service import JobService
from bot.jobs.store import JobStore
from bot.people import Member
from bot.pictures.ledger import PictureLedger
from bot.pictures.retention import PictureRetention
from bot.storage.database import Database
from bot.storage.shard import WHOLE
from engine.work import work_of
from tests.bot.decoders import DECODER
from tests.bot.jobs.harness import GUILD, JobHarness

MANAGER = Member(99, GUILD, manages=True, moderates=True)


class Contests:
    """A challenge service over a real database and real jobs, with a clock that the test winds."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.shard = WHOLE
        self.harness = JobHarness(database, folder)
        self.clock = self.harness.clock
        self.database = database
        self.restart()

    def restart(self) -> None:
        """Forget everything in memory, as a new process would."""
        self.store = ChallengeStore(self.database, self.shard)
        jobs = JobStore(self.database)
        retention = PictureRetention(
            self.harness.pictures,
            PictureLedger(self.database),
            [jobs, self.store],
            self.clock,
        )
        self.harness.retention = retention
        self.harness.service = JobService(
            jobs, retention, Schedule(Estimator("cpu"), work_of), self.clock, Random(0)
        )
        chance = Random(0)
        self.departures = DepartureStore(self.database)
        self.announcements = AnnouncementStore(
            self.database,
            lambda: str(chance.getrandbits(63)),
            self.departures.query(),
            self.shard,
        )
        self.service = ChallengeService(
            self.store,
            self.announcements,
            self.harness.retention,
            DECODER,
            GuildService(GuildStore(self.database), Ceilings(5, 50, 1024, 100)),
            self.harness.service,
            self.clock,
            chance,
        )

    @property
    def data(self) -> ChallengeData:
        """Make what exports and deletes the challenges of members and servers."""
        service = self.service
        return ChallengeData(
            self.store, self.announcements, service.change, service.changed, self.clock
        )

    def terms(self) -> Terms:
        """Give an hour to enter and an hour to vote."""
        now = self.clock()
        return Terms("Night", "Paint the night", now + 3600, now + 7200)

    async def start(self) -> Challenge:
        """Start a challenge."""
        return await self.service.start(MANAGER, 20, self.terms(), None)

    async def painted(self, member: int) -> int:
        """Have a painting made for a member and say its number."""
        harness = self.harness
        picture = io.BytesIO()
        Image.new("RGB", (48, 32), (member % 256, member // 256, 0)).save(picture, "PNG")
        job = await harness.submit(member)
        await harness.claim()
        result = replace(
            await harness.result(), picture=await harness.pictures.put(picture.getvalue())
        )
        await harness.service.painted(job.id, result)
        await harness.service.delivered(job.id, 20, 700)
        return job.id

    async def voting(self, members: Sequence[int]) -> Contest:
        """Start a challenge, enter a painting for each of these members, open the voting."""
        await self.start()
        for member in members:
            await self.service.enter(self.member(member), await self.painted(member))
        return await self.service.close(MANAGER, cancel=False)

    def member(self, number: int) -> Member:
        """Make a member of long standing."""
        return Member(number, GUILD, joined_at=1.0)


def number_of(contest: Contest, owner: int) -> int:
    """Find a member's number on the ballot."""
    return next(entry.number or 0 for entry in contest.ballot if entry.member_id == owner)


@pytest.fixture
async def contests(database: Database, tmp_path: Path) -> Contests:
    """A service over an empty database."""
    contests = Contests(database, tmp_path / "pictures")
    await contests.harness.pictures.open()
    return contests
