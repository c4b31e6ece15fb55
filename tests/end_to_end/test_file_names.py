"""The names of members' files: the sender's to choose, and used for nothing."""

from pathlib import Path

from bot.simulator import Simulator
from tests.end_to_end.harness import muralize, running_bot
from tests.end_to_end.test_painting import result_of

_NAMES = [
    "../../../passwd.png",
    "..\\..\\passwd.exe",
    "/passwd",
    "passwd\0.png",
    "passwd\u202egnp.exe",
    "passwd\r\nX-Header: 1.png",
    "passwd" * 833 + ".png",  # 5,002 characters
]


async def test_nothing_of_a_name_is_kept_or_sent(simulator: Simulator, data_dir: Path) -> None:
    """The picture is painted; its name is in no path below the data folder and in no message."""
    async with running_bot(simulator, data_dir) as bot:
        for number, name in enumerate(_NAMES, 1):
            message = await result_of(simulator, muralize(simulator, name=name))
            assert [file.filename for file in message.attachments] == [f"muralscape-{number}.png"]
            assert "passwd" not in message.content
        assert bot.stored_pictures()
        assert not [file for file in data_dir.parent.rglob("*") if "passwd" in file.name]
