"""Long and knotted texts: their length is checked before anything else."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.errors import NameRejected
from bot.names import cleaned_name
from bot.simulator import Simulator
from bot.texts import LONGEST_TEXT, clean, key_of
from tests.end_to_end.harness import running_bot

STRING = 3  # the type of an option, in Discord's API

KNOTS = (
    "</" + "x" * 20_000,
    "a" * 20_000,
    "</" * 10_000,
    "<a:" * 7_000,
    "1." * 9_000,
    "a://" * 5000,
)


@pytest.mark.parametrize("text", KNOTS, ids=lambda text: text[:4])
def test_time_does_not_grow_with_the_square_of_the_length(text: str) -> None:
    """Twenty thousand characters, of the kind that a regular expression tries again and again."""
    begun = time.process_time()
    clean(text)
    key_of(text)
    with pytest.raises(NameRejected, match=f"this one has {len(text)}"):
        cleaned_name(text, "The name", 50)
    assert time.process_time() - begun < 1.0  # it was many seconds


def test_patterns_are_linear_without_the_limit() -> None:
    """Also the longest text that is read at all takes a few milliseconds."""
    for text in KNOTS:
        begun = time.process_time()
        for _ in range(10):
            clean(text[:LONGEST_TEXT])
        assert time.process_time() - begun < 1.0


async def test_every_text_option_has_a_length(simulator: Simulator, data_dir: Path) -> None:
    """Discord refuses longer texts before the bot gets them."""
    async with running_bot(simulator, data_dir) as bot:
        tree = bot.app.client.tree
        payload = [command.to_dict(tree) for command in tree.get_commands()]
    unbounded = [
        f"{path} {option['name']}"
        for path, option in _options(payload)
        if option["type"] == STRING and not option.get("choices") and not option.get("max_length")
    ]
    assert unbounded == []


def _options(
    commands: list[dict[str, Any]], path: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    for command in commands:
        for option in command.get("options", ()):
            here = f"{path} {command['name']}"
            yield here, option
            yield from _options([option], here)
