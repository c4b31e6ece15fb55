"""Outcomes of jobs, and the record of their delivery."""

import pytest

from bot.errors import WrongState
from bot.jobs.model import JobState
from tests.bot.jobs.harness import ANN, GUILD, JobHarness, ids


async def test_a_finished_job_is_stored_whole(harness: JobHarness) -> None:
    """Result, delivery and times of a finished job are read back as they were."""
    job = await harness.job_in(JobState.DONE)
    assert job == await harness.service.get(job.id)
    assert job.result == await harness.result()
    assert job.settled
    assert (job.delivery.channel_id, job.delivery.message_id) == (20, 700)


async def test_a_kept_painting_waits_for_its_member(harness: JobHarness) -> None:
    """A painting that reached nobody is done, is listed, and can be delivered later."""
    job = await harness.job_in(JobState.DELIVERING)
    job = await harness.service.kept(job.id)
    assert (job.state, job.kept, job.settled) == (JobState.DONE, True, True)
    assert ids(await harness.service.jobs_of(GUILD, ANN)) == [job.id]
    assert await harness.service.unsettled() == []
    job = await harness.service.delivered(job.id, 20, 701)
    assert (job.kept, job.settled) == (False, True)
    assert await harness.service.jobs_of(GUILD, ANN) == []


async def test_failures_are_told_once(harness: JobHarness) -> None:
    """A failed job is unsettled until its member was told."""
    job = await harness.job_in(JobState.FAILED)
    assert ids(await harness.service.unsettled()) == [job.id]
    job = await harness.service.delivered(job.id, 20, 702)
    assert (job.state, job.settled) == (JobState.FAILED, True)
    assert await harness.service.unsettled() == []


async def test_sends_are_noted_before_they_happen(harness: JobHarness) -> None:
    """The store knows by which route and when a send was last begun, and the job's card."""
    job = await harness.job_in(JobState.DELIVERING)
    await harness.service.card_posted(job.id, 20, 600)
    await harness.service.delivery_begun(job.id, "interaction")
    harness.clock.now += 5
    job = await harness.service.delivery_begun(job.id, "channel")
    assert job == await harness.service.get(job.id)
    assert (job.delivery.tries, job.delivery.route) == (2, "channel")
    assert job.delivery.tried_at == harness.clock()
    assert (job.delivery.card_channel_id, job.delivery.card_message_id) == (20, 600)


async def test_an_unpainted_job_cannot_be_delivered(harness: JobHarness) -> None:
    """A job that is not painted yet cannot become done."""
    job = await harness.submit()
    with pytest.raises(WrongState):
        await harness.service.delivered(job.id, 20, 700)


async def test_listeners_hear_of_committed_changes(harness: JobHarness) -> None:
    """Every change is told, in order, until the listener has enough."""
    job = await harness.job_in(JobState.DONE)
    assert [change.state for change in harness.changes] == [
        "queued",
        "painting",
        "delivering",
        "done",
    ]
    assert harness.changes[-1] == job
    heard: list[object] = []
    end = harness.service.subscribe(heard.append)
    end()
    await harness.submit()
    assert heard == []
