"""The reconciliation loop of murals: runs the steps that bring each mural up to date."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from bot.mural.model import Mural
from bot.mural.service import MuralService

log = logging.getLogger(__name__)

# Seconds. Steps compute their waits from the wall clock, which may be changed meanwhile.
LONGEST_NAP = 60.0
RETRY = 10.0  # seconds until the next try after an error

Step = Callable[[Mural], Awaitable[float]]


class MuralReconciler:
    """Takes the steps for each mural in a task of its own, after a change and when one is due.

    A step does what the mural's state in the database asks for, so the loop goes on after a restart
    where it was. It returns the seconds until it is to be taken again, infinity for only after a
    change; even so all are taken each minute. `on_change` is awaited after each change, before the
    steps. `retry` is the number of seconds until the next try after an error.
    """

    def __init__(
        self,
        murals: MuralService,
        on_change: Callable[[], Awaitable[None]],
        steps: Sequence[Step],
        retry: float = RETRY,
    ) -> None:
        self._murals = murals
        self._on_change = on_change
        self._steps = steps
        self._retry = retry
        self._tasks: dict[int, asyncio.Task[float]] = {}  # running, by mural
        self._rerun: set[int] = set()  # murals that changed while their task ran: run it again
        self._due_at: dict[int, float] = {}  # monotonic time of the next task, by mural
        self._task_ended = asyncio.Event()

    async def run(self) -> None:
        """Reconcile all murals until cancelled."""
        try:
            changed = True
            while True:
                nap = await self._start_tasks(changed=changed)
                missed = changed and nap is None  # a change that nobody has seen to yet
                changed = await self._wait(self._retry if nap is None else nap) or missed
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

    async def _start_tasks(self, *, changed: bool) -> float | None:
        """Start a task for each mural that is due or, after a change, for every mural.

        Returns the seconds until the next one is due, None where the murals could not be read.
        """
        try:
            if changed:
                await self._on_change()
            murals = await self._murals.store.alive()
        except Exception:  # a locked database may be free in a moment
            log.exception("the murals could not be read; next try in %.0f s", self._retry)
            return None
        now = time.monotonic()
        naps = [LONGEST_NAP]
        for mural in murals:
            if mural.id in self._tasks:
                if changed:
                    self._rerun.add(mural.id)
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
        if mural_id in self._rerun:
            self._rerun.remove(mural_id)
            nap = 0.0
        self._due_at[mural_id] = time.monotonic() + nap
        self._task_ended.set()

    async def _reconcile(self, mural_id: int) -> float:
        """Take the steps for a mural; return the seconds until they are to be taken again."""
        try:
            return await self._take_steps(mural_id)
        except Exception:  # an error in one mural must not stop the others
            log.exception("mural %d failed; next try in %.0f s", mural_id, LONGEST_NAP)
            return LONGEST_NAP

    async def _take_steps(self, mural_id: int) -> float:
        naps = [LONGEST_NAP]
        for step in self._steps:
            mural = await self._murals.store.get(mural_id)
            if mural is None:
                break
            naps.append(await step(mural))
        return min(naps)
