"""Parses deadlines as people write them."""

import re
from datetime import UTC, datetime

from bot.errors import ChallengeRefused
from bot.languages.speech import _

_SECONDS = {"w": 604_800.0, "d": 86_400.0, "h": 3600.0, "m": 60.0}
_SPAN = re.compile(r"(?:\d{1,4}\s*[wdhm]\s*)+")
_STEP = re.compile(r"(\d{1,4})\s*([wdhm])")
_DISCORD = re.compile(r"<t:(\d{1,12})(?::[a-zA-Z])?>")


def moment(typed: str, start: float) -> float:
    """Parse a deadline: a time after `start`, a date and time (UTC), or Discord's own form.

    Raises ChallengeRefused with examples.
    """
    text = typed.strip().lower()
    if _SPAN.fullmatch(text):
        return start + sum(int(number) * _SECONDS[unit] for number, unit in _STEP.findall(text))
    if found := _DISCORD.fullmatch(text):
        return float(found[1])
    try:
        written = datetime.fromisoformat(text.upper())
        return (written if written.tzinfo else written.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ChallengeRefused(
            _(
                "A deadline is a time from now such as `3d` or `2d 12h`, or a date and time (UTC) "
                "such as `2030-05-01 18:00`."
            )
        ) from None
