"""The reconciliation loop of murals: does what each mural's state in the database asks for.

Nothing else is remembered, so after a restart it goes on where it was.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial

from bot.mural import lifecycle
from bot.mural.assembler import Assembler
from bot.mural.messenger import MuralMessenger
from bot.mural.service import MuralService
from bot.mural.tile_jobs import TileJobs

log = logging.getLogger(__name__)

LONGEST_NAP = 60.0  # seconds, so that a change of the system's clock is noticed
RETRY = 10.0  # seconds until the next try after an error


class MuralReconciler:
    """Reconciles each mural in a task of its own, when something has changed and when it is due.

    `clock` gives Unix seconds.
    """

    def __init__(
        self,
        murals: MuralService,
        tile_jobs: TileJobs,
        assembler: Assembler,
        messenger: MuralMessenger,
        clock: Callable[[], float],
    ) -> None:
        self._murals = murals
        self._tile_jobs = tile_jobs
        self._assembler = assembler
        self._messenger = messenger
        self._clock = clock
        self._tasks: dict[int, asyncio.Task[float]] = {}  # running, by mural
        self._changed_since: set[int] = set()  # murals that may have changed while their task runs
        self._due_at: dict[int, float] = {}  # monotonic time of the next task, by mural
        self._task_ended = asyncio.Event()

    async def run(self) -> None:
        """Reconcile all murals until cancelled."""
        try:
            changed = True
            while True:
                nap = await self._start_tasks(changed=changed)
                changed = await self._wait(nap)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _wait(self, nap: float) -> bool:
        """Wait for a change, the end of a task, or `nap` seconds; return whether it is a change."""
        events = (self._murals.changed, self._task_ended)
        waiting = [asyncio.create_task(event.wait()) for event in events]
        try:
            await asyncio.wait(waiting, timeout=nap, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        changed = self._murals.changed.is_set()
        self._murals.changed.clear()
        self._task_ended.clear()
        return changed

    async def _start_tasks(self, *, changed: bool) -> float:
        """Start a task for each mural that is due, after a change for all of them.

        Returns the seconds until the next one is due.
        """
        try:
            if changed:
                await self._tile_jobs.follow_deletions()
                await self._tile_jobs.settle_orphans()
            murals = await self._murals.store.alive()
        except Exception:  # a locked database may be free in a moment
            log.exception("the murals could not be read; next try in %.0f s", RETRY)
            return RETRY
        now = time.monotonic()
        naps = [LONGEST_NAP]
        for mural in murals:
            if mural.id in self._tasks:
                if changed:
                    self._changed_since.add(mural.id)
            elif changed or self._due_at.get(mural.id, now) <= now:
                task = asyncio.create_task(self._reconcile(mural.id), name=f"mural {mural.id}")
                self._tasks[mural.id] = task
                task.add_done_callback(partial(self._on_task_done, mural.id))
            else:
                naps.append(self._due_at[mural.id] - now)
        return min(naps)

    def _on_task_done(self, mural_id: int, task: "asyncio.Task[float]") -> None:
        del self._tasks[mural_id]
        nap = LONGEST_NAP if task.cancelled() else task.result()
        if mural_id in self._changed_since:
            self._changed_since.remove(mural_id)
            nap = 0.0
        self._due_at[mural_id] = time.monotonic() + nap
        self._task_ended.set()

    async def _reconcile(self, mural_id: int) -> float:
        """Do all that is due for a mural; return the seconds until there may be more."""
        try:
            return await self._steps(mural_id)
        except Exception:  # a fault in one server must not stop the others' murals
            log.exception("mural %d failed; next try in %.0f s", mural_id, LONGEST_NAP)
            return LONGEST_NAP

    async def _steps(self, mural_id: int) -> float:
        mural = await self._murals.store.get(mural_id)
        if mural is None:
            return LONGEST_NAP
        await self._tile_jobs.take_over_ended(mural)
        mural = await self._murals.change(
            mural_id, lambda current: lifecycle.advance(current, self._clock())
        )
        if mural is None:
            return LONGEST_NAP
        naps = [LONGEST_NAP, await self._tile_jobs.queue_next(mural)]
        if lifecycle.is_to_assemble(mural):
            naps.append(await self._assembler.assemble(mural))
        naps.append(await self._messenger.show(mural_id))
        deadline = lifecycle.next_deadline(mural)
        if deadline is not None:
            naps.append(max(0.0, deadline - self._clock()))
        return min(naps)
