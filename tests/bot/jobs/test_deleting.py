"""Paintings are deleted with all that belongs to them, and nothing else."""

import pytest

from bot.errors import NotAllowed, WrongState
from bot.jobs.model import Actor, JobState
from tests.bot.jobs.office import ANN, BOB, GUILD, MODERATOR, PLENTY, Office


async def test_delete_result(office: Office) -> None:
    """A deleted painting and its time-lapse are gone from disk; its originals are not."""
    job = await office.job_in(JobState.DONE)
    assert job.result is not None
    job = await office.service.delete_result(job.id, Actor(ANN, GUILD))
    assert job.result_deleted
    assert set(await office.pictures.names()) == {job.recipe.content, *job.recipe.styles}
    assert await office.service.delete_result(job.id, Actor(ANN, GUILD)) == job


async def test_a_result_that_another_job_needs_stays(office: Office) -> None:
    """The same painting made twice is deleted with the second of its jobs."""
    first, second = [await office.job_in(JobState.DONE) for _ in range(2)]
    assert first.result is not None
    await office.service.delete_result(first.id, Actor(ANN, GUILD))
    assert await office.pictures.has(first.result.pictures)
    await office.service.delete_result(second.id, Actor(ANN, GUILD))
    assert not await office.pictures.has([first.result.picture])


async def test_who_may_delete(office: Office) -> None:
    """Only the owner and moderators may delete a painting, and only when it is done."""
    job = await office.job_in(JobState.DONE)
    with pytest.raises(NotAllowed):
        await office.service.delete_result(job.id, Actor(BOB, GUILD))
    await office.service.delete_result(job.id, MODERATOR)
    waiting = await office.submit()
    with pytest.raises(WrongState):
        await office.service.delete_result(waiting.id, MODERATOR)


async def test_old_jobs_are_forgotten(office: Office) -> None:
    """Jobs that ended before a moment go with their pictures; younger and unfinished ones stay."""
    old = await office.job_in(JobState.DONE)
    waiting = await office.service.submit(office.origin(), await office.recipe(b"other"), PLENTY)
    office.clock.now += 100
    assert await office.service.forget(office.clock()) == 1
    assert await office.service.get(old.id) is None
    assert set(await office.pictures.names()) == {waiting.recipe.content, *waiting.recipe.styles}
    assert (await office.submit()).id > waiting.id
