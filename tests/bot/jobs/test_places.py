"""Where jobs stand: positions, times, and whose they are."""

import pytest

from bot.executors.contract import PaintProgress
from tests.bot.jobs.office import ANN, BOB, CID, GUILD, Office, ids


def progress(job_id: int, seconds_left: float) -> PaintProgress:
    """A report from the middle of a painting."""
    return PaintProgress(job_id, 10, 300, 50.0, 10.0, 40.0, 5.0, seconds_left)


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
