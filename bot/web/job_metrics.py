"""Metrics of jobs, from the changes that the job service reports.

The dashboard in `grafana/` shows every metric; a test fails where one is missing.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from bot.jobs.model import UNFINISHED, Job, JobState
from bot.jobs.service import JobService

SECONDS = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)


class JobMetrics:
    """Counts jobs as they go from state to state."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._states: dict[int, JobState] = {}  # of the jobs that are not settled
        self._entered = Counter(
            "muralscape_jobs",
            "Jobs that entered a state",
            ["state", "preset"],
            registry=registry,
        )
        self._under_way = Gauge(
            "muralscape_jobs_under_way",
            "Jobs that are in a state now",
            ["state", "preset"],
            registry=registry,
        )
        self._queue = Gauge("muralscape_queue_length", "Queued jobs", registry=registry)
        self._wait = Histogram(
            "muralscape_queue_wait_seconds",
            "Seconds from the order to the first step",
            buckets=SECONDS,
            registry=registry,
        )
        self._painting = Histogram(
            "muralscape_painting_seconds",
            "Seconds that a painting took",
            ["preset"],
            buckets=SECONDS,
            registry=registry,
        )
        self._steps = Counter(
            "muralscape_steps", "Steps of finished paintings", ["preset"], registry=registry
        )
        self._speed = Gauge(
            "muralscape_steps_per_second",
            "Steps per second of the last finished painting",
            ["preset"],
            registry=registry,
        )

    async def follow(self, jobs: JobService) -> None:
        """Count from now on, beginning with the unfinished jobs of earlier runs."""
        found = list(await jobs.unsettled())
        found += [job for job_id in jobs.places() if (job := await jobs.get(job_id))]
        for job in found:
            self._states[job.id] = job.state
            self._move(job, None)
        jobs.subscribe(self._follow)

    def _follow(self, job: Job) -> None:
        before = self._states.get(job.id)
        if before is None and job.state is not JobState.QUEUED:
            return  # settled long ago; its painting was deleted just now
        if job.settled:
            self._states.pop(job.id, None)
        else:
            self._states[job.id] = job.state
        if job.state is not before:
            self._entered.labels(job.state, job.settings.preset).inc()
            self._move(job, before)
            self._measure(job)

    def _move(self, job: Job, before: JobState | None) -> None:
        preset = job.settings.preset
        if before in UNFINISHED:
            self._under_way.labels(before, preset).dec()
        if job.state in UNFINISHED:
            self._under_way.labels(job.state, preset).inc()
        self._queue.inc((job.state is JobState.QUEUED) - (before is JobState.QUEUED))

    def _measure(self, job: Job) -> None:
        if job.state is JobState.PAINTING and job.starts == 1 and job.started_at is not None:
            self._wait.observe(max(0.0, job.started_at - job.created_at))
        if job.state is JobState.DELIVERING and job.result is not None:
            preset, outcome = job.settings.preset, job.result.outcome
            self._painting.labels(preset).observe(outcome.seconds)
            self._steps.labels(preset).inc(outcome.steps)
            if outcome.seconds > 0:
                self._speed.labels(preset).set(outcome.steps / outcome.seconds)
