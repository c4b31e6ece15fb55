"""One bot to a data folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.storage.folder import FolderInUse, locked

HOLD = """
import sys
from pathlib import Path
from bot.storage.folder import locked

with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_one_at_a_time(tmp_path: Path) -> None:
    """A second lock is refused with a sentence; after the first it is possible."""
    with (
        locked(tmp_path),
        pytest.raises(FolderInUse, match="another bot is running on"),
        locked(tmp_path),
    ):
        pass
    with locked(tmp_path):
        pass


def test_a_kill_lets_go(tmp_path: Path) -> None:
    """A process that is killed lets go of its folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        with pytest.raises(FolderInUse), locked(tmp_path):
            pass
        process.kill()
        process.wait()
        with locked(tmp_path):
            pass
