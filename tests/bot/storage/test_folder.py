"""One bot to a data folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.storage.folder import FolderInUse, how_to_own, in_container, locked

HOLD = """
import sys
from pathlib import Path
from bot.storage.folder import locked

with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_how_a_folder_is_given_to_the_bot() -> None:
    """In a container the commands are the host's, since the container may change no owner."""
    owner = f"{os.getuid()}:{os.getgid()}"
    inside = how_to_own(Path("data"), container=True)
    assert f"sudo chown -R {owner} FOLDER" in inside
    assert f"--entrypoint chown bot -R {owner} {Path('data').absolute()}`" in inside
    assert f"sudo chown -R {owner} /srv/data)" in how_to_own(Path("/srv/data"), container=False)
    assert in_container([Path("/")])
    assert not in_container([])


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
