"""Murals over a real database: claims at once, jobs that are not wanted, and a member's data."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from bot.errors import MuralRefused
from bot.guilds.model import Ceilings
from bot.guilds.service import GuildService
from bot.guilds.store import GuildStore
from bot.jobs.model import JobState
from bot.mural import rules
from bot.mural.model import Choice, Mural, MuralState, Terms
from bot.mural.service import MuralService
from bot.mural.store import MuralStore
from bot.people import Member
from bot.pictures.decoder import Decoder
from bot.storage.database import Database
from tests.bot.jobs.harness import GUILD, JobHarness

HOST = Member(99, GUILD, manages=True, moderates=True, name="Mo")


@dataclass
class Murals:
    """A mural service over real jobs."""

    harness: JobHarness
    service: MuralService
    style: Choice
    photo: str

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


@pytest.fixture
async def murals(database: Database, tmp_path: Path) -> AsyncIterator[Murals]:
    """A service over an empty database."""
    harness = JobHarness(database, tmp_path / "pictures")
    await harness.pictures.open()
    store = MuralStore(database)
    harness.retention.add_users([store])
    async with Decoder() as decoder:
        service = MuralService(
            store,
            harness.retention,
            decoder,
            GuildService(GuildStore(database), Ceilings(5, 50, 1024, 100)),
            harness.service,
            harness.clock,
            Random(0),
            tile_side=512,
            hold=600.0,
        )
        buffer = io.BytesIO()
        Image.new("RGB", (300, 200), "teal").save(buffer, "PNG")
        photo = await harness.pictures.put(buffer.getvalue())
        style = await harness.pictures.put(b"style")
        yield Murals(harness, service, Choice(style, "Night"), photo)


def member(number: int) -> Member:
    """Make a plain member."""
    return Member(number, GUILD, name=f"Member {number}")


async def test_claims_at_once(murals: Murals) -> None:
    """Of many members that press the same number one gets the tile; it is read back whole."""
    mural = await murals.start()
    claims = (murals.service.claim(member(number), mural.id, 3) for number in range(1, 9))
    outcomes = await asyncio.gather(*claims, return_exceptions=True)
    assert sum(isinstance(one, Mural) for one in outcomes) == 1
    assert sum(isinstance(one, MuralRefused) for one in outcomes) == 7
    mural = await murals.read(mural)
    assert [tile.number for tile in mural.tiles] == [3]
    mural = await murals.ordered(mural, 1, member(20))
    assert await murals.read(mural) == mural
    with pytest.raises(MuralRefused, match="already a mural"):
        await murals.start()


async def test_a_freed_tile_takes_its_job_along(murals: Murals) -> None:
    """The job of a tile that is freed while it waits in the queue is cancelled."""
    mural = await murals.ordered(await murals.start(), 1, member(1))
    job = await murals.harness.submit(1)
    rule = partial(rules.queued, number=1, key=901, job_id=job.id)
    await murals.service.change(mural.id, rule)
    _, had = await murals.service.free(HOST, 1)
    assert had == 1
    found = await murals.harness.service.get(job.id)
    assert found is not None
    assert found.state is JobState.CANCELLED


async def test_a_member_is_forgotten(murals: Murals) -> None:
    """The export has a member's own tiles alone; deletion frees them, with their pictures."""
    mural = await murals.start()
    for number, who in ((1, 1), (2, 2)):
        await murals.ordered(mural, number, member(who))
        picture = await murals.harness.pictures.put(b"painted %d" % number)
        queued = partial(rules.queued, number=number, key=900 + number, job_id=70 + number)
        done = partial(rules.painted, job_id=70 + number, picture=picture, now=5.0)
        await murals.service.change(mural.id, queued)
        await murals.service.change(mural.id, done, [picture])
    (about,) = [one async for page in murals.service.about_member(1) for one in page]
    assert [tile["number"] for tile in about["tiles"]] == [1]
    assert "Member 2" not in str(about)

    gone = await murals.service.forget_member(1)
    await murals.harness.retention.release(gone)
    mural = await murals.read(mural)
    assert [tile.member_id for tile in mural.tiles] == [2]
    assert mural.free == (1, 3, 4)
    assert not await murals.harness.pictures.has(sorted(gone - {murals.style.picture}))
    assert [one async for page in murals.service.about_member(1) for one in page] == []

    await murals.service.end_in(GUILD)
    mural = await murals.read(mural)
    assert mural.state is MuralState.CANCELLED
    assert mural.message.given_up
    assert murals.style.picture in await murals.service.forget_guild(GUILD)
    assert await murals.service.guild_ids() == set()
