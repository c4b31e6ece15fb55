"""How many seconds of painting a member may use in an hour and in a day: pure calculation.

A painting counts from the moment it was submitted: with its predicted seconds until it has ended,
then with those that it took. The hour and the day are the last 60 minutes and the last 24 hours.
Times are Unix seconds.
"""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bot.errors import Refused
from bot.languages.speech import Phrase, _, number

HOUR, DAY = 3600.0, 86_400.0


class TimeSpent(Refused):
    """The member has used the painting time of the last hour or day."""

    def __init__(
        self, used: float, limit: float, span: float, needed: float, room_at: float
    ) -> None:
        amounts = {"used": amount(used), "limit": amount(limit), "needed": amount(needed)}
        moment = f"<t:{math.ceil(room_at)}:R>"
        if span <= HOUR:
            sentence = _(
                "You have used {used} of the {limit} of painting that you have here within an "
                "hour, and this painting takes about {needed}. There is room for it again {time}.",
                time=moment,
                **amounts,
            )
        else:
            sentence = _(
                "You have used {used} of the {limit} of painting that you have here within 24 "
                "hours, and this painting takes about {needed}. There is room for it again "
                "{time}.",
                time=moment,
                **amounts,
            )
        super().__init__(sentence)


class NeverRoom(Refused):
    """One painting takes longer than the member's whole painting time."""

    def __init__(self, needed: float, limit: float, span: float) -> None:
        amounts = {"needed": amount(needed), "limit": amount(limit)}
        if span <= HOUR:
            sentence = _(
                "This painting takes about {needed}, and you have {limit} here within an hour. "
                "Choose a smaller size or another preset.",
                **amounts,
            )
        else:
            sentence = _(
                "This painting takes about {needed}, and you have {limit} here within 24 hours. "
                "Choose a smaller size or another preset.",
                **amounts,
            )
        super().__init__(sentence)


@dataclass(frozen=True)
class Allowance:
    """Seconds of painting for one member in one server. None is unbounded."""

    per_hour: float | None = None
    per_day: float | None = None

    @property
    def spans(self) -> tuple[tuple[float, float], ...]:
        """The bounded spans: their length, and the seconds of painting in it."""
        both = ((HOUR, self.per_hour), (DAY, self.per_day))
        return tuple((span, limit) for span, limit in both if limit is not None)


FREE = Allowance()


@dataclass(frozen=True)
class Use:
    """The seconds of painting that one job takes, or took."""

    at: float  # when it was submitted
    seconds: float


def largest(allowances: Collection[Allowance]) -> Allowance:
    """Give the largest for the hour and for the day; unbounded where there is none."""
    if not allowances:
        return FREE
    hours = [one.per_hour for one in allowances]
    days = [one.per_day for one in allowances]
    return Allowance(_most(hours), _most(days))


def seconds_used(
    predicted: float,
    started_at: float | None,
    painted_at: float | None,
    finished_at: float | None,
) -> float:
    """Give the seconds of painting time that a job uses up.

    A cancelled or failed job uses what it took, at most its prediction: its last start may be long
    ago.
    """
    ended_at = painted_at if painted_at is not None else finished_at
    if ended_at is None:
        return predicted
    if started_at is None:
        return 0.0
    took = max(0.0, ended_at - started_at)
    return took if painted_at is not None else min(took, predicted)


def used_in(span: float, uses: Iterable[Use], now: float) -> float:
    """Sum up what counts in the last `span` seconds."""
    return sum(use.seconds for use in uses if use.at > now - span)


def room_at(uses: Collection[Use], seconds: float, allowance: Allowance, now: float) -> float:
    """Give the first moment, from `now` on, at which `seconds` fit. Raises NeverRoom."""
    moments = [now]
    for span, limit in allowance.spans:
        if seconds > limit:
            raise NeverRoom(seconds, limit, span)
        ends = sorted(end for use in uses if (end := use.at + span) > now)
        moments.append(
            next(at for at in (now, *ends) if used_in(span, uses, at) + seconds <= limit)
        )
    return max(moments)


def check(uses: Collection[Use], seconds: float, allowance: Allowance, now: float) -> None:
    """Raise TimeSpent, which says when there is room again, or NeverRoom."""
    at = room_at(uses, seconds, allowance, now)
    if at > now:
        full = [
            (span, limit)
            for span, limit in allowance.spans
            if used_in(span, uses, now) + seconds > limit
        ]
        span, limit = full[-1]
        raise TimeSpent(used_in(span, uses, now), limit, span, seconds, at)


def amount(seconds: float) -> Phrase:
    """Write an amount of painting time."""
    if seconds < 120:
        return _("{seconds} s", seconds=number(seconds))
    return _("{minutes} min", minutes=number(seconds / 60))


def _most(limits: Collection[float | None]) -> float | None:
    bounded = [limit for limit in limits if limit is not None]
    return max(bounded) if len(bounded) == len(limits) else None
