"""The job services of two bots on one database: each job is painted once, by its own bot."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.jobs.model import NOBODY, UNFINISHED, Job, JobState
from bot.people import Member
from bot.privacy.service import PrivacyService
from bot.storage.database import Database
from bot.storage.shard import WHOLE, Shard
from tests.bot.conftest import ON_POSTGRES
from tests.bot.jobs.harness import ANN, BOB, JobHarness

pytestmark = ON_POSTGRES
HERE, THERE = 10, 10 + (1 << 22)  # servers of the first and of the second of two shards
JOBS = 30
Offices = tuple[JobHarness, JobHarness]


@pytest.fixture
async def offices(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Offices]:
    """Two bots, each with connections and a picture folder of its own."""
    other = Database(database_url)
    first = JobHarness(database, tmp_path / "first", Shard(0, 2))
    second = JobHarness(other, tmp_path / "second", Shard(1, 2), first_interaction=900)
    for harness in (first, second):
        await harness.pictures.open()
    yield first, second
    await other.close()


async def paint_all(harness: JobHarness) -> list[int]:
    """Paint until nothing waits; list what was painted."""
    painted = []
    while job := await harness.service.claim():
        await asyncio.sleep(0)
        await harness.service.painted(job.id, await harness.result())
        await harness.service.delivered(job.id, 20, 700 + job.id)
        painted.append(job.id)
    return painted


async def submitted(harness: JobHarness, guild: int) -> list[int]:
    """Have a third of the jobs asked for by each of three members."""
    return [(await harness.submit(member % 3 + 1, guild)).id for member in range(JOBS)]


async def test_each_paints_its_own(offices: Offices) -> None:
    """Both work at once, one is restarted meanwhile: every job is painted once, by its bot."""
    first, second = offices
    here, there = await asyncio.gather(submitted(first, HERE), submitted(second, THERE))
    taken = await first.claim()
    second.restart()
    await second.service.recover()
    painted_here, painted_there = await asyncio.gather(paint_all(first), paint_all(second))
    assert sorted([taken.id, *painted_here]) == here
    assert sorted(painted_there) == there
    assert (await first.service.get(taken.id) or taken).state is JobState.PAINTING
    first.restart()
    await first.service.recover()
    assert await paint_all(first) == [taken.id]
    assert await first.service.unsettled() == await second.service.unsettled() == []


async def test_two_that_take_the_same_shard(offices: Offices) -> None:
    """Even two services that know the same jobs, as none should, paint none of them twice."""
    jobs = await submitted(offices[0], HERE)
    for harness in offices:
        harness.shard = WHOLE
        harness.restart()
        await harness.service.recover()
        assert len(harness.service.places()) == JOBS
    painted = await asyncio.gather(*(paint_all(harness) for harness in offices * 2))
    assert sorted(job for jobs in painted for job in jobs) == jobs
    assert all(len(harness.service.places()) == 0 for harness in offices)


async def test_what_the_other_bot_was_asked_to_forget(offices: Offices) -> None:
    """A member's jobs of another shard are cancelled by that bot, which calls its listeners."""
    first, second = offices
    painting, queued = [await second.submit(ANN, THERE) for _ in range(2)]
    kept = await second.submit(BOB, THERE)
    assert (await second.claim()).id == painting.id
    second.changes.clear()
    privacy = PrivacyService({}, first.data, first.retention, timeout=0.0)
    assert await privacy.delete(ANN) == 2
    assert first.changes == second.changes == []
    assert (await second.claim()).id == kept.id  # not the one that is to be stopped
    await second.service.stop_as_asked()
    stopped = {job.id: job for job in second.changes if job.id != kept.id}
    assert {n: (job.state, job.cancelled_by) for n, job in stopped.items()} == {
        painting.id: (JobState.PAINTING, NOBODY),
        queued.id: (JobState.CANCELLED, NOBODY),
    }
    await second.service.stopped(painting.id)
    for job in await second.service.unsettled():
        await second.service.delivered(job.id, 20, 700)
    assert await privacy.delete(ANN) == 0
    assert await second.service.get(painting.id) is None
    assert set(second.service.places()) == {kept.id}


async def test_what_was_to_be_stopped_before_a_restart(offices: Offices) -> None:
    """A job that its bot was asked to stop while it was down ends at the next start."""
    first, second = offices
    job = await second.submit(ANN, THERE)
    await first.data.forget_member(ANN)
    second.restart()
    await second.service.recover()
    assert await second.service.claim() is None
    ended = await second.service.get(job.id)
    assert (ended or job).state is JobState.CANCELLED


async def test_each_forgets_its_own(offices: Offices) -> None:
    """Each bot deletes the old pictures in its own folder."""
    jobs: list[Job] = []
    for harness, guild in zip(offices, (HERE, THERE), strict=True):
        jobs.append(await harness.submit(ANN, guild, content=b"of %d" % guild))
        await paint_all(harness)
    first, second = offices
    assert await first.data.forget(first.clock() + 1) == 1
    assert await first.service.get(jobs[0].id) is None
    assert await second.service.get(jobs[1].id) is not None
    assert not await first.pictures.has([jobs[0].sources.content])
    assert await second.pictures.has([jobs[1].sources.content])


async def test_a_cancel_and_a_claim_at_once(offices: Offices) -> None:
    """Of a claim by one bot and a cancel by another both hold: no cancelled job is painted on."""
    first, second = offices
    for harness in offices:
        harness.shard = WHOLE
    first.restart()
    for _ in range(10):
        job = await first.submit(ANN, HERE)
        second.restart()
        claimed, cancelled = await asyncio.gather(
            first.service.claim(), second.service.cancel(job.id, Member(ANN, HERE))
        )
        found = await first.service.get(job.id)
        assert found is not None
        assert found.cancelled_by == ANN
        assert (found.state in UNFINISHED) == (claimed is not None)
        assert (cancelled.state is JobState.CANCELLED) == (claimed is None)
        if claimed:
            await first.service.stopped(job.id)
