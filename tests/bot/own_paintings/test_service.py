"""Which paintings a member gets at."""

import pytest

from bot.errors import JobNotFound, PictureGone
from bot.guilds.limits import Ceilings
from bot.guilds.service import GuildService
from bot.guilds.store import GuildStore
from bot.jobs.model import JobState
from bot.own_paintings.service import PaintingService
from tests.bot.decoders import DECODER
from tests.bot.jobs.harness import ANN, BOB, GUILD, JobHarness


async def test_only_own_ones_of_this_server(harness: JobHarness) -> None:
    """A number finds a member's own painting, in the server where it was made, until deleted."""
    guilds = GuildService(GuildStore(harness.database), Ceilings(1, 1, 1024, 1))
    service = PaintingService(harness.service, guilds, harness.pictures, DECODER)
    job = await harness.job_in(JobState.DONE)
    assert (await service.find(GUILD, ANN, job.id)).id == job.id
    assert (await service.find(None, ANN, job.id)).id == job.id
    for guild, member in ((GUILD, BOB), (None, BOB), (GUILD + 1, ANN)):
        with pytest.raises(JobNotFound):
            await service.find(guild, member, job.id)
    await service.delete(job, ANN)
    with pytest.raises(PictureGone):
        await service.find(GUILD, ANN, job.id)
    assert (await service.page(GUILD, ANN, 3)).total == 0
