"""Who may cancel a job, until when, and what becomes of it."""

import pytest

from bot.errors import JobNotFound, NotAllowed, WrongState
from bot.jobs.model import Actor, JobState
from tests.bot.jobs.office import ANN, BOB, GUILD, MODERATOR, Office


async def test_cancel_while_queued(office: Office) -> None:
    """A queued job is cancelled at once and is never painted."""
    job = await office.submit()
    cancelled = await office.service.cancel(job.id, Actor(ANN, GUILD))
    assert (cancelled.state, cancelled.cancelled_by) == (JobState.CANCELLED, ANN)
    assert await office.service.claim() is None
    assert office.service.place(job.id) is None


async def test_cancel_while_painting(office: Office) -> None:
    """A painting job remembers who asked, is still painting, and then is cancelled."""
    await office.submit()
    job = await office.claim()
    asked = await office.service.cancel(job.id, MODERATOR)
    assert (asked.state, asked.cancelled_by) == (JobState.PAINTING, 99)
    assert (await office.service.stopped(job.id)).state is JobState.CANCELLED


async def test_cancel_wins_over_a_painting_that_ends(office: Office) -> None:
    """A painting that ends after somebody cancelled it is not delivered, nor kept on disk."""
    await office.submit()
    job = await office.claim()
    await office.service.cancel(job.id, MODERATOR)
    result = await office.result()
    assert (await office.service.painted(job.id, result)).state is JobState.CANCELLED
    assert not await office.pictures.has([result.picture])


@pytest.mark.parametrize("state", [JobState.DELIVERING, JobState.DONE, JobState.FAILED])
async def test_too_late_to_cancel(office: Office, state: JobState) -> None:
    """A job that is painted, or ended otherwise, cannot be cancelled."""
    job = await office.job_in(state)
    with pytest.raises(WrongState):
        await office.service.cancel(job.id, MODERATOR)


async def test_who_may_cancel(office: Office) -> None:
    """The owner and moderators may cancel; others are told so; other servers see no such job."""
    job = await office.submit(ANN)
    with pytest.raises(NotAllowed):
        await office.service.cancel(job.id, Actor(BOB, GUILD))
    with pytest.raises(JobNotFound):
        await office.service.cancel(job.id, Actor(ANN, GUILD + 1, moderator=True))
    with pytest.raises(JobNotFound):
        await office.service.cancel(job.id + 1, MODERATOR)
    with pytest.raises(JobNotFound):
        await office.service.cancel(2**53 - 1, MODERATOR)  # the largest that Discord lets through
    assert await office.service.get(job.id) == job


async def test_a_cancelled_job_is_not_tried_again(office: Office) -> None:
    """Where an executor is lost or the bot stops, a cancelled job ends instead of waiting."""
    assert (await office.job_in(JobState.CANCELLED)).state is JobState.CANCELLED
    job = await office.submit()
    await office.cancelled_while_painting(job)
    assert (await office.service.lost(job.id)).state is JobState.CANCELLED
