"""What is taken into the queue: whole, once, and no more than the quotas allow."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import PictureGone, Refused
from bot.jobs.model import JobState
from bot.jobs.quotas import (
    GuildQuotaReached,
    JobQuotas,
    MemberQuotaReached,
    PersonQuotaReached,
    QueueFull,
)
from engine.presets import PRESETS
from engine.request import PaintSettings
from tests.bot.jobs.harness import ANN, BOB, CID, GUILD, PLENTY, JobHarness


async def test_a_job_is_stored_as_it_was_asked_for(harness: JobHarness) -> None:
    """A submitted job is read back whole, with the preset's size and steps filled in."""
    origin, sources = harness.origin(), await harness.sources()
    sources = replace(sources, mask=await harness.pictures.put(b"mask"), style_name="waves")
    settings = PaintSettings(strength=1.5, seed=7, brush="bold")
    job = await harness.service.submit(
        origin, sources, settings, PLENTY, timelapse=True, parent_id=3
    )
    assert job == await harness.service.get(job.id)
    assert job.origin == origin
    mural = PRESETS["mural"]
    assert job.settings == replace(settings, size=mural.size, steps=mural.steps)
    assert (job.sources, job.timelapse) == (sources, True)
    assert (job.state, job.parent_id) == (JobState.QUEUED, 3)
    assert job.delivery.nonce.isdigit()
    assert len(job.delivery.nonce) <= 25


async def test_tokens_are_not_shown(harness: JobHarness) -> None:
    """A job that is logged does not give its interaction token away."""
    assert "token 5" not in repr(await harness.submit())


async def test_an_interaction_is_one_job(harness: JobHarness) -> None:
    """An interaction that Discord sends twice makes one job."""
    asked = harness.origin(), await harness.sources(), PaintSettings(), PLENTY
    first = await harness.service.submit(*asked)
    assert await harness.service.submit(*asked) == first
    assert len(harness.service.places()) == 1


async def test_a_job_that_was_made_without_an_answer(harness: JobHarness) -> None:
    """Where the connection broke as the database made it, another try finds it and queues it."""
    asked = harness.origin(), await harness.sources(), PaintSettings(), PLENTY
    first = await harness.service.submit(*asked)
    harness.restart()  # it is in the database, and in no queue

    async def gone(_: AsyncConnection) -> None:
        raise Refused("The request is no longer there.")

    assert await harness.service.submit(*asked, settle=gone) == first
    assert len(harness.service.places()) == 1
    with pytest.raises(Refused):
        await harness.service.submit(harness.origin(), *asked[1:], settle=gone)


async def test_missing_pictures_are_refused(harness: JobHarness) -> None:
    """A job without stored pictures is refused and leaves nothing."""
    sources = await harness.sources()
    sources = replace(sources, mask=await harness.pictures.put(b"mask"))
    for gone in reversed(sources.pictures):
        await harness.pictures.remove([gone])
        with pytest.raises(PictureGone):
            await harness.service.submit(harness.origin(), sources, PaintSettings(), PLENTY)
    assert await harness.service.jobs_of(GUILD, ANN) == []


async def test_unknown_presets_are_refused(harness: JobHarness) -> None:
    """A preset that does not exist is refused with a message."""
    sources, settings = await harness.sources(), PaintSettings("sketch")
    with pytest.raises(Refused, match="no preset called `sketch`"):
        await harness.service.submit(harness.origin(), sources, settings, PLENTY)


async def test_member_quota(harness: JobHarness) -> None:
    """A member may have so many jobs queued or painting here, even asked for all at once."""
    quotas = JobQuotas(per_member=2, per_guild=100)
    answers = await asyncio.gather(
        *(harness.submit(ANN, quotas=quotas) for _ in range(5)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, MemberQuotaReached)]
    assert len(refused) == 3
    assert "2 paintings" in refused[0].sentence
    await harness.submit(BOB, quotas=quotas)
    await harness.submit(ANN, guild=GUILD + 1, quotas=quotas)


async def test_a_painted_job_frees_its_place(harness: JobHarness) -> None:
    """The quota counts jobs that are queued or painting, not those that are painted."""
    quotas = JobQuotas(per_member=1, per_guild=1)
    await harness.job_in(JobState.DELIVERING)
    await harness.submit(quotas=quotas)
    with pytest.raises(MemberQuotaReached):
        await harness.submit(quotas=quotas)


async def test_guild_quota(harness: JobHarness) -> None:
    """A server may have so many jobs queued or painting, whoever asked for them."""
    quotas = JobQuotas(per_member=5, per_guild=2)
    await harness.submit(ANN, quotas=quotas)
    await harness.submit(BOB, quotas=quotas)
    with pytest.raises(GuildQuotaReached, match="2 paintings"):
        await harness.submit(CID, quotas=quotas)


async def test_quotas_over_all_servers(harness: JobHarness) -> None:
    """Many servers give a member no more, and the whole queue is bounded, with a message."""
    quotas = JobQuotas(per_member=5, per_guild=5, per_person=2, in_all=3)
    for guild in (GUILD, GUILD + 1):
        await harness.submit(ANN, guild, quotas)
    with pytest.raises(PersonQuotaReached, match="2 paintings under way, counted over all servers"):
        await harness.submit(ANN, GUILD + 2, quotas)
    await harness.submit(BOB, GUILD, quotas)
    with pytest.raises(QueueFull, match="queue of this bot is full"):
        await harness.submit(CID, GUILD, quotas)
