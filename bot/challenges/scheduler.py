"""Runs the deadlines of challenges, also those that passed while the bot was down."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from bot.challenges.announcer import Announcer
from bot.challenges.service import ChallengeService

log = logging.getLogger(__name__)

LONGEST_NAP = 3600.0  # seconds, so that a change of the system's clock is noticed
SHARED_NAP = 60.0  # with several shards, as `/privacy delete` at another bot changes challenges
RETRY = 5.0  # seconds until the next try after an error


class ChallengeScheduler:
    """Changes challenges at their deadlines, and sends announcements.

    `clock` gives Unix seconds.
    """

    def __init__(
        self,
        challenges: ChallengeService,
        announcer: Announcer,
        clock: Callable[[], float],
        longest_nap: float = LONGEST_NAP,
    ) -> None:
        self._challenges = challenges
        self._announcer = announcer
        self._clock = clock
        self._longest_nap = longest_nap

    async def run(self) -> None:
        """Act on what is due, then wait for the next deadline or change; until cancelled."""
        while True:
            self._challenges.changed.clear()
            try:
                nap = await self._act()
            except Exception:  # a fault in one server must not stop the others' challenges
                log.exception("challenges failed; next try in %.0f s", RETRY)
                nap = RETRY
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._challenges.changed.wait(), nap)

    async def _act(self) -> float:
        """Do all that is due; return the seconds until there is more to do."""
        deadline = await self._challenges.upkeep.act_on_deadlines()
        next_try = await self._announcer.announce()
        times = [time for time in (deadline, next_try) if time is not None]
        return min([self._longest_nap, *(max(0.0, time - self._clock()) for time in times)])
