"""Mixed traffic against `muralscape run` for as long as one likes, and what it does to it."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.simulator import Simulator
from tests.soak.gauge import Gauge, Reading
from tests.soak.host import Host, hosted
from tests.soak.traffic import Members


@dataclass(frozen=True)
class Course:
    """How a soak goes: all in seconds."""

    length: float
    between_rows: float
    between_deaths: float  # of the engine process, on average
    pause: float = 1.0  # of a member between two things to do, on average


@dataclass(frozen=True)
class Findings:
    """What a soak found."""

    readings: list[Reading]
    counts: Counter[str]
    errors: list[str]


async def soak(
    folder: Path, course: Course, seed: int, on_reading: Callable[[Reading], None]
) -> Findings:
    """Run a bot in `folder` under traffic; `on_reading` is given each row as it is made."""
    moments = random.Random(seed)
    readings: list[Reading] = []
    async with Simulator() as simulator:
        members = Members(simulator, moments, course.pause)
        async with hosted(simulator, folder) as host:
            using = asyncio.create_task(members.use())
            reaper = _Reaper(host, moments, course.between_deaths)
            killing = asyncio.create_task(reaper.reap())
            try:
                await _watch(host, course, members, reaper, readings, on_reading, using)
            finally:
                for task in (using, killing):
                    task.cancel()
                await asyncio.gather(using, killing, return_exceptions=True)
        return Findings(readings, members.counts, members.complaints + host.errors())


async def _watch(
    host: Host,
    course: Course,
    members: Members,
    reaper: "_Reaper",
    readings: list[Reading],
    on_reading: Callable[[Reading], None],
    using: asyncio.Task[None],
) -> None:
    """Take a reading now and then; a member who meets what nobody foresaw ends it."""
    gauge = Gauge(host)
    loop = asyncio.get_running_loop()
    began = loop.time()
    while loop.time() - began < course.length:
        await asyncio.wait({using}, timeout=course.between_rows)
        if using.done():
            using.result()
        errors = len(members.complaints) + len(host.errors())
        seconds = loop.time() - began
        readings.append(await gauge.read(seconds, members.counts, reaper.deaths, errors))
        on_reading(readings[-1])


class _Reaper:
    """Ends the engine process now and then."""

    def __init__(self, host: Host, moments: random.Random, between: float) -> None:
        self._host = host
        self._moments = moments
        self._between = between
        self.deaths = 0

    async def reap(self) -> None:
        """Go on until cancelled."""
        while True:
            await asyncio.sleep(self._between * self._moments.uniform(0.5, 1.5))
            self._host.kill_engine()
            self.deaths += 1
