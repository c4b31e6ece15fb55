"""Changes of challenges without a command: at deadlines, and after paintings were deleted."""

from collections.abc import Awaitable, Callable
from functools import partial

from bot.challenges import rules
from bot.challenges.model import Contest
from bot.challenges.store import ChallengeStore
from bot.pictures.retention import PictureRetention

Change = Callable[[int, Callable[[Contest], Contest]], Awaitable[Contest]]  # by a rule


class ChallengeUpkeep:
    """Acts on deadlines, also those that passed while the bot was down.

    `change` is that of the challenge service; `clock` gives Unix seconds.
    """

    def __init__(
        self,
        store: ChallengeStore,
        change: Change,
        retention: PictureRetention,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._change = change
        self._retention = retention
        self._clock = clock

    async def act_on_deadlines(self) -> float | None:
        """Change every challenge with a passed deadline; return the time of the next deadline."""
        await self._delete_paintings()
        for challenge in await self._store.open():
            if (rules.deadline(challenge) or 0.0) <= self._clock():
                await self._change(
                    challenge.id, lambda contest: rules.go_on_if_due(contest, self._clock())
                )
        times = [rules.deadline(challenge) for challenge in await self._store.open()]
        return min((time for time in times if time is not None), default=None)

    async def _delete_paintings(self) -> None:
        """Take paintings that their owners have deleted out of challenges."""
        async with self._store.database.read() as connection:
            found = await self._store.with_deleted_paintings(connection)
        for challenge_id, job_ids in found.items():
            contest = await self._store.get(challenge_id)
            deleted = [e for e in (contest.entries if contest else ()) if e.job_id in job_ids]
            for entry in deleted:
                await self._change(challenge_id, partial(_delete_painting, entry_id=entry.id))
            await self._retention.release([name for entry in deleted for name in entry.pictures])


def _delete_painting(contest: Contest, entry_id: int) -> Contest:
    entry = next((entry for entry in contest.entries if entry.id == entry_id), None)
    return contest if entry is None else rules.delete_painting(contest, entry)
