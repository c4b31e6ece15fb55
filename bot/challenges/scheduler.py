"""Acts on the deadlines of challenges, also on those that passed while the bot was down."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from bot.challenges.announcer import Announcer
from bot.challenges.service import ChallengeService

log = logging.getLogger(__name__)

LONGEST_NAP = 3600.0  # seconds; a clock that is set meanwhile is noticed after that
SHARED_NAP = 60.0  # where another bot may change a challenge: it forgets members in all servers
RETRY = 5.0  # seconds until what failed is tried again


class ChallengeScheduler:
    """Brings challenges on and has it announced. `clock` gives Unix seconds."""

    def __init__(
        self,
        challenges: ChallengeService,
        announcer: Announcer,
        clock: Callable[[], float],
        retry: float = RETRY,
        longest_nap: float = LONGEST_NAP,
    ) -> None:
        self._challenges = challenges
        self._announcer = announcer
        self._clock = clock
        self._retry = retry
        self._longest_nap = longest_nap

    async def run(self) -> None:
        """Act on what is due, then wait for the next deadline or change, for ever."""
        while True:
            self._challenges.changed.clear()
            try:
                nap = await self._act()
            except Exception:  # one fault must not stop the other servers' challenges
                log.exception("challenges: tried again in %.0f s", self._retry)
                nap = self._retry
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._challenges.changed.wait(), nap)

    async def _act(self) -> float:
        """Do all that is due; say for how many seconds there is nothing more."""
        deadline = await self._challenges.act_on_deadlines()
        done = await self._announcer.announce()
        nap = self._longest_nap if deadline is None else max(0.0, deadline - self._clock())
        return min(nap, self._longest_nap if done else self._retry)
