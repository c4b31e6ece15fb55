"""Time as another thread of this process sees it, which a busy machine delays as well."""

import asyncio
import math
import threading
import time
from bisect import bisect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_SCHEDULED = Path("/proc/thread-self/schedstat")  # Linux


class Ticks:
    """Ticks of a thread that does nothing else; each takes a millisecond or more.

    What the code at hand spends is counted in them. A machine that has no time for this process
    delays the ticks too, so the counts do not depend on it as seconds would.
    """

    def __init__(self) -> None:
        self.holds: list[int] = []  # of the event loop, about every 2 ms
        self._moments: list[float] = []  # Unix seconds
        self._ended = threading.Event()

    def between(self, begin: float, end: float) -> int:
        """Count the ticks between two moments in Unix seconds."""
        return bisect(self._moments, end) - bisect(self._moments, begin)

    def _tick(self) -> None:
        while not self._ended.is_set():
            time.sleep(0.001)
            self._moments.append(time.time())

    async def _watch(self) -> None:
        while True:
            before, waited = len(self._moments), _milliseconds_ready()
            await asyncio.sleep(0.002)
            waited = _milliseconds_ready() - waited
            self.holds.append(len(self._moments) - before - math.floor(waited))


def _milliseconds_ready() -> float:
    """For how long this thread has waited for a processor, in all; 0 where the system does not say.

    A busy machine may delay the event loop's thread alone, and the ticks go on.
    """
    if not _SCHEDULED.exists():
        return 0.0
    return int(_SCHEDULED.read_text().split()[1]) / 1e6  # nanoseconds


@asynccontextmanager
async def ticking() -> AsyncIterator[Ticks]:
    """Count ticks, and those for which the event loop is held, until the block ends."""
    ticks = Ticks()
    thread = threading.Thread(target=ticks._tick, daemon=True)
    thread.start()
    watching = asyncio.create_task(ticks._watch())
    try:
        yield ticks
    finally:
        watching.cancel()
        ticks._ended.set()
        thread.join()
