"""What tests of challenges share."""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from bot.challenges.desk import ChallengeDesk
from bot.challenges.model import Challenge, Contest, Terms
from bot.challenges.notices import NoticeStore
from bot.challenges.store import ChallengeStore
from bot.guilds.model import Ceilings, Member
from bot.guilds.service import GuildService
from bot.guilds.store import GuildStore
from bot.jobs.estimator import Estimator
from bot.jobs.schedule import Schedule
from bot.jobs.service import JobService
from bot.jobs.store import JobStore
from bot.storage.database import Database
from bot.storage.keeper import PictureKeeper
from bot.storage.shard import WHOLE
from tests.bot.jobs.office import GUILD, Office

MANAGER = Member(99, GUILD, manages=True, moderates=True)


class Contests:
    """A challenge desk over a real database and real jobs, with a clock that the test winds."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.shard = WHOLE
        self.office = Office(database, folder)
        self.clock = self.office.clock
        self.database = database
        self.restart()

    def restart(self) -> None:
        """Forget everything in memory, as a new process would."""
        self.store = ChallengeStore(self.database, self.shard)
        jobs = JobStore(self.database)
        keeper = PictureKeeper(self.office.pictures, [jobs, self.store], self.clock)
        self.office.keeper = keeper
        self.office.service = JobService(
            jobs, keeper, Schedule(Estimator("cpu")), self.clock, Random(0)
        )
        chance = Random(0)
        self.notices = NoticeStore(self.database, lambda: str(chance.getrandbits(63)), self.shard)
        self.desk = ChallengeDesk(
            self.store,
            self.notices,
            self.office.keeper,
            GuildService(GuildStore(self.database), Ceilings(5, 50, 1024, 100)),
            self.office.service,
            self.clock,
            chance,
        )

    def terms(self) -> Terms:
        """Give an hour to enter and an hour to vote."""
        now = self.clock()
        return Terms("Night", "Paint the night", now + 3600, now + 7200)

    async def start(self) -> Challenge:
        """Start a challenge."""
        return await self.desk.start(MANAGER, 20, self.terms(), None)

    async def painted(self, member: int) -> int:
        """Have a painting made for a member and say its number."""
        office = self.office
        picture = io.BytesIO()
        Image.new("RGB", (48, 32), (member % 256, member // 256, 0)).save(picture, "PNG")
        job = await office.submit(member)
        await office.claim()
        result = replace(
            await office.result(), picture=await office.pictures.put(picture.getvalue())
        )
        await office.service.painted(job.id, result)
        await office.service.delivered(job.id, 20, 700)
        return job.id

    async def voting(self, members: Sequence[int]) -> Contest:
        """Start a challenge, enter a painting for each of these members, open the voting."""
        await self.start()
        for member in members:
            await self.desk.enter(self.member(member), await self.painted(member))
        return await self.desk.close(MANAGER, cancel=False)

    def member(self, number: int) -> Member:
        """Make a member who was there from the beginning."""
        return Member(number, GUILD, joined_at=1.0)


def number_of(contest: Contest, owner: int) -> int:
    """Find a member's number on the ballot."""
    return next(entry.number or 0 for entry in contest.ballot if entry.member_id == owner)


@pytest.fixture
async def contests(database: Database, tmp_path: Path) -> Contests:
    """A desk over an empty database."""
    contests = Contests(database, tmp_path / "pictures")
    await contests.office.pictures.open()
    return contests
