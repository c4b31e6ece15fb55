"""No job is lost, and none is tried for ever, when executors or the bot itself end."""

from bot.jobs.model import JobState
from bot.jobs.rules import MOST_STARTS
from tests.bot.jobs.harness import ANN, BOB, JobHarness, ids


async def test_a_lost_executor_is_forgiven_once(harness: JobHarness) -> None:
    """A job is queued again after its first executor was lost, and failed after the second."""
    job = await harness.submit()
    await harness.submit(ANN)
    await harness.claim()
    assert (await harness.service.lost(job.id)).state is JobState.QUEUED
    assert (await harness.claim()).id == job.id
    failed = await harness.service.lost(job.id)
    assert failed.state is JobState.FAILED
    assert "stopped twice" in (failed.failure or "")
    assert harness.service.place(job.id) is None


async def test_shut_downs_do_not_count(harness: JobHarness) -> None:
    """A job that many shut-downs interrupted is queued again each time."""
    job = await harness.submit()
    for _ in range(MOST_STARTS + 5):
        await harness.claim()
        back = await harness.service.put_back(job.id)
    assert (back.state, back.starts, back.times_lost) == (JobState.QUEUED, 0, 0)


async def test_restart(harness: JobHarness) -> None:
    """After a restart painting jobs wait again, cancelled ones end, and queued ones still wait."""
    delivering = await harness.job_in(JobState.DELIVERING)
    cancelled = await harness.submit()
    await harness.cancelled_while_painting(cancelled)
    painting = await harness.submit(ANN)
    await harness.claim()
    queued = await harness.submit(BOB)
    harness.restart()
    await harness.service.recover()
    assert set(harness.service.places()) == {painting.id, queued.id}
    assert ids(await harness.service.unsettled()) == [delivering.id, cancelled.id]
    assert {(await harness.claim()).id, (await harness.claim()).id} == {painting.id, queued.id}


async def test_a_job_that_kills_the_bot_is_given_up(harness: JobHarness) -> None:
    """A job fails when the bot has died too often while painting it."""
    job = await harness.submit()
    for _ in range(MOST_STARTS):
        await harness.claim()
        harness.restart()
        await harness.service.recover()
    found = await harness.service.get(job.id)
    assert found is not None
    assert found.state is JobState.FAILED
    assert ids(await harness.service.unsettled()) == [job.id]
