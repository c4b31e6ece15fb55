"""The schedule of queued and painting jobs, in memory: their order, and predicted times."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.errors import Refused
from bot.executors.contract import PaintProgress
from bot.jobs.estimator import Estimator, PaintingKind
from bot.jobs.fair_queue import FairQueue, Waiting
from bot.jobs.model import Job, JobState, Place, Sources
from bot.languages.speech import _
from bot.people import Origin
from engine.presets import PRESETS, size_and_steps
from engine.request import PaintSettings

Size = tuple[int, int]  # width and height in pixels
WorkOf = Callable[[PaintSettings, Size | None], float]

PLACES_CACHE_SECONDS = 0.5  # how long calculated places are used again

_SCHEDULED = (JobState.QUEUED, JobState.PAINTING)
# The id of a job that is not submitted yet. Larger than any real id, so that it comes last among
# equals in the fair queue.
_UNSUBMITTED_ID = 2**63


def with_size_and_steps(settings: PaintSettings) -> PaintSettings:
    """Fill in the size and steps of the preset. Raises `Refused` where there is no such preset."""
    preset = PRESETS.get(settings.preset)
    if preset is None:
        raise Refused(_("There is no preset called `{preset}`.", preset=settings.preset))
    size, steps = size_and_steps(preset, settings)
    return replace(settings, size=size, steps=steps)


@dataclass
class _Painting:
    """A job that is being painted."""

    predicted: float  # seconds of painting, as predicted when it began
    started_at: float
    progress: PaintProgress | None = None  # as last reported
    progress_at: float = 0.0  # the time of that report

    def seconds_left(self, now: float) -> float:
        if self.progress is None:
            return max(0.0, self.predicted - (now - self.started_at))
        return max(0.0, self.progress.seconds_left - (now - self.progress_at))


class Schedule:
    """Knows every queued and painting job. Times are Unix seconds.

    `work_of` gives the work of a painting (`engine.work.work_of`) from its settings and the size of
    its content; a size of None stands for a square.
    """

    def __init__(self, estimator: Estimator, work_of: WorkOf) -> None:
        self._estimator = estimator
        self._work_of = work_of
        self._queue = FairQueue()
        self._slots = 1
        # All of these are by job id.
        self._kinds: dict[int, PaintingKind] = {}  # of queued and painting jobs
        self._paintings: dict[int, _Painting] = {}
        # The latest predictions of queued jobs, in seconds of painting. A job that was queued after
        # the last `_predict_again` is not here: what it was queued with counts.
        self._predictions: dict[int, float] = {}
        self._places: dict[int, Place] = {}
        self._places_at: float | None = None  # when these were calculated; None: out of date

    def set_capacity(self, slots: int, device: str) -> None:
        """Set the executor's slots and device."""
        self._slots = max(1, slots)  # without any slot, times are predicted as if there were one
        self._estimator.device = device
        self._predict_again()

    def predict(self, settings: PaintSettings, sources: Sources | None) -> float:
        """Predict the seconds of a painting; without `sources`, of a square content."""
        return self._estimator.predict(self._kind_of(settings, sources))

    def predict_finish(
        self, origin: Origin, settings: PaintSettings, sources: Sources | None, now: float
    ) -> float:
        """Predict the seconds until a job that is submitted now would be finished.

        Puts the job into the queue, calculates its place, and removes it again. `sources` are None
        before they are downloaded; then a square content is assumed.
        """
        seconds = self.predict(settings, sources)
        self._queue.add(Waiting(_UNSUBMITTED_ID, origin.guild_id, origin.member_id, seconds))
        try:
            return self._calculate_places(now)[_UNSUBMITTED_ID].finishes_in
        finally:
            self._queue.remove(_UNSUBMITTED_ID)

    def learn(self, job: Job) -> None:
        """Learn how long such jobs take from one that was painted."""
        if job.result is None or job.started_at is None or job.painted_at is None:
            return
        outcome = job.result.outcome
        if outcome.is_cut_short:
            return
        kind = self._kind_of(job.settings, job.sources, (outcome.width, outcome.height))
        self._estimator.learn(kind, outcome.device, job.painted_at - job.started_at)
        self._predict_again()

    def enter(self, job: Job) -> None:
        """Add a new job to the queue."""
        kind = self._kind_of(job.settings, job.sources)
        seconds = self._estimator.predict(kind)
        self._queue.add(Waiting(job.id, job.origin.guild_id, job.origin.member_id, seconds))
        self._kinds[job.id] = kind
        self._places_at = None

    def has(self, job_id: int) -> bool:
        """Say whether a job is queued or painting here."""
        return job_id in self._kinds

    def take(self, now: float) -> int | None:
        """Take the next job from the queue to painting; None when the queue is empty."""
        waiting = self._queue.take()
        if waiting is None:
            return None
        predicted = self._predictions.get(waiting.job_id, waiting.seconds)
        self._paintings[waiting.job_id] = _Painting(predicted, now)
        self._places_at = None
        return waiting.job_id

    def put_back(self, job_id: int, used: float = 0.0) -> None:
        """Return a painting job to the queue; charge `used` seconds to its member and server."""
        del self._paintings[job_id]
        self._queue.put_back(job_id, used)
        self._places_at = None

    def leave(self, job_id: int, used: float = 0.0) -> None:
        """Remove a job that is neither queued nor painting any more; `used` as in `put_back`."""
        self._queue.remove(job_id, used)
        self._kinds.pop(job_id, None)
        self._paintings.pop(job_id, None)
        self._places_at = None

    def follow(self, before: Job, after: Job, now: float) -> None:
        """Put a job back into the queue or remove it, as its new state says.

        The seconds since a job was taken are charged however its painting ended, except where
        `times_lost` did not grow: then the bot itself put the job back. Only `take` moves a job
        from queued to painting.
        """
        painting = self._paintings.get(after.id)
        used = max(0.0, now - painting.started_at) if painting else 0.0
        if before.state is JobState.PAINTING and after.state is JobState.QUEUED:
            self.put_back(after.id, used if after.times_lost > before.times_lost else 0.0)
        elif before.state in _SCHEDULED and after.state not in _SCHEDULED:
            self.leave(after.id, used)

    def record_progress(self, progress: PaintProgress, now: float) -> None:
        """Record the progress of a painting. The last preview stays until a newer one arrives."""
        painting = self._paintings.get(progress.job_id)
        if painting:
            if progress.preview is None and painting.progress is not None:
                progress = replace(progress, preview=painting.progress.preview)
            painting.progress, painting.progress_at = progress, now

    def progress(self, job_id: int) -> PaintProgress | None:
        """Give the progress of a painting; None before the first report."""
        painting = self._paintings.get(job_id)
        return painting.progress if painting else None

    def places(self, now: float) -> dict[int, Place]:
        """Give the place of every job: first those being painted, then the queue in order."""
        if not self._has_fresh_places(now):
            self._places = self._calculate_places(now)
            self._places_at = now
        return self._places

    def _has_fresh_places(self, now: float) -> bool:
        if self._places_at is None:
            return False
        age = now - self._places_at
        return 0 <= age < PLACES_CACHE_SECONDS  # below 0 when the machine's clock was set back

    def _kind_of(
        self, settings: PaintSettings, sources: Sources | None, painted: Size | None = None
    ) -> PaintingKind:
        """Give the kind of a painting, from which its seconds are predicted.

        `painted`, the size of the finished painting, stands in for the content's size where that
        was not measured: both have the same aspect ratio.
        """
        preset = f"{settings.preset} film" if settings.film else settings.preset
        content_size = sources.content_size if sources else None
        work = self._work_of(settings, content_size or painted)
        decoded = sources.megapixels if sources else 0.0
        # Rounded, so that pictures of nearly the same shape are of one kind.
        return PaintingKind(preset, float(f"{work:.3g}"), float(f"{decoded:.2g}"))

    def _calculate_places(self, now: float) -> dict[int, Place]:
        left = {job_id: painting.seconds_left(now) for job_id, painting in self._paintings.items()}
        # Never below 0: when a worker has left, its job counts as painting until it is put back.
        free_slots = max(0, self._slots - len(left))
        places = {job_id: Place(job_id, 0, 0.0, seconds) for job_id, seconds in left.items()}
        free_in = list(left.values()) + [0.0] * free_slots  # seconds until each slot is free
        turns = self._queue.forecast(free_in, self._predictions)
        for position, turn in enumerate(turns, start=1):
            places[turn.job_id] = Place(turn.job_id, position, turn.starts_in, turn.finishes_in)
        return places

    def _predict_again(self) -> None:
        """Predict the seconds of all queued jobs anew, by what the estimator knows now."""
        waiting = self._kinds.keys() - self._paintings.keys()
        seconds = {kind: self._estimator.predict(kind) for kind in set(self._kinds.values())}
        self._predictions = {job_id: seconds[self._kinds[job_id]] for job_id in waiting}
        self._queue.predict_again(self._predictions)
        self._places_at = None
