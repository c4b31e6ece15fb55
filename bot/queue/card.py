"""The text of `/queue show`."""

from collections.abc import Collection, Sequence

from bot.discord_io.lines import first_lines
from bot.executors.contract import WorkerState
from bot.executors.speed import usual_seconds
from bot.jobs.allowance import HOUR, Allowance, Use, amount, used_in
from bot.jobs.model import Job, JobState
from bot.jobs.service import JobService
from bot.languages.speech import _, ngettext
from bot.muralize import card

SHOWN = 15  # jobs
MOST_CHARACTERS = 1050  # of the jobs' lines; Discord takes 2,000 in all
SHOWN_WORKERS = 10
MOST_WORKER_CHARACTERS = 600
LONGEST_WORKER_NAME = 40  # characters
LONGEST_DEVICE = 30


def overview(
    jobs: JobService,
    workers: Sequence[WorkerState],
    own: Sequence[Job],
    everyone: Sequence[Job],
    now: float,
    time: Sequence[str] = (),
    *,
    outside: bool = False,
) -> str:
    """List a member's jobs, sum up the server's, and list the workers on other machines.

    Jobs under way come before outcomes that wait to be fetched. `time` are the lines of
    `painting_time`; `outside` stands for no server.
    """
    lines: list[str] = []
    if jobs.slots == 0:
        lines.append(_("⏸️ No painter is available just now; queued paintings are kept."))
    ordered = sorted(own, key=lambda job: job.kept)
    listed = first_lines([_line(jobs, job, now) for job in ordered], SHOWN, MOST_CHARACTERS)
    lines += listed or [nothing_under_way()]
    lines += time
    waiting = sum(job.state is JobState.QUEUED for job in everyone)
    painting = sum(job.state is JobState.PAINTING for job in everyone)
    counts = {"painting": painting, "waiting": waiting}
    lines.append(
        _("-# Outside of servers: {painting} being painted, {waiting} waiting", **counts)
        if outside
        else _("-# In this server: {painting} being painted, {waiting} waiting", **counts)
    )
    if jobs.slots is not None and jobs.slots > 1:
        lines.append(
            ngettext(
                "-# {n} painting can be made at a time",
                "-# {n} paintings can be made at a time",
                jobs.slots,
            )
        )
    there = _worker_lines(workers, jobs, {job.id for job in everyone})
    lines += first_lines(there, SHOWN_WORKERS, MOST_WORKER_CHARACTERS, "-# ")
    return "\n".join(lines)


def nothing_under_way() -> str:
    """Say that a member has no painting under way."""
    return _("You have no painting under way here.")


def painting_time(uses: Collection[Use], allowance: Allowance, now: float) -> list[str]:
    """Say what a member has used of their painting time; nothing where it is not bounded."""
    spans = allowance.spans
    if not spans:
        return []
    parts = ", ".join(_part(span, limit, used_in(span, uses, now)) for span, limit in spans)
    full = [span for span, limit in spans if used_in(span, uses, now) >= limit]
    if not full:
        return [_("-# Your painting time here: {parts}", parts=parts)]
    ends = max(min(use.at + span for use in uses if use.at + span > now) for span in full)
    grows = card.relative(ends)
    return [
        _("-# Your painting time here: {parts}; it grows again {time}", parts=parts, time=grows)
    ]


def _part(span: float, limit: float, used: float) -> str:
    amounts = {"used": amount(used), "limit": amount(limit)}
    if span <= HOUR:
        return _("{used} of {limit} in the last hour", **amounts)
    return _("{used} of {limit} in 24 hours", **amounts)


def _line(jobs: JobService, job: Job, now: float) -> str:
    head = f"**№ {job.id}** {job.settings.preset}"
    if job.kept:
        if job.result is not None:
            state: str = _("📬 finished, but could not be sent to you")
        else:
            state = "⚠️ " + (job.failure or _("cancelled"))
        return f"{head} · {state}"
    place = jobs.place(job.id)
    progress = jobs.progress(job.id)
    if job.state is JobState.PAINTING and progress is not None:
        done = progress.step / max(1, progress.total_steps)
        ready = card.ready_at(now + progress.seconds_left)
        return f"{head} · 🎨 `{card.bar(done)}` {round(100 * done)}% · {ready}"
    if job.state is JobState.QUEUED and place is not None:
        line = f"{head} · " + _("🕓 number {position} in line", position=place.position)
        if jobs.slots == 0:  # nobody knows when there is one
            return line
        return f"{line} · {card.ready_at(now + place.finishes_in)}"
    what = {
        JobState.QUEUED: _("🕓 waiting"),
        JobState.PAINTING: _("🎨 being painted"),
        JobState.DELIVERING: _("📨 on its way to you"),
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
    device = ", ".join(dict.fromkeys(worker.devices))[:LONGEST_DEVICE].strip()
    head = f"-# `{name}` ({device})" if device else f"-# `{name}`"
    line = f"{head}: {_doing(worker, jobs, here)}"
    if worker.rate is None:
        return line
    pace = _("about {duration} each", duration=_duration(usual_seconds(worker.rate)))
    return f"{line} · {pace}"


def _doing(worker: WorkerState, jobs: JobService, here: Collection[int]) -> str:
    if not worker.paintings:
        return _("idle") if worker.slots else _("cannot paint just now")
    own = [_painting(job_id, jobs) for job_id in worker.jobs if job_id in here]
    others = worker.paintings - len(own)
    if others == 1 and not own:
        return _("painting for another server")
    if others:
        own.append(_("{number} elsewhere", number=others))
    return _("painting {paintings}", paintings=", ".join(own[:3]))


def _painting(job_id: int, jobs: JobService) -> str:
    progress = jobs.progress(job_id)
    if progress is None:
        return f"№ {job_id}"
    return f"№ {job_id} ({progress.step / max(1, progress.total_steps):.0%})"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return _("{seconds} s", seconds=round(seconds))
    return _("{minutes} min", minutes=round(seconds / 60))
