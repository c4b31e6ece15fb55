"""Forgetting a member, against jobs in every state."""

from bot.jobs.model import Actor, JobState
from bot.privacy.service import Privacy
from tests.bot.jobs.office import ANN, BOB, GUILD, Office


async def test_a_painting_that_will_not_stop_is_reported(office: Office) -> None:
    """What cannot be stopped in time is counted, asked to stop, and gone at the next call."""
    privacy = Privacy({}, office.service, office.keeper, patience=0.0)
    await office.job_in(JobState.DONE)
    job = await office.job_in(JobState.PAINTING)
    assert await privacy.delete(ANN) == 1
    assert (await office.service.get(job.id) or job).cancelled_by == ANN
    await office.service.stopped(job.id)
    await office.service.delivered(job.id, 20, 700)
    assert await privacy.delete(ANN) == 0
    assert await privacy.export(ANN) == {"member_id": ANN, "paintings": []}
    assert await office.pictures.names() == []


async def test_other_members_keep_theirs(office: Office) -> None:
    """Nothing of anybody else goes, but the name of who cancelled their painting does."""
    privacy = Privacy({}, office.service, office.keeper, patience=0.0)
    job = await office.submit(BOB)
    await office.service.cancel(job.id, Actor(ANN, GUILD, moderator=True))
    await office.service.delivered(job.id, 20, 700)
    assert await privacy.delete(ANN) == 0
    left = await office.service.get(job.id)
    assert left is not None
    assert left.cancelled_by == 0
    (about,) = (await privacy.export(BOB))["paintings"]
    assert "interaction_token" not in about["origin"]
