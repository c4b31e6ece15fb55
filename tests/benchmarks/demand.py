"""A week of what a thousand servers might ask for: made up, seeded, and meant to be hard to serve.

Servers and members differ as they do everywhere: a few ask for most of it (Pareto distributions).
Evenings and weekends are busy, in three time zones. Now and then a server runs a style challenge,
and many of its members ask within an hour or two.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

DAY, WEEK = 86_400.0, 604_800.0  # seconds
JOBS_PER_SERVER = 5.0  # a day, on the average, challenges apart
# A painting's work by its operations, the usual one (mural at 512 pixels) being 1, and its share.
WORK = {0.18: 0.15, 1.0: 0.65, 2.0: 0.15, 3.3: 0.05}  # draft, usual, and 768 and 1024 pixels
SESSION = 2.4  # jobs that a member asks for in one go, on the average
PAUSE = 40.0  # seconds between two of them, on the average
CHALLENGES = 0.15  # a week and server
ENTRANTS = (10, 60)
TIME_ZONES = {-6: 0.35, 1: 0.45, 8: 0.2}  # hours from UTC, share of the servers


@dataclass(frozen=True)
class Ask:
    """A job that somebody wants."""

    at: float  # seconds into the week
    guild_id: int
    member_id: int
    work: float  # of the usual painting


def week(servers: int, seed: int) -> list[Ask]:
    """A week of so many servers, in the order in which it is asked for."""
    chance = Random(seed)
    sizes = [chance.paretovariate(1.3) for _ in range(servers)]
    mean = sum(sizes) / servers
    asks: list[Ask] = []
    for guild_id, size in enumerate(sizes, start=1):
        (zone,) = chance.choices(list(TIME_ZONES), list(TIME_ZONES.values()))
        jobs = 7 * JOBS_PER_SERVER * size / mean
        members = max(3, round(6 * jobs**0.7))
        for _ in range(_poisson(chance, jobs / SESSION)):
            asks += _session(chance, guild_id, _member(chance, members), _hour(chance, zone))
        for _ in range(_poisson(chance, CHALLENGES)):
            start = _hour(chance, zone)
            for _ in range(min(members, chance.randint(*ENTRANTS))):
                when = start + chance.expovariate(1 / 3600)
                asks += _session(chance, guild_id, chance.randint(1, members), when)
    return sorted((ask for ask in asks if ask.at < WEEK), key=lambda ask: ask.at)


def _session(chance: Random, guild_id: int, member: int, start: float) -> Iterator[Ask]:
    """One member's jobs in one go: usually one or two, now and then a great many."""
    number = min(60, math.floor(chance.paretovariate(1.5)))  # SESSION on the average
    for at in itertools.accumulate(
        (chance.expovariate(1 / PAUSE) for _ in range(number - 1)), initial=start
    ):
        (work,) = chance.choices(list(WORK), list(WORK.values()))
        yield Ask(at, guild_id, guild_id * 100_000 + member, work)


def _member(chance: Random, members: int) -> int:
    """Somebody of a server; the first ones ask far more often."""
    return min(members, math.floor(chance.paretovariate(0.6)))


def _hour(chance: Random, zone: int) -> float:
    """A moment of the week, in UTC: evenings and weekends are four times as busy as nights."""
    while True:
        local = chance.uniform(0, WEEK)
        evening = 0.5 - 0.5 * math.cos(
            2 * math.pi * (local / DAY - 8 / 24)
        )  # lowest at 8 in the morning
        weekend = 1.0 if local >= 5 * DAY else 0.75
        if chance.random() < weekend * (0.25 + 0.75 * evening):
            return (local - zone * 3600) % WEEK


def _poisson(chance: Random, mean: float) -> int:
    """How many of something that comes so often on the average."""
    number, at = 0, chance.expovariate(1.0)
    while at < mean:
        number, at = number + 1, at + chance.expovariate(1.0)
    return number
