"""Many jobs at the same time."""

import asyncio

from bot.jobs.model import UNFINISHED, Actor
from tests.bot.jobs.office import GUILD, Office


async def test_many_at_once(office: Office) -> None:
    """Submissions, claims, cancellations and endings at the same time leave no job behind."""

    async def live(member: int) -> None:
        job = await office.submit(member)
        if member % 3 == 0:
            await office.service.cancel(job.id, Actor(member, GUILD))

    async def paint() -> None:
        while job := await office.service.claim():
            if job.id % 5 == 0 and not job.losses:
                await office.service.lost(job.id)
            else:
                await office.service.painted(job.id, await office.result())
                await office.service.delivered(job.id, 20, 700 + job.id)

    await asyncio.gather(*(live(member) for member in range(30)), paint(), paint())
    await asyncio.gather(paint(), paint())
    found = [await office.service.get(job_id) for job_id in range(1, 31)]
    assert all(job and job.state not in UNFINISHED for job in found)
    assert office.service.places() == {}
