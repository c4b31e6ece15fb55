"""How long members wait over a week of a thousand servers, by cards and seconds a painting: the
bot's own fair queue beside first come, first served, on the same demand. No card was measured; the
seconds are parameters."""

import heapq
import math
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from bot.jobs.fair_queue import FairQueue, Waiting
from engine.device import Device
from tests.benchmarks.demand import WEEK, Ask, week

SERVERS, SEED = 1000, 8
# Seconds of the usual painting on one card, and cards.
CASES = ((27.0, 2), (27.0, 3), (10.0, 1), (10.0, 2), (3.0, 1), (1.0, 1))
PER_MEMBER, PER_SERVER = 5, 50  # jobs under way, as the settings have it; more are refused
SPREAD = 0.1  # of the logarithm of a painting's seconds, around what was predicted
# Members by how many jobs they ask for in the week.
GROUPS = {"all": range(1, 10**9), "once": range(1, 2), "heavy": range(20, 10**9)}
QUANTILES = (0.5, 0.9, 0.99)


class Queue(Protocol):
    """The order in which jobs are painted."""

    def add(self, job: Waiting) -> None:
        """Add a job."""

    def take(self) -> Waiting | None:
        """Take the next job; None when none is waiting."""

    def remove(self, job_id: int) -> None:
        """Note that a job that was taken is done."""


class FirstCome:
    """First come, first served."""

    def __init__(self) -> None:
        self._line: deque[Waiting] = deque()

    def add(self, job: Waiting) -> None:
        """Add a job."""
        self._line.append(job)

    def take(self) -> Waiting | None:
        """Take the oldest."""
        return self._line.popleft() if self._line else None

    def remove(self, job_id: int) -> None:
        """Do nothing: a taken job is no longer in the queue."""


@dataclass(frozen=True)
class Served:
    """A job that was painted; times in seconds."""

    ask: Ask
    began: float
    seconds: float
    card: int

    @property
    def wait(self) -> float:
        """From the order to the first step."""
        return self.began - self.ask.at


@dataclass(frozen=True)
class Outcome:
    """What became of a week's jobs."""

    served: list[Served]
    refused: list[Ask]


def serve(asks: Sequence[Ask], queue: Queue, cards: int, seconds: float, seed: int) -> Outcome:
    """Paint a week's jobs on so many cards, the usual one in so many seconds.

    `asks` are in the order in which they come. A free card takes the next job at once.
    """
    chance = Random(seed)
    spread = [math.exp(chance.gauss(0.0, SPREAD)) for _ in asks]
    free = list(range(cards))
    painting: list[tuple[float, int, int]] = []  # when it ends, job, card
    of_member, of_server = Counter[int](), Counter[int]()
    outcome = Outcome([], [])

    def begin(now: float) -> None:
        while free and (job := queue.take()) is not None:
            card = heapq.heappop(free)
            served = Served(asks[job.job_id], now, job.seconds * spread[job.job_id], card)
            outcome.served.append(served)
            heapq.heappush(painting, (now + served.seconds, job.job_id, card))

    def end_until(moment: float) -> None:
        while painting and painting[0][0] <= moment:
            now, number, card = heapq.heappop(painting)
            queue.remove(number)
            of_member[asks[number].member_id] -= 1
            of_server[asks[number].guild_id] -= 1
            heapq.heappush(free, card)
            begin(now)

    for number, ask in enumerate(asks):
        end_until(ask.at)
        if of_member[ask.member_id] >= PER_MEMBER or of_server[ask.guild_id] >= PER_SERVER:
            outcome.refused.append(ask)
            continue
        of_member[ask.member_id] += 1
        of_server[ask.guild_id] += 1
        queue.add(Waiting(number, ask.guild_id, ask.member_id, ask.work * seconds))
        begin(ask.at)
    end_until(math.inf)
    return outcome


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of them does not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def run(_: Device | None = None) -> dict[str, float]:
    """Waiting times in seconds: of all members, of those with one job a week, and with many."""
    asks = week(SERVERS, SEED)
    often = Counter(ask.member_id for ask in asks)
    print(f"{len(asks)} jobs of {SERVERS} servers in a week; members and their share of the jobs:")
    for group, counts in GROUPS.items():
        theirs = [count for count in often.values() if count in counts]
        print(f"  {group:6} {len(theirs):6} {sum(theirs) / len(asks):4.0%}")
    shares = "/".join(f"{share:.0%}" for share in QUANTILES)
    heads = "  ".join(f"{group + ' ' + shares:>18}" for group in GROUPS)
    print(f"s/job cards  busy  queue       refused   waits in seconds: {heads}")
    figures: dict[str, float] = {"capacity_jobs_a_week": float(len(asks))}
    queues: tuple[tuple[str, type[FairQueue] | type[FirstCome]], ...]
    queues = (("first come", FirstCome), ("fair", FairQueue))
    for seconds, cards in CASES:
        for name, kind in queues:
            outcome = serve(asks, kind(), cards, seconds, SEED)
            busy = sum(served.seconds for served in outcome.served) / (cards * WEEK)
            shown = []
            for group, counts in GROUPS.items():
                waits = [s.wait for s in outcome.served if often[s.ask.member_id] in counts]
                found = [quantile(waits, share) for share in QUANTILES]
                shown.append("/".join(f"{wait:.0f}" for wait in found))
                key = f"capacity_{seconds:g}s_{cards}_{name.replace(' ', '_')}_{group}"
                figures |= {f"{key}_{q:g}": w for q, w in zip(QUANTILES, found, strict=True)}
            print(
                f"{seconds:5g} {cards:5} {busy:5.0%}  {name:10} {len(outcome.refused):8}   "
                + " " * 18
                + "  ".join(f"{text:>18}" for text in shown)
            )
    return figures


if __name__ == "__main__":
    run()
