"""Forgetting a member, against jobs in every state."""

from bot.jobs.model import JobState
from bot.people import Member
from bot.privacy.service import PrivacyService
from tests.bot.jobs.harness import ANN, BOB, GUILD, JobHarness


async def test_a_painting_that_will_not_stop_is_reported(harness: JobHarness) -> None:
    """What cannot be stopped in time is counted, asked to stop, and gone at the next call."""
    privacy = PrivacyService({}, harness.service, harness.retention, timeout=0.0)
    await harness.job_in(JobState.DONE)
    job = await harness.job_in(JobState.PAINTING)
    assert await privacy.delete(ANN) == 1
    assert (await harness.service.get(job.id) or job).cancelled_by == ANN
    await harness.service.stopped(job.id)
    await harness.service.delivered(job.id, 20, 700)
    assert await privacy.delete(ANN) == 0
    assert await privacy.export(ANN) == {"member_id": ANN, "paintings": []}
    assert await harness.pictures.names() == []


async def test_other_members_keep_theirs(harness: JobHarness) -> None:
    """Others' data stays, except for the id of a deleted member who cancelled their painting."""
    privacy = PrivacyService({}, harness.service, harness.retention, timeout=0.0)
    job = await harness.submit(BOB)
    await harness.service.cancel(job.id, Member(ANN, GUILD, moderates=True))
    await harness.service.delivered(job.id, 20, 700)
    assert await privacy.delete(ANN) == 0
    left = await harness.service.get(job.id)
    assert left is not None
    assert left.cancelled_by == 0
    (about,) = (await privacy.export(BOB))["paintings"]
    assert "interaction_token" not in about["origin"]
