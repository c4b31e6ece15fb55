"""Many jobs at the same time."""

import asyncio

from bot.jobs.model import UNFINISHED
from bot.people import Member
from tests.bot.jobs.harness import GUILD, JobHarness


async def test_many_at_once(harness: JobHarness) -> None:
    """Submissions, claims, cancellations and endings at the same time leave no job behind."""

    async def live(member: int) -> None:
        job = await harness.submit(member)
        if member % 3 == 0:
            await harness.service.cancel(job.id, Member(member, GUILD))

    async def paint() -> None:
        while job := await harness.service.claim():
            if job.id % 5 == 0 and not job.times_lost:
                await harness.service.lost(job.id)
            else:
                await harness.service.painted(job.id, await harness.result())
                await harness.service.delivered(job.id, 20, 700 + job.id)

    await asyncio.gather(*(live(member) for member in range(30)), paint(), paint())
    await asyncio.gather(paint(), paint())
    found = [await harness.service.get(job_id) for job_id in range(1, 31)]
    assert all(job and job.state not in UNFINISHED for job in found)
    assert harness.service.places() == {}
