"""What `/queue show` says."""

from dataclasses import replace

import pytest

from bot.executors.contract import PaintProgress, WorkerState
from bot.jobs.allowance import Allowance, Use
from bot.languages.speech import LANGUAGES, ngettext, speaking
from bot.queue.card import overview, painting_time
from tests.bot.jobs.harness import GUILD, JobHarness

IDLE = WorkerState("gpu-1", ("cuda:0 (NVIDIA H100)",), slots=1, paintings=0, jobs=(), rate=None)


async def test_each_worker_has_a_line(harness: JobHarness) -> None:
    """Busy workers come first, with the server's own jobs; others' jobs are not named."""
    job = await harness.submit()
    await harness.service.claim()
    harness.service.record_progress(PaintProgress(job.id, 30, 120, 1.0, 0.5, 0.5, 2.0, 6.0))
    workers = (
        IDLE,
        replace(IDLE, name="gpu-2", paintings=1, jobs=(job.id,), rate=0.5),
        replace(IDLE, name="gpu-3", paintings=1, jobs=(4711,)),
        replace(IDLE, name="gpu-4", devices=(), slots=0),
    )
    everyone = await harness.service.jobs_in(GUILD)
    text = overview(harness.service, workers, [], everyone, harness.clock())
    own, other, idle, unable = text.splitlines()[-4:]
    assert own.startswith(f"-# `gpu-2` (cuda:0 (NVIDIA H100)): painting № {job.id} (25%) · about ")
    assert other == "-# `gpu-3` (cuda:0 (NVIDIA H100)): painting for another server"
    assert idle == "-# `gpu-1` (cuda:0 (NVIDIA H100)): idle"
    assert unable == "-# `gpu-4`: cannot paint just now"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_it_fits_into_a_message(harness: JobHarness, language: str) -> None:
    """However many jobs and workers there are, Discord takes it, and what is left out is said."""
    for _ in range(40):
        job = await harness.submit()
        await harness.service.claim()
        await harness.service.failed(job.id, "Something went wrong. " * 10)
        await harness.service.kept(job.id)
    waiting = await harness.submit()
    own = await harness.service.jobs_of(GUILD, job.origin.member_id)
    workers = [replace(IDLE, name=f"{n}-{'x' * 90}", rate=1e9) for n in range(100)]
    now = harness.clock()
    with speaking(language):
        time = painting_time([Use(now, 1e7)], Allowance(1e6, 1e6), now)
        for slots in (0, 1000):
            harness.service.set_capacity(slots, "cuda")
            text = overview(harness.service, workers, own, [*own] * 25, now, time)
            assert len(text) <= 2000
            assert f"№ {waiting.id}" in text  # before the outcomes that wait for longer
            left_out = {ngettext("and {n} more", "and {n} more", n) for n in range(1, 100)}
            assert sum(line.removeprefix("-# ") in left_out for line in text.splitlines()) == 2
    assert len(own) == 41


async def test_no_painter(harness: JobHarness) -> None:
    """Where nobody paints, that comes first, and no time is promised."""
    job = await harness.submit()
    harness.service.set_capacity(0, "")
    text = overview(harness.service, (), [job], [job], harness.clock())
    assert text.splitlines() == [
        "⏸️ No painter is available just now; queued paintings are kept.",
        f"**№ {job.id}** mural · 🕓 number 1 in line",
        "-# In this server: 0 being painted, 1 waiting",
    ]


async def test_without_workers_nothing_is_said_of_them(harness: JobHarness) -> None:
    """Where all is painted on the bot's machine there is no such line."""
    text = overview(harness.service, (), [], [], harness.clock())
    assert text.splitlines() == [
        "You have no painting under way here.",
        "-# In this server: 0 being painted, 0 waiting",
    ]
