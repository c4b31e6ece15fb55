"""No job is lost, and none is tried for ever, when executors or the bot itself end."""

from bot.jobs.model import JobState
from bot.jobs.transitions import MOST_STARTS
from tests.bot.jobs.office import ANN, BOB, Office, ids


async def test_a_lost_executor_is_forgiven_once(office: Office) -> None:
    """A job is queued again after its first executor was lost, and failed after the second."""
    job = await office.submit()
    await office.submit(ANN)
    await office.claim()
    assert (await office.service.lost(job.id)).state is JobState.QUEUED
    assert (await office.claim()).id == job.id
    failed = await office.service.lost(job.id)
    assert failed.state is JobState.FAILED
    assert "stopped twice" in (failed.failure or "")
    assert office.service.place(job.id) is None


async def test_shut_downs_do_not_count(office: Office) -> None:
    """A job that many shut-downs interrupted is queued again each time."""
    job = await office.submit()
    for _ in range(MOST_STARTS + 5):
        await office.claim()
        back = await office.service.put_back(job.id)
    assert (back.state, back.starts, back.losses) == (JobState.QUEUED, 0, 0)


async def test_restart(office: Office) -> None:
    """After a restart painting jobs wait again, cancelled ones end, and queued ones still wait."""
    delivering = await office.job_in(JobState.DELIVERING)
    cancelled = await office.submit()
    await office.cancelled_while_painting(cancelled)
    painting = await office.submit(ANN)
    await office.claim()
    queued = await office.submit(BOB)
    office.restart()
    await office.service.recover()
    assert set(office.service.places()) == {painting.id, queued.id}
    assert ids(await office.service.unsettled()) == [delivering.id, cancelled.id]
    assert {(await office.claim()).id, (await office.claim()).id} == {painting.id, queued.id}


async def test_a_job_that_kills_the_bot_is_given_up(office: Office) -> None:
    """A job during whose painting the bot itself died too often is failed in words."""
    job = await office.submit()
    for _ in range(MOST_STARTS):
        await office.claim()
        office.restart()
        await office.service.recover()
    found = await office.service.get(job.id)
    assert found is not None
    assert found.state is JobState.FAILED
    assert ids(await office.service.unsettled()) == [job.id]
