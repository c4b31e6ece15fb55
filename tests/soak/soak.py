"""Mixed traffic against `muralscape run` for as long as one likes, and what it does to it."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.simulator import Simulator
from tests.soak.attacker import Attacker
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
    attacked: bool = True  # one of the members, and visitors of the pages, try to stop the bot


@dataclass(frozen=True)
class Findings:
    """What a soak found."""

    readings: list[Reading]
    counts: Counter[str]
    errors: list[str]
    attacks: Counter[str]
    unanswered: list[str]  # attacks that got no answer; no error of the bot's


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
            reaper = _Reaper(host, members, moments, course.between_deaths)
            attacker = Attacker(simulator, host.pages, random.Random(seed), 4 * course.pause)
            tasks = [using, asyncio.create_task(reaper.reap())]
            if course.attacked:
                tasks.append(asyncio.create_task(attacker.attack()))
            try:
                await _watch(host, course, members, attacker, reaper, readings, on_reading, tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        return Findings(
            readings,
            members.counts,
            members.complaints + host.errors(),
            attacker.counts,
            attacker.complaints,
        )


async def _watch(
    host: Host,
    course: Course,
    members: Members,
    attacker: Attacker,
    reaper: "_Reaper",
    readings: list[Reading],
    on_reading: Callable[[Reading], None],
    tasks: list[asyncio.Task[None]],
) -> None:
    """Take a reading now and then; an unexpected error of a member ends it."""
    gauge = Gauge(host)
    loop = asyncio.get_running_loop()
    began = loop.time()
    while loop.time() - began < course.length or not _was_used(readings, course):
        done, _ = await asyncio.wait(
            tasks, timeout=course.between_rows, return_when=asyncio.FIRST_COMPLETED
        )
        for task in done:
            task.result()
        errors = len(members.complaints) + len(host.errors())
        seconds = loop.time() - began
        readings.append(
            await gauge.read(seconds, members.counts, attacker.counts, reaper.deaths, errors)
        )
        on_reading(readings[-1])


def _was_used(readings: list[Reading], course: Course) -> bool:
    """Say whether the last reading tells of members, and of attacks where there are any.

    A slow machine may need longer for the first of them than the whole course.
    """
    if not readings:
        return False
    last = readings[-1]
    return last.paintings + last.answers > 0 and (last.attacks > 0 or not course.attacked)


class _Reaper:
    """Ends the engine process now and then."""

    def __init__(
        self, host: Host, members: Members, moments: random.Random, between: float
    ) -> None:
        self._host = host
        self._members = members
        self._moments = moments
        self._between = between
        self.deaths = 0

    async def reap(self) -> None:
        """Go on until cancelled; an engine that cannot even start is given up by the bot."""
        while not self._members.counts["painted"]:  # noqa: ASYNC110
            await asyncio.sleep(1)
        while True:
            await asyncio.sleep(self._between * self._moments.uniform(0.5, 1.5))
            self._host.kill_engine()
            self.deaths += 1
