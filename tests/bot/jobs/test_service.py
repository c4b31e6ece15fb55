"""Jobs go from state to state by the rules, and none is ever lost."""

import asyncio
from dataclasses import replace

import pytest

from bot.errors import (
    GuildQuotaReached,
    JobNotFound,
    MemberQuotaReached,
    NotAllowed,
    PictureGone,
    Refused,
    WrongState,
)
from bot.executors.contract import PaintProgress
from bot.jobs.model import UNFINISHED, Actor, JobLimits, JobState
from bot.jobs.transitions import MOST_STARTS
from engine.presets import PRESETS
from tests.bot.jobs.office import ANN, BOB, CID, GUILD, PLENTY, Office, ids

MODERATOR = Actor(99, GUILD, moderator=True)


def progress(job_id: int, seconds_left: float) -> PaintProgress:
    """A report from the middle of a painting."""
    return PaintProgress(job_id, 10, 300, 50.0, 10.0, 40.0, 5.0, seconds_left)


async def test_a_job_is_stored_as_it_was_asked_for(office: Office) -> None:
    """A submitted job is read back whole, with the preset's size and steps filled in."""
    origin, recipe = office.origin(), await office.recipe()
    recipe = replace(recipe, strength=1.5, keep_colors=True, seed=7, timelapse=True)
    job = await office.service.submit(origin, recipe, PLENTY, parent_id=3)
    assert job == await office.service.get(job.id)
    assert job.origin == origin
    mural = PRESETS["mural"]
    assert job.recipe == replace(recipe, size=mural.size, steps=mural.steps)
    assert (job.state, job.parent_id) == (JobState.QUEUED, 3)
    assert job.delivery.nonce.isdigit()
    assert len(job.delivery.nonce) <= 25


async def test_a_finished_job_is_stored_whole(office: Office) -> None:
    """Result, delivery and times of a finished job are read back as they were."""
    job = await office.job_in(JobState.DONE)
    assert job == await office.service.get(job.id)
    assert job.result == await office.result()
    assert job.settled
    assert (job.delivery.channel_id, job.delivery.message_id) == (20, 700)


async def test_tokens_are_not_shown(office: Office) -> None:
    """A job that is logged does not give its interaction token away."""
    assert "token 5" not in repr(await office.submit())


async def test_an_interaction_is_one_job(office: Office) -> None:
    """An interaction that Discord sends twice makes one job."""
    origin, recipe = office.origin(), await office.recipe()
    first = await office.service.submit(origin, recipe, PLENTY)
    assert await office.service.submit(origin, recipe, PLENTY) == first
    assert len(office.service.places()) == 1


async def test_missing_pictures_are_refused(office: Office) -> None:
    """A job whose pictures are not in the store is refused and leaves nothing."""
    recipe = await office.recipe()
    await office.pictures.remove([recipe.content])
    with pytest.raises(PictureGone):
        await office.service.submit(office.origin(), recipe, PLENTY)
    assert await office.service.jobs_of(GUILD, ANN) == []


async def test_unknown_presets_are_refused(office: Office) -> None:
    """A preset that does not exist is refused in words."""
    recipe = replace(await office.recipe(), preset="sketch")
    with pytest.raises(Refused, match="no preset called `sketch`"):
        await office.service.submit(office.origin(), recipe, PLENTY)


async def test_member_quota(office: Office) -> None:
    """A member may have so many jobs queued or painting here, even asked for all at once."""
    limits = JobLimits(per_member=2, per_guild=100)
    answers = await asyncio.gather(
        *(office.submit(ANN, limits=limits) for _ in range(5)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, MemberQuotaReached)]
    assert len(refused) == 3
    assert "2 paintings" in refused[0].sentence
    await office.submit(BOB, limits=limits)
    await office.submit(ANN, guild=GUILD + 1, limits=limits)


async def test_a_painted_job_frees_its_place(office: Office) -> None:
    """The quota counts jobs that are queued or painting, not those that are painted."""
    limits = JobLimits(per_member=1, per_guild=1)
    await office.job_in(JobState.DELIVERING)
    await office.submit(limits=limits)
    with pytest.raises(MemberQuotaReached):
        await office.submit(limits=limits)


async def test_guild_quota(office: Office) -> None:
    """A server may have so many jobs queued or painting, whoever asked for them."""
    limits = JobLimits(per_member=5, per_guild=2)
    await office.submit(ANN, limits=limits)
    await office.submit(BOB, limits=limits)
    with pytest.raises(GuildQuotaReached, match="2 paintings"):
        await office.submit(CID, limits=limits)


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
    assert await office.service.get(job.id) == job


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


async def test_a_cancelled_job_is_not_tried_again(office: Office) -> None:
    """Where an executor is lost or the bot stops, a cancelled job ends instead of waiting."""
    assert (await office.job_in(JobState.CANCELLED)).state is JobState.CANCELLED
    job = await office.submit()
    await office.cancelled_while_painting(job)
    assert (await office.service.lost(job.id)).state is JobState.CANCELLED


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


