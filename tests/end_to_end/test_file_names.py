"""The names of members' files: the sender's to choose, and used for nothing."""

from pathlib import Path

import pytest

from bot.simulator import Simulator
from tests.end_to_end.harness import muralize, results, running_bot

_NAMES = [
    "../../../passwd.png",
    "..\\..\\passwd.exe",
    "/passwd",
    "passwd\0.png",
    "passwd\u202egnp.exe",
    "passwd\r\nX-Header: 1.png",
    "passwd" * 833 + ".png",  # 5,002 characters
]


@pytest.mark.parametrize("name", _NAMES, ids=range(len(_NAMES)))
async def test_nothing_of_a_name_is_kept_or_sent(
    simulator: Simulator, data_dir: Path, name: str
) -> None:
    """The picture is painted; its name is in no path below the data folder and in no message."""
    async with running_bot(simulator, data_dir) as bot:
        muralize(simulator, name=name)
        (message,) = await simulator.until(lambda: results(simulator))
        assert [file.filename for file in message.attachments] == ["muralscape-1.png"]
        assert "passwd" not in message.content
        assert bot.stored_pictures()
        assert not [file for file in data_dir.parent.rglob("*") if "passwd" in file.name]
