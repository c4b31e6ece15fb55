"""The text and buttons of `/queue show`."""

from collections.abc import Collection, Sequence

import discord

from bot.discord_io.components import view_of
from bot.discord_io.lines import first_lines
from bot.executors.contract import WorkerState
from bot.executors.speed import usual_seconds
from bot.jobs.allowance import HOUR, Allowance, Use, amount, used_in
from bot.jobs.model import Job, JobState
from bot.jobs.service import JobService
from bot.muralize import card

SHOWN = 15  # jobs
MOST_CHARACTERS = 1050  # of the jobs' lines; Discord takes 2,000 in all
SHOWN_WORKERS = 10
MOST_WORKER_CHARACTERS = 600
LONGEST_WORKER_NAME = 40  # characters
LONGEST_DEVICE = 30
FETCHABLE = 5  # buttons; Discord takes five in a row


def overview(
    jobs: JobService,
    workers: Sequence[WorkerState],
    own: Sequence[Job],
    everyone: Sequence[Job],
    now: float,
    here: str = "In this server",
    time: Sequence[str] = (),
) -> str:
    """List a member's jobs, sum up the server's, and list the workers on other machines.

    `here` are the words for the server, and `time` the lines of `painting_time`.
    """
    lines = first_lines([_line(jobs, job, now) for job in own], SHOWN, MOST_CHARACTERS)
    if not lines:
        lines = ["You have no painting under way here."]
    lines += time
    waiting = sum(job.state is JobState.QUEUED for job in everyone)
    painting = sum(job.state is JobState.PAINTING for job in everyone)
    lines.append(f"-# {here}: {painting} being painted, {waiting} waiting")
    if jobs.slots == 0:
        lines.append("-# No painter is available just now; queued paintings are kept.")
    elif jobs.slots is not None and jobs.slots > 1:
        lines.append(f"-# {jobs.slots} paintings can be made at a time")
    there = _worker_lines(workers, jobs, {job.id for job in everyone})
    lines += first_lines(there, SHOWN_WORKERS, MOST_WORKER_CHARACTERS, "-# ")
    return "\n".join(lines)


def painting_time(uses: Collection[Use], allowance: Allowance, now: float) -> list[str]:
    """Say what a member has used of their painting time; nothing where it is not bounded."""
    spans = allowance.spans
    if not spans:
        return []
    parts = [
        f"{amount(used_in(span, uses, now))} of {amount(limit)} "
        f"{'in the last hour' if span <= HOUR else 'in 24 hours'}"
        for span, limit in spans
    ]
    text = f"-# Your painting time here: {', '.join(parts)}"
    full = [span for span, limit in spans if used_in(span, uses, now) >= limit]
    if not full:
        return [text]
    ends = max(min(use.at + span for use in uses if use.at + span > now) for span in full)
    return [f"{text}; it grows again {card.relative(ends)}"]


def fetch_buttons(own: Sequence[Job]) -> discord.ui.View:
    """Offer the results that could not be delivered."""
    kept = [job for job in own if job.kept and job.result is not None][:FETCHABLE]
    return view_of(
        *(card.button(job.id, card.Action.FETCH, f"Show № {job.id} here") for job in kept)
    )


def _line(jobs: JobService, job: Job, now: float) -> str:
    head = f"**№ {job.id}** {job.settings.preset}"
    if job.kept:
        if job.result is not None:
            return f"{head} · 📬 finished, but could not be sent to you"
        return f"{head} · ⚠️ {job.failure or 'cancelled'}"
    place = jobs.place(job.id)
    progress = jobs.progress(job.id)
    if job.state is JobState.PAINTING and progress is not None:
        done = progress.step / max(1, progress.total_steps)
        ready = card.relative(now + progress.seconds_left)
        return f"{head} · 🎨 `{card.bar(done)}` {done:.0%} · ready {ready}"
    if job.state is JobState.QUEUED and place is not None:
        return (
            f"{head} · 🕓 number {place.position} in line · "
            f"ready {card.relative(now + place.finishes_in)}"
        )
    what = {
        JobState.QUEUED: "🕓 waiting",
        JobState.PAINTING: "🎨 being painted",
        JobState.DELIVERING: "📨 on its way to you",
    }
    return f"{head} · {what.get(job.state, job.state.value)}"


def _worker_lines(
    workers: Sequence[WorkerState], jobs: JobService, here: Collection[int]
) -> list[str]:
    """Write a line for each worker, busy ones first; `here` are the server's own jobs."""
    ordered = sorted(workers, key=lambda worker: (not worker.paintings, not worker.slots))
    return [_worker_line(worker, jobs, here) for worker in ordered]


def _worker_line(worker: WorkerState, jobs: JobService, here: Collection[int]) -> str:
    name = worker.name[:LONGEST_WORKER_NAME]
    device = worker.devices[0][:LONGEST_DEVICE].strip() if worker.devices else ""
    head = f"-# `{name}` ({device})" if device else f"-# `{name}`"
    pace = "" if worker.rate is None else f" · about {_duration(usual_seconds(worker.rate))} each"
    return f"{head}: {_doing(worker, jobs, here)}{pace}"


def _doing(worker: WorkerState, jobs: JobService, here: Collection[int]) -> str:
    if not worker.paintings:
        return "idle" if worker.slots else "cannot paint just now"
    own = [_painting(job_id, jobs) for job_id in worker.jobs if job_id in here]
    others = worker.paintings - len(own)
    if others:
        own.append(f"{others} elsewhere" if own or others > 1 else "for another server")
    return f"painting {', '.join(own[:3])}"


def _painting(job_id: int, jobs: JobService) -> str:
    progress = jobs.progress(job_id)
    if progress is None:
        return f"№ {job_id}"
    return f"№ {job_id} ({progress.step / max(1, progress.total_steps):.0%})"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
