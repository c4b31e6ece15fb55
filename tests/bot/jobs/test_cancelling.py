"""Cancelling jobs: permissions, states, and results."""

from dataclasses import replace

import pytest

from bot.errors import JobNotFound, NotAllowed, WrongState
from bot.jobs.model import JobState
from bot.people import Member
from tests.bot.jobs.harness import ANN, BOB, GUILD, MODERATOR, JobHarness


async def test_cancel_while_queued(harness: JobHarness) -> None:
    """A queued job is cancelled at once and is never painted."""
    job = await harness.submit()
    cancelled = await harness.service.cancel(job.id, Member(ANN, GUILD))
    assert (cancelled.state, cancelled.cancelled_by) == (JobState.CANCELLED, ANN)
    assert await harness.service.claim() is None
    assert harness.service.place(job.id) is None


async def test_cancel_while_painting(harness: JobHarness) -> None:
    """A painting job records the member, goes on painting, and then is cancelled."""
    await harness.submit()
    job = await harness.claim()
    asked = await harness.service.cancel(job.id, MODERATOR)
    assert (asked.state, asked.cancelled_by) == (JobState.PAINTING, 99)
    assert (await harness.service.stopped(job.id)).state is JobState.CANCELLED


async def test_cancel_wins_over_a_painting_that_ends(harness: JobHarness) -> None:
    """A painting that ends after somebody cancelled it is not delivered, nor kept on disk."""
    await harness.submit()
    job = await harness.claim()
    await harness.service.cancel(job.id, MODERATOR)
    result = await harness.result()
    assert (await harness.service.painted(job.id, result)).state is JobState.CANCELLED
    assert not await harness.pictures.has([result.picture])


@pytest.mark.parametrize(
    ("actor", "frames", "state"),
    [
        (Member(ANN, GUILD), 12, JobState.DELIVERING),
        (Member(ANN, GUILD), 40, JobState.CANCELLED),
        (MODERATOR, 12, JobState.CANCELLED),
    ],
    ids=("owner", "owner, of a whole film", "moderator"),
)
async def test_the_owner_gets_what_is_done_of_a_film(
    harness: JobHarness, actor: Member, frames: int, state: JobState
) -> None:
    """A film that its owner stopped is delivered; not one that a moderator stopped."""
    await harness.submit()
    job = await harness.claim()
    await harness.service.cancel(job.id, actor)
    result = await harness.result()
    result = replace(result, outcome=replace(result.outcome, frames=frames, frames_asked=40))
    assert (await harness.service.painted(job.id, result)).state is state
    assert await harness.pictures.has([result.picture]) == (state is JobState.DELIVERING)


async def test_who_deletes_their_data_gets_no_film(harness: JobHarness) -> None:
    """Of a film that is stopped because its member deletes everything, nothing is delivered."""
    await harness.submit()
    job = await harness.claim()
    await harness.data.forget_member(ANN)
    result = await harness.result()
    result = replace(result, outcome=replace(result.outcome, frames=12, frames_asked=40))
    assert (await harness.service.painted(job.id, result)).state is JobState.CANCELLED
    assert not await harness.pictures.has([result.picture])


@pytest.mark.parametrize("state", [JobState.DELIVERING, JobState.DONE, JobState.FAILED])
async def test_too_late_to_cancel(harness: JobHarness, state: JobState) -> None:
    """A job that is painted, or ended otherwise, cannot be cancelled."""
    job = await harness.job_in(state)
    with pytest.raises(WrongState):
        await harness.service.cancel(job.id, MODERATOR)


async def test_who_may_cancel(harness: JobHarness) -> None:
    """The owner and moderators may cancel; others are told so; other servers see no such job."""
    job = await harness.submit(ANN)
    with pytest.raises(NotAllowed):
        await harness.service.cancel(job.id, Member(BOB, GUILD))
    with pytest.raises(JobNotFound):
        await harness.service.cancel(job.id, Member(ANN, GUILD + 1, moderates=True))
    with pytest.raises(JobNotFound):
        await harness.service.cancel(job.id + 1, MODERATOR)
    with pytest.raises(JobNotFound):
        await harness.service.cancel(2**53 - 1, MODERATOR)  # the largest that Discord lets through
    assert await harness.service.get(job.id) == job


async def test_a_cancelled_job_is_not_tried_again(harness: JobHarness) -> None:
    """Where an executor is lost or the bot stops, a cancelled job ends instead of waiting."""
    assert (await harness.job_in(JobState.CANCELLED)).state is JobState.CANCELLED
    job = await harness.submit()
    await harness.cancelled_while_painting(job)
    assert (await harness.service.lost(job.id)).state is JobState.CANCELLED
