"""A server's closed challenges: their results, and the leaderboard."""

from collections.abc import Sequence

from bot.challenges.model import Challenge, ChallengeState, Contest, LeaderboardLine
from bot.challenges.store import ChallengeStore
from bot.errors import ChallengeRefused
from bot.languages.speech import _

LEADERS = 20  # on the leaderboard
MOST_LISTED = 25  # challenges


class ChallengeHistory:
    """Reads closed challenges."""

    def __init__(self, store: ChallengeStore) -> None:
        self._store = store

    async def closed_in(self, guild_id: int) -> Sequence[Challenge]:
        """List a server's last closed challenges, the last one first."""
        return await self._store.closed(guild_id, MOST_LISTED)

    async def results(self, guild_id: int, challenge_id: int | None) -> Contest:
        """Read a closed challenge, the last one where none is named. Raises Refused."""
        if challenge_id is None:
            closed = await self._store.closed(guild_id, 1)
            if not closed:
                raise ChallengeRefused(_("No challenge has ended in this server yet."))
            challenge_id = closed[0].id
        contest = await self._store.get(challenge_id)
        if contest is None or contest.challenge.guild_id != guild_id:
            raise ChallengeRefused(_("There is no such challenge in this server."))
        if contest.challenge.state is not ChallengeState.CLOSED:
            raise ChallengeRefused(_("This challenge has no results, because it was not closed."))
        return contest

    async def leaderboard(self, guild_id: int) -> list[LeaderboardLine]:
        """List the best of a server's members over all its closed challenges, the first one first.

        Members with equal scores share a rank.
        """
        rows = await self._store.tally(guild_id, LEADERS)
        scores = [(row["wins"], row["podiums"], row["votes"]) for row in rows]
        return [
            LeaderboardLine(rank=1 + scores.index(score), **row)
            for row, score in zip(rows, scores, strict=True)
        ]
