"""Says before a job is submitted whether it would be refused, and when it would be painted."""

from collections.abc import Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs import allowance
from bot.jobs.allowance import Allowance, Use
from bot.jobs.model import Sources
from bot.jobs.quotas import JobQuotas, UnderWay
from bot.jobs.schedule import Schedule, with_size_and_steps
from bot.jobs.store import JobStore
from bot.people import Origin
from engine.request import PaintSettings

NOTHING = UnderWay()


class Admission:
    """Checks quotas and painting time, and predicts. `clock` gives Unix seconds."""

    def __init__(self, store: JobStore, schedule: Schedule, clock: Callable[[], float]) -> None:
        self._store = store
        self._schedule = schedule
        self._clock = clock

    async def check_quota(
        self,
        connection: AsyncConnection,
        origin: Origin,
        quotas: JobQuotas,
        pending: UnderWay = NOTHING,
    ) -> None:
        """Raise what `JobService.submit` would; `pending` are requests that are not jobs yet."""
        quotas.check(await self._store.under_way(connection, origin) + pending)

    async def check_time(
        self, origin: Origin, settings: PaintSettings, granted: Allowance, waiting: int = 0
    ) -> None:
        """Raise TimeSpent or NeverRoom for what `submit` would refuse, before any download.

        `waiting` counts the member's requests of the same settings that are not jobs yet.
        """
        if not granted.spans:
            return
        seconds = self.predict(settings, None)
        uses = await self.uses_of(origin.guild_id, origin.member_id)
        now = self._clock()
        pending = [Use(now, seconds)] * waiting
        allowance.check([*uses, *pending], seconds, granted, now)

    async def uses_of(self, guild_id: int, member_id: int) -> Sequence[Use]:
        """Give what a member has used of their painting time in a server during the last day."""
        async with self._store.database.read() as connection:
            uses = await self._store.uses(connection, guild_id, member_id, self._clock())
        return tuple(uses.values())

    def predict(self, settings: PaintSettings, sources: Sources | None) -> float:
        """Predict the seconds that a painting takes; without `sources`, of a square content."""
        return self._schedule.predict(with_size_and_steps(settings), sources)

    def predict_finish(
        self, origin: Origin, settings: PaintSettings, sources: Sources | None
    ) -> float:
        """Predict the seconds until a job that is submitted now would be painted.

        `sources` are None before they are downloaded.
        """
        return self._schedule.predict_finish(
            origin, with_size_and_steps(settings), sources, self._clock()
        )
