"""A mural service over real jobs, for tests."""

from dataclasses import dataclass

from bot.guilds.service import GuildService
from bot.mural.data import MuralData
from bot.mural.model import ChosenStyle, Mural, Terms
from bot.mural.service import MuralService
from bot.mural.workshop import Workshop
from bot.people import Member
from tests.bot.jobs.harness import GUILD, JobHarness

HOST = Member(99, GUILD, manages=True, moderates=True, name="Mo")


@dataclass
class Murals:
    """A mural service over real jobs."""

    harness: JobHarness
    service: MuralService
    data: MuralData
    style: ChosenStyle
    photo: str
    guilds: GuildService
    workshop: Workshop

    async def start(self) -> Mural:
        """Start a mural of 2x2 tiles, two for each member."""
        until = self.harness.clock() + 3600
        terms = Terms("Town", 2, 2, 64, until, self.style, tiles_per_member=2)
        return await self.service.start(HOST, 20, terms, self.photo)

    async def ordered(self, mural: Mural, number: int, member: Member) -> Mural:
        """Have a member claim a tile and choose its style."""
        await self.service.claim(member, mural.id, number)
        return await self.service.choose(
            member, mural.id, number, self.style, 900 + number, library=True
        )

    async def read(self, mural: Mural) -> Mural:
        """Read it again."""
        found = await self.service.store.get(mural.id)
        assert found is not None
        return found


def member(number: int) -> Member:
    """Make a plain member."""
    return Member(number, GUILD, name=f"Member {number}")
