"""The rules of jobs: who may submit, cancel and delete, and how a job goes from state to state.

Every method writes the new state to the database before it returns the job and before it tells
the listeners. Only one service may work on a database.
"""

from collections.abc import Callable, Sequence

from bot.executors.contract import PaintProgress
from bot.jobs.model import Actor, Job, JobLimits, JobResult, Origin, Place, Recipe

Listener = Callable[[Job], None]


class JobService:
    """Keeps the jobs. Its methods are safe to call at the same time from one event loop."""

    async def recover(self) -> None:
        """Pick up where the last run stopped; to be awaited once, before anything else.

        Jobs that were painting are queued again, or cancelled where somebody had asked for that.
        Jobs that were being delivered are found by `unsettled`.
        """
        raise NotImplementedError

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have `listener` called with every job that changed; returns what ends that.

        Called on the event loop after the change is committed; it must be quick and not raise.
        """
        raise NotImplementedError

    async def submit(
        self, origin: Origin, recipe: Recipe, limits: JobLimits, parent_id: int | None = None
    ) -> Job:
        """Queue a painting. Its pictures must be in the picture store already.

        An interaction that was submitted before gives the job it made then. Raises
        `MemberQuotaReached`, `GuildQuotaReached` and `PictureGone`.
        """
        raise NotImplementedError

    async def cancel(self, job_id: int, actor: Actor) -> Job:
        """Cancel a job: at once while it is queued, within two steps while it is being painted.

        A painting job is returned as still painting, with `cancelled_by` set. Raises
        `JobNotFound`, `NotAllowed`, and `WrongState` once it is painted.
        """
        raise NotImplementedError

    async def delete_result(self, job_id: int, actor: Actor) -> Job:
        """Remove a finished painting and its time-lapse from disk, unless another job has the same.

        Raises `JobNotFound`, `NotAllowed`, and `WrongState` while it is not done.
        """
        raise NotImplementedError

    async def get(self, job_id: int) -> Job | None:
        """Find a job."""
        raise NotImplementedError

    async def jobs_of(self, guild_id: int, member_id: int, limit: int = 25) -> Sequence[Job]:
        """List a member's jobs in a server: the unfinished and the kept ones, oldest first."""
        raise NotImplementedError

    async def jobs_in(self, guild_id: int, limit: int = 25) -> Sequence[Job]:
        """List a server's unfinished jobs, oldest first."""
        raise NotImplementedError

    def places(self) -> dict[int, Place]:
        """Say where every queued and painting job stands, by job id, in the order of service.

        The same calculation decides whose turn it is.
        """
        raise NotImplementedError

    def place(self, job_id: int) -> Place | None:
        """Say where one job stands; None when it is neither queued nor painting."""
        raise NotImplementedError

    def progress(self, job_id: int) -> PaintProgress | None:
        """Say how far a painting is; None when it is not being painted or not yet begun."""
        raise NotImplementedError

    # For the dispatcher.

    async def claim(self) -> Job | None:
        """Take the job whose turn it is from the queue to painting; None when none waits."""
        raise NotImplementedError

    def progressed(self, progress: PaintProgress) -> None:
        """Note how far a painting is; kept in memory only."""
        raise NotImplementedError

    async def painted(self, job_id: int, result: JobResult) -> Job:
        """Store a painting: painting to delivering."""
        raise NotImplementedError

    async def lost(self, job_id: int) -> Job:
        """Queue a job again whose executor was lost, first in its member's line, or fail it."""
        raise NotImplementedError

    async def put_back(self, job_id: int) -> Job:
        """Queue a job again that a shut-down interrupted."""
        raise NotImplementedError

    async def failed(self, job_id: int, sentence: str) -> Job:
        """Give a painting up: painting to failed."""
        raise NotImplementedError

    async def stopped(self, job_id: int) -> Job:
        """Note that a painting has stopped as asked: painting to cancelled."""
        raise NotImplementedError

    # For the delivery.

    async def unsettled(self) -> Sequence[Job]:
        """List the jobs whose member must still be told: delivering, failed and cancelled ones."""
        raise NotImplementedError

    async def card_posted(self, job_id: int, channel_id: int, message_id: int) -> Job:
        """Note which message is the job's card."""
        raise NotImplementedError

    async def delivery_begun(self, job_id: int, route: str) -> Job:
        """Note, before a send, that the outcome may be on its way by this route."""
        raise NotImplementedError

    async def delivered(self, job_id: int, channel_id: int, message_id: int) -> Job:
        """Note that the outcome reached the member: delivering to done, or told of a failure."""
        raise NotImplementedError

    async def kept(self, job_id: int) -> Job:
        """Note that no way to the member is open: done or told, kept for `/queue show`."""
        raise NotImplementedError