async def test_a_kept_painting_waits_for_its_member(office: Office) -> None:
    """A painting that reached nobody is done, is listed, and can be delivered later."""
    job = await office.job_in(JobState.DELIVERING)
    job = await office.service.kept(job.id)
    assert (job.state, job.kept, job.settled) == (JobState.DONE, True, True)
    assert ids(await office.service.jobs_of(GUILD, ANN)) == [job.id]
    assert await office.service.unsettled() == []
    job = await office.service.delivered(job.id, 20, 701)
    assert (job.kept, job.settled) == (False, True)
    assert await office.service.jobs_of(GUILD, ANN) == []


async def test_failures_are_told_once(office: Office) -> None:
    """A failed job is unsettled until its member was told."""
    job = await office.job_in(JobState.FAILED)
    assert ids(await office.service.unsettled()) == [job.id]
    job = await office.service.delivered(job.id, 20, 702)
    assert (job.state, job.settled) == (JobState.FAILED, True)
    assert await office.service.unsettled() == []


async def test_sends_are_noted_before_they_happen(office: Office) -> None:
    """The store knows by which route and when a send was last begun, and the job's card."""
    job = await office.job_in(JobState.DELIVERING)
    await office.service.card_posted(job.id, 20, 600)
    await office.service.delivery_begun(job.id, "interaction")
    office.clock.now += 5
    job = await office.service.delivery_begun(job.id, "channel")
    assert job == await office.service.get(job.id)
    assert (job.delivery.tries, job.delivery.route) == (2, "channel")
    assert job.delivery.tried_at == office.clock()
    assert (job.delivery.card_channel_id, job.delivery.card_message_id) == (20, 600)


async def test_an_unpainted_job_cannot_be_delivered(office: Office) -> None:
    """A job that is not painted yet cannot become done."""
    job = await office.submit()
    with pytest.raises(WrongState):
        await office.service.delivered(job.id, 20, 700)


async def test_lists(office: Office) -> None:
    """A member sees their own unfinished jobs in this server, a server all of its own."""
    ann, bob = await office.submit(ANN), await office.submit(BOB)
    elsewhere = await office.submit(ANN, guild=GUILD + 1)
    assert ids(await office.service.jobs_of(GUILD, ANN)) == [ann.id]
    assert ids(await office.service.jobs_in(GUILD)) == [ann.id, bob.id]
    assert ids(await office.service.jobs_in(GUILD + 1)) == [elsewhere.id]


async def test_places_are_the_order_of_service(office: Office) -> None:
    """Positions count from 1 in the order in which jobs are then claimed."""
    for member in (ANN, ANN, ANN, BOB, CID):
        await office.submit(member)
    places = office.service.places()
    assert [place.position for place in places.values()] == [1, 2, 3, 4, 5]
    assert [(await office.claim()).id for _ in range(5)] == list(places)


async def test_places_follow_the_progress(office: Office) -> None:
    """What a painting reports as left decides when the next one starts."""
    first, second = await office.submit(ANN), await office.submit(BOB)
    await office.claim()
    office.service.progressed(progress(first.id, seconds_left=30.0))
    office.clock.now += 10
    painting, waiting = office.service.places().values()
    assert (painting.job_id, painting.position, painting.finishes_in) == (first.id, 0, 20.0)
    assert (waiting.job_id, waiting.position, waiting.starts_in) == (second.id, 1, 20.0)
    assert office.service.progress(second.id) is None


async def test_predictions_are_learned(office: Office) -> None:
    """How long a painting took is predicted for the next, also after a restart."""
    await office.submit()
    job = await office.claim()
    waiting = await office.submit()
    office.clock.now += 77
    await office.service.painted(job.id, await office.result())
    place = office.service.place(waiting.id)
    assert place is not None
    assert place.finishes_in == pytest.approx(77)
    office.restart()
    await office.service.recover()
    assert (await office.submit(BOB)).predicted_seconds == pytest.approx(77)


async def test_two_devices_halve_the_wait(office: Office) -> None:
    """With two paintings at a time, two jobs start at once."""
    office.service.ready(slots=2, device="cpu")
    for _ in range(3):
        await office.submit()
    starts = [place.starts_in for place in office.service.places().values()]
    assert starts[:2] == [0, 0]
    assert starts[2] > 0


async def test_listeners_hear_of_committed_changes(office: Office) -> None:
    """Every change is told, in order, until the listener has enough."""
    job = await office.job_in(JobState.DONE)
    assert [change.state for change in office.changes] == [
        "queued",
        "painting",
        "delivering",
        "done",
    ]
    assert office.changes[-1] == job
    heard: list[object] = []
    end = office.service.subscribe(heard.append)
    end()
    await office.submit()
    assert heard == []


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


async def test_many_at_once(office: Office) -> None:
    """Submissions, claims, cancellations and endings at the same time leave no job behind."""

    async def live(member: int) -> None:
        job = await office.submit(member)
        if member % 3 == 0:
            await office.service.cancel(job.id, Actor(member, GUILD))

    async def paint() -> None:
        while job := await office.service.claim():
            if job.id % 5 == 0 and not job.losses:
                await office.service.lost(job.id)
            else:
                await office.service.painted(job.id, await office.result())
                await office.service.delivered(job.id, 20, 700 + job.id)

    await asyncio.gather(*(live(member) for member in range(30)), paint(), paint())
    await asyncio.gather(paint(), paint())
    found = [await office.service.get(job_id) for job_id in range(1, 31)]
    assert all(job and job.state not in UNFINISHED for job in found)
    assert office.service.places() == {}
