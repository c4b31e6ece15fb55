"""The workers on other machines as `/queue show` lists them."""

from collections.abc import Collection, Sequence

from bot.executors.contract import WorkerState
from bot.executors.speed import usual_seconds
from bot.jobs.service import JobService

LONGEST_NAME = 40  # characters
LONGEST_DEVICE = 30


def lines(workers: Sequence[WorkerState], jobs: JobService, here: Collection[int]) -> list[str]:
    """Write a line for each, those that paint first; `here` are the server's own jobs."""
    ordered = sorted(workers, key=lambda worker: (not worker.paintings, not worker.slots))
    return [_line(worker, jobs, here) for worker in ordered]


def _line(worker: WorkerState, jobs: JobService, here: Collection[int]) -> str:
    name = worker.name[:LONGEST_NAME]
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
