"""Puts painted murals together; after a failure again, with back-off."""

import logging
import math
import time
from collections.abc import Awaitable, Callable

from bot.back_off import BackOff
from bot.guilds.service import GuildService
from bot.mural import card, lifecycle
from bot.mural.model import NO_MEMBER, Mural
from bot.mural.service import MuralService
from bot.mural.workshop import Workshop, WorkshopFailed
from bot.pictures.retention import PictureRetention

log = logging.getLogger(__name__)


class Assembler:
    """Assembles murals. `clock` gives Unix seconds; `tell` sends a member a direct message."""

    def __init__(
        self,
        murals: MuralService,
        guilds: GuildService,
        retention: PictureRetention,
        workshop: Workshop,
        tell: Callable[[int, str], Awaitable[None]],
        clock: Callable[[], float],
        back_off: BackOff,
    ) -> None:
        self._murals = murals
        self._guilds = guilds
        self._retention = retention
        self._workshop = workshop
        self._tell = tell
        self._clock = clock
        self._back_off = back_off
        self._failures: dict[int, int] = {}  # in a row, by mural
        self._try_at: dict[int, float] = {}  # monotonic time of the next try, by mural

    async def assemble(self, mural: Mural) -> float:
        """Put a mural together if all is painted, and if it is time for a try.

        Returns the seconds until the next try; infinite where none is needed.
        """
        if not lifecycle.is_to_assemble(mural):
            return math.inf
        wait = self._try_at.get(mural.id, 0.0) - time.monotonic()
        if wait > 0:
            return wait
        log.info("mural %d: assembling %d tiles", mural.id, len(mural.painted))
        try:
            results = await self._workshop.assemble(mural)
        except WorkshopFailed as error:
            return await self._put_off(mural, error)
        self._failures.pop(mural.id, None)
        self._try_at.pop(mural.id, None)

        def rule(current: Mural) -> Mural:
            if current.painted != mural.painted:  # repainted meanwhile
                return current
            return lifecycle.assembled(current, results, self._clock())

        after = await self._murals.change(mural.id, rule, results.pictures)
        if after is None or after.results != results:
            await self._retention.release(results.pictures)
        return math.inf

    async def _put_off(self, mural: Mural, error: WorkshopFailed) -> float:
        """Postpone the next try, and tell the mural's host about the first failure."""
        failures = self._failures[mural.id] = self._failures.get(mural.id, 0) + 1
        wait = self._back_off.after(failures)
        self._try_at[mural.id] = time.monotonic() + wait
        log.error("mural %d: not assembled; next try in %.0f s: %s", mural.id, wait, error)
        if failures == 1 and mural.host_id != NO_MEMBER:
            with await self._guilds.voice(mural.guild_id):
                text = card.not_assembled(mural)
            await self._tell(mural.host_id, text)
        return wait
