"""Paintings are deleted with all that belongs to them, and nothing else."""

import pytest

from bot.errors import NotAllowed, WrongState
from bot.jobs.model import JobResult, JobState
from bot.people import Member
from engine.request import PaintSettings
from tests.bot.jobs.harness import ANN, BOB, GUILD, MODERATOR, PLENTY, JobHarness


async def test_delete_result(harness: JobHarness) -> None:
    """A deleted painting is gone from disk with all that it was painted from."""
    job = await harness.job_in(JobState.DONE)
    assert job.result is not None
    job = await harness.service.delete_result(job.id, Member(ANN, GUILD))
    assert job.result_deleted
    assert await harness.pictures.names() == []
    assert await harness.service.delete_result(job.id, Member(ANN, GUILD)) == job


async def test_a_result_that_another_job_needs_stays(harness: JobHarness) -> None:
    """The same painting made twice is deleted with the second of its jobs."""
    first, second = [await harness.job_in(JobState.DONE) for _ in range(2)]
    assert first.result is not None
    await harness.service.delete_result(first.id, Member(ANN, GUILD))
    assert await harness.pictures.has(first.result.pictures)
    await harness.service.delete_result(second.id, Member(ANN, GUILD))
    assert not await harness.pictures.has([first.result.picture])


async def test_a_result_that_a_job_will_need_stays(harness: JobHarness) -> None:
    """An equal painting is deleted just before the second job is painted: its picture stays."""
    first = await harness.job_in(JobState.DONE)
    await harness.submit()
    second = await harness.claim()
    folder = await harness.pictures.make_work_folder()
    assert first.result is not None
    async with harness.retention.adopting() as adopt:
        names = []
        for name, data in (("result.png", b"painting"), ("useless.png", b"useless")):
            (folder / name).write_bytes(data)
            names.append((await adopt(folder / name)).name)
        await harness.service.delete_result(first.id, Member(ANN, GUILD))
        await harness.service.painted(second.id, JobResult(names[0], first.result.outcome))
    assert names[0] == first.result.picture
    assert await harness.pictures.has([names[0]])
    assert not await harness.pictures.has([names[1]])


async def test_what_is_cancelled_keeps_no_bytes(harness: JobHarness) -> None:
    """The pictures of a cancelled job go at once, unless another job has them."""
    job = await harness.job_in(JobState.CANCELLED)
    assert await harness.pictures.names() == []
    assert not await harness.service.can_repeat(job)
    other = await harness.submit()
    assert await harness.service.can_repeat(job)
    assert (await harness.service.delete_result(job.id, Member(ANN, GUILD))).result_deleted
    assert await harness.pictures.has(other.sources.pictures)
    assert await harness.retention.bytes_held(GUILD) == 0  # put there by no intake
    await harness.retention.open()
    held = len(b"content") + len(b"style")
    assert await harness.retention.bytes_held(GUILD, ANN) == held
    assert await harness.retention.bytes_held(GUILD) == held
    assert await harness.retention.bytes_held(GUILD, BOB) == 0
    assert await harness.retention.bytes_held(GUILD + 1) == 0


async def test_what_failed_can_be_repeated_until_it_is_deleted(harness: JobHarness) -> None:
    """A failed job keeps its pictures, so that it can be painted again."""
    job = await harness.job_in(JobState.FAILED)
    assert await harness.service.can_repeat(job)
    await harness.service.delete_result(job.id, Member(ANN, GUILD))
    assert not await harness.service.can_repeat(job)
    assert await harness.pictures.names() == []


async def test_a_restart_releases_too(harness: JobHarness) -> None:
    """A job that was to be cancelled when the bot died keeps no bytes after the next start."""
    job = await harness.submit()
    await harness.cancelled_while_painting(job)
    harness.restart()
    await harness.service.recover()
    assert await harness.pictures.names() == []


async def test_who_may_delete(harness: JobHarness) -> None:
    """Only the owner and moderators may delete a painting, and only when it is done."""
    job = await harness.job_in(JobState.DONE)
    with pytest.raises(NotAllowed):
        await harness.service.delete_result(job.id, Member(BOB, GUILD))
    await harness.service.delete_result(job.id, MODERATOR)
    waiting = await harness.submit()
    with pytest.raises(WrongState):
        await harness.service.delete_result(waiting.id, MODERATOR)


async def test_old_jobs_are_forgotten(harness: JobHarness) -> None:
    """Jobs that ended before a moment go with their pictures; younger and unfinished ones stay."""
    old = await harness.job_in(JobState.DONE)
    waiting = await harness.service.submit(
        harness.origin(), await harness.sources(b"other"), PaintSettings(), PLENTY
    )
    harness.clock.now += 100
    assert await harness.data.forget(harness.clock()) == 1
    assert await harness.service.get(old.id) is None
    assert set(await harness.pictures.names()) == set(waiting.sources.pictures)
    assert (await harness.submit()).id > waiting.id
