"""Concurrent tasks that run until the bot stops."""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine
from typing import Any

from bot.back_off import BackOff

log = logging.getLogger(__name__)

RESTARTS = BackOff(first=1.0, longest=60.0)


async def cancel_all(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait until all have ended; what they raise is dropped."""
    pending = set(tasks)
    while pending:
        # Repeated, because Python 3.11's wait_for, which discord.py and nats-py use, swallows a
        # cancellation that arrives together with the result.
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=2.0)
    await asyncio.gather(*tasks, return_exceptions=True)


class BackgroundTasks:
    """Concurrent tasks; leaving the block cancels all of them.

    `on_failure` is called with the name of a task that failed and is started again.
    """

    def __init__(
        self,
        on_failure: Callable[[str], None] = lambda _name: None,
        back_off: BackOff = RESTARTS,
    ) -> None:
        self._on_failure = on_failure
        self._back_off = back_off
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "BackgroundTasks":
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _traceback: object
    ) -> None:
        await cancel_all(self._tasks)
        for task in self._tasks:
            failure = None if task.cancelled() else task.exception()
            if failure not in (None, error):  # `error`, as of `until`, is raised anyway
                log.error("a background task failed", exc_info=failure)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Start a task."""
        self._tasks.append(asyncio.create_task(work))

    def keep(self, name: str, make: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Start a task that is started again, with back-off, whenever it fails.

        For tasks that the bot can do without for a while; failures are logged and counted.
        """

        async def kept() -> None:
            retrying = self._back_off.retrying(
                self._count(name), log=log, what=f"the task {name!r} failed", traceback=True
            )
            await retrying(make)

        self.start(kept())

    def _count(self, name: str) -> Callable[[Exception], bool]:
        def failed(_: Exception) -> bool:
            self._on_failure(name)
            return True

        return failed

    async def until(self, stop: asyncio.Event) -> None:
        """Wait for `stop`. Raises the error of a task that fails before."""
        stopping = asyncio.create_task(stop.wait())
        running: set[asyncio.Task[Any]] = {*self._tasks}
        try:
            while not stopping.done() and running:
                done, _ = await asyncio.wait(
                    {stopping, *running}, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done - {stopping}:
                    running.discard(task)
                    task.result()
        finally:
            stopping.cancel()
