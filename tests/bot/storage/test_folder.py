"""One bot to a data folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.storage.folder import FolderInUse, held

HOLD = """
import sys
from pathlib import Path
from bot.storage.folder import held

with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_at_a_time(tmp_path: Path) -> None:
    """A second hold is refused in words; when the first has ended there can be another."""
    with (
        held(tmp_path),
        pytest.raises(FolderInUse, match="another bot is running on"),
        held(tmp_path),
    ):
        pass
    with held(tmp_path):
        pass


def test_a_kill_lets_go(tmp_path: Path) -> None:
    """A process that is killed lets go of its folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(FolderInUse), held(tmp_path):
            pass
        process.kill()
        process.wait()
        with held(tmp_path):
            pass
