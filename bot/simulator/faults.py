"""Faults that tests can inject: REST errors, rate limits, damaged downloads."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.simulator.clock import Clock
from bot.simulator.errors import ApiError, rate_limited
from bot.simulator.rate_limits import Counted


@dataclass(eq=False)
class RestFault:
    """A fault of the REST requests that match.

    `method` and the pattern `path` (searched in the masked path, such as
    `/webhooks/1/{token}/messages/@original`) and `when(method, path)` choose the requests; of those
    the first `skip` pass, then every `every`-th is hit, `times` times at most.
    With `held` it waits for that event. With `after` the request is carried out, and only the
    response is lost or waits.
    """

    error: ApiError | None = None
    delay: float = 0.0
    held: asyncio.Event | None = None
    hang_up: bool = False
    after: bool = False
    method: str | None = None
    path: str = ""
    when: Callable[[str, str], bool] | None = None
    skip: int = 0
    every: int = 1
    times: int | None = None
    seen: int = 0
    hits: int = 0

    def strikes(self, method: str, path: str) -> bool:
        """Count a request and say whether it is hit."""
        chosen = self.method in (None, method) and re.search(self.path, path) is not None
        if not chosen or (self.when is not None and not self.when(method, path)):
            return False
        self.seen += 1
        due = self.seen > self.skip and (self.seen - self.skip) % self.every == 0
        if not due or (self.times is not None and self.hits >= self.times):
            return False
        self.hits += 1
        return True


@dataclass(eq=False)
class Bucket:
    """A rate limit that is enforced: `limit` requests per `per` seconds on the paths that match."""

    limit: int
    per: float
    method: str | None = None
    path: str = ""
    times: list[float] = field(default_factory=list)

    def matches(self, method: str, path: str) -> bool:
        """Whether this bucket counts the request."""
        return self.method in (None, method) and re.search(self.path, path) is not None

    def take(self, now: float) -> tuple[int, float]:
        """Count a request; answers what remains (-1: over the limit) and seconds to the reset."""
        self.times = [at for at in self.times if now - at < self.per]
        if len(self.times) >= self.limit:
            return -1, self.per - (now - self.times[0])
        self.times.append(now)
        return self.limit - len(self.times), self.per - (now - self.times[0])


@dataclass(eq=False)
class CdnFault:
    """A fault of `times` downloads with a filename that matches `filename`.

    `status` is the response's; `redirect` responds 302; `cut_at` closes the connection after so
    many bytes; `stall_at` sends so many and then nothing; `extra` sends so many bytes more
    than were declared.
    """

    filename: str = ""
    status: int | None = None
    redirect: str | None = None
    cut_at: int | None = None
    stall_at: int | None = None
    extra: int = 0
    delay: float = 0.0
    times: int | None = None
    hits: int = 0

    def strikes(self, filename: str) -> bool:
        """Say whether this download is hit."""
        spent = self.times is not None and self.hits >= self.times
        if spent or not re.search(self.filename, filename):
            return False
        self.hits += 1
        return True


class Faults:
    """The faults in force. Each method returns the fault; `lift` ends one, `clear` all."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.rest: list[RestFault] = []
        self.buckets: list[Bucket] = []
        self.cdn: list[CdnFault] = []

    def fail(
        self,
        status: int = 502,
        code: int = 0,
        message: str = "Bad Gateway",
        *,
        method: str | None = None,
        path: str = "",
        when: Callable[[str, str], bool] | None = None,
        skip: int = 0,
        every: int = 1,
        times: int | None = None,
        after: bool = False,
    ) -> RestFault:
        """Respond with this status and code; `RestFault` says to which requests."""
        fault = RestFault(ApiError(status, code, message), after=after, method=method, path=path)
        fault.when, fault.skip, fault.every, fault.times = when, skip, every, times
        return self.add(fault)

    def rate_limit(
        self,
        retry_after: float,
        *,
        is_global: bool = False,
        method: str | None = None,
        path: str = "",
        times: int | None = 1,
    ) -> RestFault:
        """Answer 429 with this `Retry-After` in seconds."""
        error = rate_limited(retry_after, is_global=is_global)
        return self.add(RestFault(error, method=method, path=path, times=times))

    def slow(
        self,
        seconds: float,
        *,
        method: str | None = None,
        path: str = "",
        times: int | None = None,
    ) -> RestFault:
        """Delay the response."""
        return self.add(RestFault(delay=seconds, method=method, path=path, times=times))

    def hold(self, *, method: str | None = None, path: str = "", after: bool = False) -> RestFault:
        """Hold requests back until this fault is lifted; `hits` counts them."""
        return self.add(RestFault(held=asyncio.Event(), method=method, path=path, after=after))

    def hang_up(
        self,
        *,
        method: str | None = None,
        path: str = "",
        times: int | None = 1,
        after: bool = False,
    ) -> RestFault:
        """Close the connection without a response."""
        fault = RestFault(hang_up=True, method=method, path=path, times=times, after=after)
        return self.add(fault)

    def add(self, fault: RestFault) -> RestFault:
        """Add a REST fault."""
        self.rest.append(fault)
        return fault

    def bucket(
        self, limit: int, per: float, *, method: str | None = None, path: str = ""
    ) -> Bucket:
        """Enforce a rate limit, with Discord's headers on each response."""
        bucket = Bucket(limit, per, method, path)
        self.buckets.append(bucket)
        return bucket

    def download(self, fault: CdnFault) -> CdnFault:
        """Add a CDN fault."""
        self.cdn.append(fault)
        return fault

    def lift(self, fault: RestFault | Bucket | CdnFault) -> None:
        """End one fault."""
        if isinstance(fault, RestFault):
            self.rest.remove(fault)
            if fault.held is not None:
                fault.held.set()
        elif isinstance(fault, Bucket):
            self.buckets.remove(fault)
        else:
            self.cdn.remove(fault)

    def clear(self) -> None:
        """End all faults."""
        for fault in tuple(self.rest):
            self.lift(fault)
        self.buckets.clear()
        self.cdn.clear()

    def counted(self, method: str, path: str) -> Counted | None:
        """Count a request in the first bucket that matches."""
        for bucket in self.buckets:
            if bucket.matches(method, path):
                return Counted(bucket.limit, *bucket.take(self._clock()))
        return None
