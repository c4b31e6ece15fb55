"""What is measured of a bot that runs, and how it is laid out as a table."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
import psutil
from prometheus_client.parser import text_string_to_metric_families

from tests.soak.host import Host

LAG = "muralscape_event_loop_lag_seconds"
MIB = 2**20

TITLES = (
    "minutes",
    "paintings",
    "other answers",
    "attacks",
    "engine deaths",
    "bot, MiB",
    "engine, MiB",
    "bot's files",
    "engine's files",
    "disk, MiB",
    "loop lag: 99 % within, all within",
    "errors",
)


@dataclass(frozen=True)
class Reading:
    """One look at a bot: memory in bytes, open file descriptors, the lag since the last look.

    `answers` are those of the members alone, without the attacker's.
    """

    seconds: float
    paintings: int
    answers: int
    attacks: int
    deaths: int
    bot_memory: int
    engine_memory: int | None  # None while the process is being replaced
    bot_files: int
    engine_files: int | None
    disk: int  # bytes in the data folder
    lag: tuple[float, float]  # 99 % of the looks and all of them were below, in seconds
    errors: int

    def row(self) -> str:
        """Lay it out as a row of a Markdown table."""
        cells = (
            f"{self.seconds / 60:.1f}",
            self.paintings,
            self.answers,
            self.attacks,
            self.deaths,
            f"{self.bot_memory / MIB:.0f}",
            "-" if self.engine_memory is None else f"{self.engine_memory / MIB:.0f}",
            self.bot_files,
            "-" if self.engine_files is None else self.engine_files,
            f"{self.disk / MIB:.0f}",
            "{:g} s, {:g} s".format(*self.lag),
            self.errors,
        )
        return f"| {' | '.join(str(cell) for cell in cells)} |"


def heading() -> str:
    """Lay out the first two lines of the table."""
    return f"| {' | '.join(TITLES)} |\n|{' --- |' * len(TITLES)}"


class Gauge:
    """Looks at a bot now and then."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._late: Counter[float] = Counter()  # looks at the loop that were at most so late

    async def read(
        self,
        seconds: float,
        counts: Mapping[str, int],
        attacks: Mapping[str, int],
        deaths: int,
        errors: int,
    ) -> Reading:
        """Measure; `counts` are the answers that members had, by their kind."""
        late = await self._lateness()
        bot, engine = self._host.bot, self._host.engine
        try:
            engine_memory = engine.memory_info().rss if engine else None
            engine_files = engine.num_fds() if engine else None
        except psutil.NoSuchProcess:
            engine_memory = engine_files = None
        since = Counter({bound: late[bound] - self._late[bound] for bound in late})
        self._late = late
        return Reading(
            seconds=seconds,
            paintings=counts.get("painted", 0),
            answers=sum(counts.values()) - counts.get("painted", 0),
            attacks=sum(attacks.values()),
            deaths=deaths,
            bot_memory=bot.memory_info().rss,
            engine_memory=engine_memory,
            bot_files=bot.num_fds(),
            engine_files=engine_files,
            disk=await asyncio.to_thread(self._host.disk),
            lag=(_below(since, 0.99), _below(since, 1.0)),
            errors=errors,
        )

    async def _lateness(self) -> Counter[float]:
        """Read the bot's own histogram of its event loop."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self._host.pages}/metrics") as answer,
        ):
            text = await answer.text()
        buckets: Counter[float] = Counter()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == f"{LAG}_bucket":
                    buckets[float(sample.labels["le"])] = int(sample.value)
        return buckets


def _below(cumulative: Mapping[float, int], share: float) -> float:
    """Say which bound so large a share of the looks was below."""
    total = max(cumulative.values(), default=0)
    return min(bound for bound, number in cumulative.items() if number >= share * total)
