"""Concurrent tasks that run until the bot stops."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class BackgroundTasks:
    """Concurrent tasks; leaving the block cancels all of them."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "BackgroundTasks":
        return self

    async def __aexit__(self, *_error: object) -> None:
        pending = set(self._tasks)
        while pending:
            # Repeated, because Python 3.11's wait_for, which discord.py uses to connect, swallows
            # a cancellation that arrives together with the result.
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=2.0)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Start a task."""
        self._tasks.append(asyncio.create_task(work))

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
