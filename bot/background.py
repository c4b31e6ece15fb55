"""Tasks that run beside each other until the bot stops."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class BackgroundTasks:
    """Tasks that run beside each other; all are cancelled at the end."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "BackgroundTasks":
        return self

    async def __aexit__(self, *_error: object) -> None:
        pending = set(self._tasks)
        while pending:
            # Again and again: Python 3.11's wait_for, which discord.py is in while it connects,
            # swallows a cancellation that comes together with what it waits for.
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=2.0)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Start a task."""
        self._tasks.append(asyncio.create_task(work))

    async def until(self, stop: asyncio.Event) -> None:
        """Wait for `stop`; raise the error of the first task that fails before."""
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
