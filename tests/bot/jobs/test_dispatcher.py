"""Jobs get from the queue to real engine processes and back, whatever happens on the way."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.executors.contract import PaintOrder
from bot.executors.local import LocalExecutor
from bot.jobs.dispatcher import Dispatcher, our_fault
from bot.jobs.model import Job, JobState
from bot.people import Member
from bot.pictures.turns import Owner
from engine.request import FilmSettings, PaintOutcome, PaintSettings
from tests.bot.conftest import ON_SQLITE
from tests.bot.executors.clockwork import Script
from tests.bot.executors.conftest import SETUP, until
from tests.bot.jobs.harness import ANN, BOB, GUILD, PLENTY, JobHarness

pytestmark = ON_SQLITE

FINISHED = {JobState.DELIVERING, JobState.FAILED, JobState.CANCELLED}
LONG = Script(steps=1000, step_seconds=0.02)


async def take_all(_owner: Owner, _order: PaintOrder, _outcome: PaintOutcome) -> None:
    """Take every painting over, whatever its files are."""


class Studio:
    """An harness with a dispatcher and an executor; the clock is the real one."""

    def __init__(self, harness: JobHarness, executor: LocalExecutor) -> None:
        harness.clock.run()
        self.harness = harness
        self.executor = executor
        self.dispatcher = Dispatcher(harness.service, executor, harness.retention, take_all)
        self.running = asyncio.create_task(self.dispatcher.run())

    async def submit(self, script: Script, member: int = ANN, guild: int = GUILD) -> Job:
        """Submit a painting that goes by a script."""
        return await self.harness.submit(member, guild, content=script.bytes())

    async def wait_for(self, job: Job, *states: JobState) -> Job:
        """Wait until a job is in one of the states, and return it."""
        changed = asyncio.Event()
        end = self.harness.service.subscribe(lambda _: changed.set())
        try:
            async with asyncio.timeout(120):
                while True:
                    changed.clear()
                    found = await self.harness.service.get(job.id)
                    assert found is not None
                    if found.state in states:
                        return found
                    await changed.wait()
        finally:
            end()

    async def wait_for_progress(self, job: Job) -> None:
        """Wait until something was heard of a painting."""
        await until(lambda: self.harness.service.progress(job.id))

    async def stop(self, grace: float = 10.0) -> None:
        """Stop the dispatcher."""
        async with asyncio.timeout(grace + 120):
            await self.dispatcher.stop(grace)
            await self.running


@pytest.fixture(params=[1])
async def studio(harness: JobHarness, request: pytest.FixtureRequest) -> AsyncIterator[Studio]:
    """A studio with one engine process, or as many as a test asks for."""
    executor = LocalExecutor([SETUP] * request.param)
    await executor.start()
    studio = Studio(harness, executor)
    yield studio
    await studio.stop(0.0)
    await executor.close()


def work_left(harness: JobHarness) -> list[Path]:
    """List the work folders that are left in the picture store."""
    return list((harness.folder / "work").iterdir())


async def test_paints_what_is_queued(studio: Studio) -> None:
    """A job is painted and stored, with how it was made, ready to be delivered."""
    job = await studio.wait_for(await studio.submit(Script(steps=4)), JobState.DELIVERING)
    assert job.result is not None
    outcome = job.result.outcome
    assert (outcome.losses.total, outcome.steps, outcome.device) == (25.0, 4, "clockwork")
    assert (await studio.harness.pictures.read(job.result.picture)).startswith(b"\x89PNG")
    assert job.starts == 1
    assert work_left(studio.harness) == []


async def test_what_is_left_of_a_film_cannot_be_removed(
    harness: JobHarness, caplog: pytest.LogCaptureFixture
) -> None:
    """That is logged, and painting goes on."""
    executor = LocalExecutor([SETUP])  # not started, so that nothing is painted
    dispatcher = Dispatcher(harness.service, executor, harness.retention, take_all)
    running = asyncio.create_task(dispatcher.run())
    settings = PaintSettings(film=FilmSettings(frames=2, seconds=1.0))
    job = await harness.service.submit(harness.origin(), await harness.sources(), settings, PLENTY)
    (harness.pictures.unfinished(job.id) / "in the way").mkdir(parents=True)
    await harness.service.cancel(job.id, Member(ANN, GUILD))
    await until(lambda: [one for one in caplog.records if one.name == "bot.jobs.dispatcher"])
    await dispatcher.stop(0.0)
    await running


async def test_keeps_the_timelapse(studio: Studio) -> None:
    """A time-lapse that was asked for is kept beside the painting."""
    harness = studio.harness
    sources = await harness.sources(Script().bytes())
    job = await harness.service.submit(
        harness.origin(), sources, PaintSettings(), PLENTY, timelapse=True
    )
    job = await studio.wait_for(job, JobState.DELIVERING)
    assert job.result is not None
    assert job.result.timelapse is not None
    assert (await harness.pictures.read(job.result.timelapse)).startswith(b"film of")


async def test_progress_can_be_asked_for(studio: Studio) -> None:
    """While a job is painted the service knows how far it is, with a preview."""
    job = await studio.submit(LONG)
    await studio.wait_for_progress(job)
    progress = studio.harness.service.progress(job.id)
    assert progress is not None
    assert progress.preview is not None
    place = studio.harness.service.place(job.id)
    assert place is not None
    assert place.position == 0


async def test_a_second_try_after_a_crash(studio: Studio, tmp_path: Path) -> None:
    """A job with an engine process that died is painted by the next process."""
    script = Script(fault="die", once=str(tmp_path / "died"))
    job = await studio.wait_for(await studio.submit(script), *FINISHED)
    assert (job.state, job.times_lost, job.starts) == (JobState.DELIVERING, 1, 2)


@pytest.mark.parametrize("fault", ["raise", "die"])
async def test_no_third_try(studio: Studio, fault: str) -> None:
    """A job that loses two engine processes is failed in words; the next job is painted."""
    bad, good = await studio.submit(Script(fault=fault)), await studio.submit(Script(steps=2))
    bad = await studio.wait_for(bad, *FINISHED)
    assert (bad.state, bad.times_lost) == (JobState.FAILED, 2)
    assert "stopped twice" in (bad.failure or "")
    assert (await studio.wait_for(good, *FINISHED)).state is JobState.DELIVERING


async def test_fails_with_the_engines_sentence(studio: Studio) -> None:
    """What the engine refuses is failed with its own sentence, without another try."""
    job = await studio.wait_for(await studio.submit(Script(fault="refuse")), *FINISHED)
    assert (job.state, job.starts) == (JobState.FAILED, 1)
    assert job.failure == "This picture needs 9 GiB; choose a size of at most 512."


async def test_what_nobody_foresaw(studio: Studio) -> None:
    """A painting that cannot be stored is failed in words, and the dispatcher goes on."""
    job = await studio.wait_for(await studio.submit(Script(fault="no file")), *FINISHED)
    assert (job.state, job.failure) == (JobState.FAILED, our_fault())
    await studio.wait_for(await studio.submit(Script()), JobState.DELIVERING)
    assert work_left(studio.harness) == []


async def test_cancel_while_painting(studio: Studio) -> None:
    """A painting that is cancelled stops, and the next one begins at once."""
    job = await studio.submit(LONG)
    await studio.wait_for_progress(job)
    pids = studio.executor.pids
    await studio.harness.service.cancel(job.id, Member(ANN, GUILD))
    job = await studio.wait_for(job, *FINISHED)
    assert (job.state, job.cancelled_by) == (JobState.CANCELLED, ANN)
    await studio.wait_for(await studio.submit(Script()), JobState.DELIVERING)
    assert studio.executor.pids == pids  # it stopped by itself


async def test_cancel_at_the_moment_of_the_claim(studio: Studio) -> None:
    """A cancel that arrives between the claim and the first step is not lost."""
    errands: list[asyncio.Task[Job]] = []

    def cancel_at_once(job: Job) -> None:
        if job.state is JobState.PAINTING and job.cancelled_by is None:
            cancel = studio.harness.service.cancel(job.id, Member(ANN, GUILD))
            errands.append(asyncio.create_task(cancel))

    studio.harness.service.subscribe(cancel_at_once)
    for _ in range(5):
        job = await studio.wait_for(await studio.submit(LONG), *FINISHED)
        assert job.state is JobState.CANCELLED
    assert len(errands) == 5


async def test_stop_lets_paintings_end(studio: Studio, tmp_path: Path) -> None:
    """What ends within the grace time is finished; what waits keeps waiting."""
    go_on = tmp_path / "go on"
    painting = await studio.submit(Script(steps=4, wait_for=str(go_on)))
    waiting = await studio.submit(Script())
    await studio.wait_for_progress(painting)
    stopping = asyncio.create_task(studio.stop(grace=60))
    await asyncio.sleep(0)  # now it begins no painting any more
    go_on.touch()
    await stopping
    await studio.wait_for(painting, JobState.DELIVERING)
    await studio.wait_for(waiting, JobState.QUEUED)


async def test_stop_puts_back_what_takes_too_long(studio: Studio, tmp_path: Path) -> None:
    """After the grace time a painting is queued again, and the next run paints it."""
    go_on = tmp_path / "go on"
    job = await studio.submit(Script(steps=4, wait_for=str(go_on)))
    await studio.wait_for_progress(job)
    await studio.stop(grace=0.05)
    job = await studio.wait_for(job, JobState.QUEUED)
    assert (job.starts, job.times_lost) == (0, 0)
    go_on.touch()
    again = Dispatcher(studio.harness.service, studio.executor, studio.harness.retention, take_all)
    running = asyncio.create_task(again.run())
    await studio.wait_for(job, JobState.DELIVERING)
    await again.stop(1)
    await running


async def test_stop_while_idle(studio: Studio) -> None:
    """A dispatcher with nothing to do stops at once, and begins nothing afterwards."""
    await studio.stop(grace=60)
    assert studio.running.done()
    job = await studio.submit(Script())
    await studio.wait_for(job, JobState.QUEUED)


async def test_restart_paints_what_was_left(studio: Studio, tmp_path: Path) -> None:
    """A job that was painting when everything died is painted after the restart."""
    go_on = tmp_path / "go on"
    job = await studio.submit(Script(steps=4, wait_for=str(go_on)))
    await studio.wait_for_progress(job)
    studio.running.cancel()  # no stop, no putting back: the database says "painting"
    await asyncio.wait({studio.running})
    await studio.executor.close()
    go_on.touch()
    studio.harness.restart()
    await studio.harness.pictures.open()
    await studio.harness.service.recover()
    studio.executor = LocalExecutor([SETUP])
    await studio.executor.start()
    studio.dispatcher = Dispatcher(
        studio.harness.service, studio.executor, studio.harness.retention, take_all
    )
    studio.running = asyncio.create_task(studio.dispatcher.run())
    assert (await studio.wait_for(job, *FINISHED)).state is JobState.DELIVERING
    await studio.stop()
    await studio.executor.close()


@pytest.mark.parametrize("studio", [2], indirect=True)
async def test_two_paintings_at_a_time(studio: Studio, tmp_path: Path) -> None:
    """Each of the two has its own progress, cancel and result; the queue stays fair."""
    go_on = [tmp_path / str(number) for number in range(4)]
    anns, anns_second, anns_third, bobs = (Script(steps=4, wait_for=str(file)) for file in go_on)
    service = studio.harness.service
    jobs = [await studio.submit(anns), await studio.submit(anns_second)]
    for job in jobs:
        await studio.wait_for_progress(job)
    jobs += [await studio.submit(anns_third), await studio.submit(bobs, BOB)]
    go_on[0].touch()
    await studio.wait_for(jobs[0], JobState.DELIVERING)
    await studio.wait_for_progress(jobs[3])  # Bob's first, before Ann's third
    assert {job.id for job in jobs if service.progress(job.id)} == {jobs[1].id, jobs[3].id}
    await service.cancel(jobs[1].id, Member(ANN, GUILD))
    assert (await studio.wait_for(jobs[1], *FINISHED)).state is JobState.CANCELLED
    for path in go_on:
        path.touch()
    for job in (jobs[2], jobs[3]):
        await studio.wait_for(job, JobState.DELIVERING)


@pytest.mark.parametrize("studio", [2], indirect=True)
async def test_kill_9_again_and_again(studio: Studio) -> None:
    """With engine processes killed all the time, every job still ends, painted or in words."""
    jobs = [await studio.submit(Script(steps=5, step_seconds=0.01), m) for m in range(20)]
    for _ in range(4):
        await asyncio.sleep(0.15)
        for pid in studio.executor.pids[:1]:
            os.kill(pid, signal.SIGKILL)
    ends = [await studio.wait_for(job, *FINISHED) for job in jobs]
    assert sum(job.state is JobState.DELIVERING for job in ends) >= 16
    assert all(job.failure for job in ends if job.state is JobState.FAILED)
