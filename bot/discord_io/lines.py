"""Lists that fit a message."""

import itertools
from collections.abc import Sequence

from bot.languages.speech import ngettext


def first_lines(lines: Sequence[str], most: int, characters: int, mark: str = "") -> list[str]:
    """Keep the first `most` lines that have room, and say how many more there are."""
    room = itertools.takewhile(
        lambda length: length <= characters,
        itertools.accumulate(len(line) + 1 for line in lines[:most]),
    )
    kept = list(lines[: len(list(room))])
    more = len(lines) - len(kept)
    return [*kept, mark + ngettext("and {n} more", "and {n} more", more)] if more else kept
