"""Discord's rate limits: for each route and channel, for the bot as a whole, and for bad requests.

Discord publishes neither the limits of routes nor promises them; those here are what clients are
told in the headers. The limit of the bot as a whole and that of invalid requests are documented.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from bot.simulator.clock import Clock
from bot.simulator.discord_limits import DiscordLimits

_MESSAGES = "/channels/{channel_id}/messages"
_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"

# (method, beginning of the route) -> requests, seconds
_ROUTES: Mapping[tuple[str, str], tuple[int, float]] = {
    ("POST", _MESSAGES): (5, 5.0),
    ("PATCH", _MESSAGES): (5, 5.0),
    ("DELETE", _MESSAGES): (5, 1.0),
    ("GET", _MESSAGES): (5, 1.0),
    ("POST", _WEBHOOK): (5, 2.0),
    ("PATCH", _WEBHOOK): (5, 2.0),
    ("DELETE", _WEBHOOK): (5, 2.0),
}
_MAJOR = ("channel_id", "guild_id", "webhook_id", "webhook_token")
_UNLIMITED = (50, 1.0)  # what the headers say of other routes
_INVALID = (401, 403, 429)


@dataclass(frozen=True)
class Counted:
    """What a request has left of a limit; `remaining` is -1 where it is over the limit."""

    limit: int
    remaining: int
    reset: float  # in seconds
    is_global: bool = False


class RateLimits:
    """Counts requests. A route's limit holds for each channel, server and webhook of its own."""

    def __init__(self, clock: Clock, limits: DiscordLimits) -> None:
        self._clock = clock
        self._limits = limits
        self._times: dict[tuple[str, ...], deque[float]] = {}
        self._invalid: deque[float] = deque()
        self._banned_until = 0.0

    @property
    def banned(self) -> bool:
        """Whether the address is banned for too many invalid requests."""
        return self._clock() < self._banned_until

    def count(self, method: str, route: str, params: Mapping[str, str]) -> Counted:
        """Count a request on a route, such as `/channels/{channel_id}/messages`."""
        if not self._limits.rate_limits:
            return Counted(_UNLIMITED[0], _UNLIMITED[0] - 1, _UNLIMITED[1])
        # Answers to interactions do not count for the bot as a whole.
        if not route.startswith(("/webhooks/", "/interactions/")):
            whole = self._take(("",), self._limits.global_requests, 1.0, is_global=True)
            if whole.remaining < 0:
                return whole
        for (limited, beginning), (number, per) in _ROUTES.items():
            if method == limited and route.startswith(beginning):
                major = tuple(params[name] for name in _MAJOR if name in params)
                return self._take((method, beginning, *major), number, per)
        return Counted(_UNLIMITED[0], _UNLIMITED[0] - 1, _UNLIMITED[1])

    def answered(self, status: int) -> None:
        """Count an answer; too many of 401, 403 and 429 ban the address."""
        if status not in _INVALID:
            return
        now = self._clock()
        self._invalid.append(now)
        while now - self._invalid[0] >= self._limits.invalid_window:
            self._invalid.popleft()
        if len(self._invalid) >= self._limits.invalid_requests:
            self._banned_until = now + self._limits.ban_life

    def _take(
        self, key: tuple[str, ...], number: int, per: float, *, is_global: bool = False
    ) -> Counted:
        now = self._clock()
        times = self._times.setdefault(key, deque())
        while times and now - times[0] >= per:
            times.popleft()
        if len(times) >= number:
            return Counted(number, -1, per - (now - times[0]), is_global)
        times.append(now)
        return Counted(number, number - len(times), per - (now - times[0]), is_global)
