"""A fair queue over servers and their members: pure calculation, no I/O.

Start-time fair queueing in two levels, first over servers, then over the members of a server
(Goyal, Vin and Cheng, "Start-time Fair Queuing", SIGCOMM 1996). Every server, and every member
within a server, has a tag: the seconds of painting that it has received. The lowest tag is served
next and advances by the job's predicted seconds, which are replaced by the real ones when the job
ends: a wrong prediction gives nobody more than a share. A server or member that returns after a
pause starts at the tag that is being served: idle queues gain no credit and lose none.

It follows, and is tested: while two members of a server both wait, the seconds that they receive
differ by no more than one job of each, and a member's first job waits for no more than one job of
each other member; the same holds between servers.
"""

import heapq
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Generic, TypeVar

FAR_OFF = 1.5  # a prediction that was wrong by this factor is replaced
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Waiting:
    """A waiting job. Lower ids were submitted earlier."""

    job_id: int
    guild_id: int
    member_id: int
    seconds: float  # of painting, predicted; above 0


@dataclass(frozen=True)
class Turn:
    """The predicted times of a waiting job, in seconds from now."""

    job_id: int
    starts_in: float
    finishes_in: float


@dataclass
class _Level(Generic[Key]):
    """One level of the queue: the members of a server, or the servers."""

    served: float = 0.0  # the tag that was served last; the paper's virtual time
    tags: dict[Key, float] = field(default_factory=dict)
    debts: dict[Key, float] = field(default_factory=dict)  # small errors, not in the tags yet

    def tag(self, key: Key) -> float:
        """Give the tag of a key; an unknown one starts at the tag that is being served."""
        return self.tags.get(key, self.served)

    def join(self, key: Key) -> None:
        """Begin to wait after a pause: idle queues gain no credit."""
        self.tags[key] = max(self.tag(key), self.served)

    def charge(self, key: Key, seconds: float) -> None:
        """Serve a key. `served` advances, and does not go back when a job was put back."""
        tag = self.tag(key)
        self.served = max(self.served, tag)
        self.tags[key] = tag + seconds

    def refund(self, key: Key, seconds: float) -> None:
        """Undo a charge."""
        self.tags[key] = self.tag(key) - seconds

    def settle(self, key: Key, predicted: float, used: float) -> None:
        """Replace predicted seconds that were charged by the real ones.

        Small errors are summed up first: they would only reorder nearly equal tags, and so change
        the positions that members have been shown.
        """
        debt = self.debts.pop(key, 0.0) + used - predicted
        if abs(debt) > predicted * (FAR_OFF - 1):
            self.tags[key] = self.tag(key) + debt
        else:
            self.debts[key] = debt

    def forget_idle(self, busy: Iterable[Key]) -> None:
        """Drop the tags of keys without jobs, unless they are ahead of `served`."""
        kept = set(busy)
        self.tags = {key: tag for key, tag in self.tags.items() if key in kept or tag > self.served}
        self.debts = {key: debt for key, debt in self.debts.items() if key in self.tags}

    def merge(self, lines: dict[Key, list[Waiting]]) -> list[Waiting]:
        """Merge the jobs of all keys, each in its own order, into the order of service."""
        turns = []
        for key, jobs in lines.items():
            tag = self.tag(key)
            for job in jobs:
                turns.append((tag, job.job_id, job))
                tag += job.seconds
        turns.sort(key=lambda turn: turn[:2])
        return [job for _, _, job in turns]


class FairQueue:
    """The waiting jobs, and the jobs that were taken and have not ended."""

    def __init__(self) -> None:
        self._waiting: dict[int, Waiting] = {}
        self._taken: dict[int, Waiting] = {}
        self._servers: _Level[int] = _Level()
        self._members: defaultdict[int, _Level[int]] = defaultdict(_Level)

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, job: Waiting) -> None:
        """Add a job."""
        of_guild = [other for other in self._waiting.values() if other.guild_id == job.guild_id]
        if not of_guild:
            self._servers.join(job.guild_id)
        if all(other.member_id != job.member_id for other in of_guild):
            self._members[job.guild_id].join(job.member_id)
        self._waiting[job.job_id] = job

    def take(self) -> Waiting | None:
        """Take the next job; None when the queue is empty."""
        order = self.order()
        if not order:
            return None
        job = order[0]
        del self._waiting[job.job_id]
        self._taken[job.job_id] = job
        self._servers.charge(job.guild_id, job.seconds)
        self._members[job.guild_id].charge(job.member_id, job.seconds)
        self._forget_idle(job.guild_id)
        return job

    def put_back(self, job_id: int, used: float = 0.0) -> None:
        """Return a taken job to the queue; it is charged only the seconds that it has used."""
        job = self._waiting[job_id] = self._taken.pop(job_id)
        self._servers.refund(job.guild_id, job.seconds - used)
        self._members[job.guild_id].refund(job.member_id, job.seconds - used)

    def predict_again(self, seconds: Mapping[int, float]) -> None:
        """Replace the predictions of waiting jobs, by job id, where they are far off.

        Small corrections would only reorder members with nearly equal tags, and so change the
        positions that they have been shown.
        """
        for job_id, new in seconds.items():
            job = self._waiting[job_id]
            if not 1 / FAR_OFF < new / job.seconds < FAR_OFF:
                self._waiting[job_id] = replace(job, seconds=new)

    def remove(self, job_id: int, used: float | None = None) -> None:
        """Remove a job that has ended or was cancelled.

        `used` are its real seconds of painting; None where they are those predicted.
        """
        job = self._taken.get(job_id)
        if job is not None and used is not None:
            self._servers.settle(job.guild_id, job.seconds, used)
            self._members[job.guild_id].settle(job.member_id, job.seconds, used)
        self._waiting.pop(job_id, None)
        self._taken.pop(job_id, None)
        if not self._waiting and not self._taken:
            self._servers = _Level()
            self._members.clear()

    def order(self) -> list[Waiting]:
        """List the waiting jobs in the order of service, if no job is added."""
        lines: defaultdict[int, defaultdict[int, list[Waiting]]]
        lines = defaultdict(lambda: defaultdict(list))
        for _, job in sorted(self._waiting.items()):
            lines[job.guild_id][job.member_id].append(job)
        return self._servers.merge(
            {guild_id: self._members[guild_id].merge(line) for guild_id, line in lines.items()}
        )

    def forecast(
        self, free_in: Sequence[float], seconds: Mapping[int, float] | None = None
    ) -> list[Turn]:
        """Predict the times of each waiting job, in the order of service.

        `free_in` has the seconds until each slot is free; `seconds` has newer predictions than
        those with which the jobs were added, by job id.
        """
        seconds = seconds or {}
        free = sorted(free_in)
        turns = []
        for job in self.order():
            starts_in = free[0]
            finishes_in = starts_in + seconds.get(job.job_id, job.seconds)
            heapq.heapreplace(free, finishes_in)
            turns.append(Turn(job.job_id, starts_in, finishes_in))
        return turns

    def _forget_idle(self, guild_id: int) -> None:
        live = list(chain(self._waiting.values(), self._taken.values()))
        self._members[guild_id].forget_idle(w.member_id for w in live if w.guild_id == guild_id)
        self._servers.forget_idle(w.guild_id for w in live)
        for idle in self._members.keys() - self._servers.tags.keys():
            del self._members[idle]
