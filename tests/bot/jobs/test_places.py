"""The places of jobs: positions, times, and owners."""

from dataclasses import replace

import pytest

from bot.executors.contract import PaintProgress
from bot.jobs.estimator import ENOUGH
from bot.jobs.model import JobState
from bot.people import Member
from engine.request import PaintSettings
from tests.bot.jobs.harness import ANN, BOB, CID, GUILD, JobHarness, ids
from tests.bot.outcomes import OUTCOME


def progress(job_id: int, seconds_left: float) -> PaintProgress:
    """A report from the middle of a painting."""
    return PaintProgress(job_id, 10, 300, 50.0, 10.0, 40.0, 5.0, seconds_left)


async def test_lists(harness: JobHarness) -> None:
    """A member sees their own unfinished jobs in this server, a server all of its own."""
    ann, bob = await harness.submit(ANN), await harness.submit(BOB)
    elsewhere = await harness.submit(ANN, guild=GUILD + 1)
    assert ids(await harness.service.jobs_of(GUILD, ANN)) == [ann.id]
    assert ids(await harness.service.jobs_in(GUILD)) == [ann.id, bob.id]
    assert ids(await harness.service.jobs_in(GUILD + 1)) == [elsewhere.id]


async def test_places_are_the_order_of_service(harness: JobHarness) -> None:
    """Positions count from 1 in the order in which jobs are then claimed."""
    for member in (ANN, ANN, ANN, BOB, CID):
        await harness.submit(member)
    places = harness.service.places()
    assert [place.position for place in places.values()] == [1, 2, 3, 4, 5]
    assert [(await harness.claim()).id for _ in range(5)] == list(places)


async def test_places_follow_the_progress(harness: JobHarness) -> None:
    """What a painting reports as left decides when the next one starts."""
    first, second = await harness.submit(ANN), await harness.submit(BOB)
    await harness.claim()
    harness.service.record_progress(progress(first.id, seconds_left=30.0))
    harness.clock.now += 10
    painting, waiting = harness.service.places().values()
    assert (painting.job_id, painting.position, painting.finishes_in) == (first.id, 0, 20.0)
    assert (waiting.job_id, waiting.position, waiting.starts_in) == (second.id, 1, 20.0)
    assert harness.service.progress(second.id) is None


async def test_predictions_are_learned(harness: JobHarness) -> None:
    """How long a painting took is predicted for the next, also after a restart."""
    await harness.submit()
    job = await harness.claim()
    waiting = await harness.submit()
    harness.clock.now += 77
    await harness.service.painted(job.id, await harness.result())
    place = harness.service.place(waiting.id)
    assert place is not None
    assert place.finishes_in == pytest.approx(77)
    harness.restart()
    await harness.service.recover()
    assert (await harness.submit(BOB)).predicted_seconds == pytest.approx(77)


async def test_two_devices_halve_the_wait(harness: JobHarness) -> None:
    """With two paintings at a time, two jobs start at once."""
    harness.service.set_capacity(slots=2, device="cpu")
    for _ in range(3):
        await harness.submit()
    starts = [place.starts_in for place in harness.service.places().values()]
    assert starts[:2] == [0, 0]
    assert starts[2] > 0


async def test_places_come_true(harness: JobHarness) -> None:
    """Once times are learned, jobs start in the order shown and at the second that was said."""
    service, seconds = harness.service, 10.0
    for _ in range(ENOUGH):
        job = await harness.job_in(JobState.PAINTING)
        harness.clock.now += seconds
        await service.painted(job.id, await harness.result())
    service.set_capacity(slots=2, device=OUTCOME.device)
    ends: list[tuple[float, int]] = []  # of what is painted
    started: dict[int, float] = {}

    async def begin() -> None:
        job = await harness.claim()
        started[job.id] = harness.clock()
        ends.append((harness.clock() + seconds, job.id))

    for member in (ANN, BOB):
        await harness.submit(member)
        await begin()
        harness.clock.now += 4
    for member in (ANN, ANN, ANN, BOB, CID, CID):
        await harness.submit(member)
    asked_at = harness.clock()
    shown = [place for place in service.places().values() if place.position]
    for _ in shown:
        ends.sort()
        harness.clock.now, ended = ends.pop(0)
        await service.painted(ended, await harness.result())
        await begin()
    assert len(shown) == 6
    for place in shown:
        assert started[place.job_id] - asked_at == pytest.approx(place.starts_in)


async def test_predictions_follow_the_pixels(harness: JobHarness) -> None:
    """A strip is predicted to take less than a square of the same long side, before and after."""

    def predicted(width: int, height: int) -> float:
        sizes = ((width, height), (64, 64))
        return harness.schedule.predict(PaintSettings(size=512), replace(sources, sizes=sizes))

    sources = await harness.sources()
    ratio = predicted(4000, 250) / predicted(4000, 4000)
    assert 1 / 16 < ratio < 1 / 5  # small canvases are filled up to the grid
    await harness.submit()
    job = await harness.claim()
    harness.clock.now += 100
    await harness.service.painted(job.id, await harness.result())
    assert predicted(4000, 250) / predicted(4000, 4000) == pytest.approx(ratio, rel=0.01)


async def test_what_a_cancelled_painting_took_is_charged(harness: JobHarness) -> None:
    """Seconds before a cancel count, be they of painting or of decoding slow pictures."""
    for member in (ANN, ANN, BOB, BOB):
        await harness.submit(member)
    before = harness.service.places()
    seconds = next(place.finishes_in for place in before.values())
    job = await harness.claim()
    assert job.origin.member_id == ANN
    await harness.service.cancel(job.id, Member(ANN, GUILD))
    harness.clock.now += 10 * seconds
    await harness.service.stopped(job.id)
    assert [(await harness.claim()).origin.member_id for _ in range(3)] == [BOB, BOB, ANN]
