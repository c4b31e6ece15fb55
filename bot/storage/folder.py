"""The data folder: made at the first start, checked, and locked for one bot."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import HostNeeded, MuralscapeError

LOCK = "lock"


class FolderInUse(MuralscapeError):
    """Another bot uses the data folder; two would deliver every painting twice."""


class FolderUnusable(HostNeeded):
    """This user cannot write to the data folder, or to something in it."""


def make_ready(folder: Path) -> None:
    """Make a data folder where there is none, and try to write to it.

    Raises `FolderUnusable`.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        for entry in folder.iterdir():
            if not os.access(entry, os.R_OK | os.W_OK):
                raise PermissionError(13, os.strerror(13), str(entry))
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else folder
        raise FolderUnusable(
            f"user {os.getuid()} cannot write to {where} ({error.strerror}); give the data folder "
            f"to that user (chown -R {os.getuid()}:{os.getgid()} {folder.absolute()}), or run the "
            "bot as the user that owns it"
        ) from None


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a data folder. The lock is released when this process ends in any way.

    Raises `FolderInUse`.
    """
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise FolderInUse(
            f"another bot is running on {folder}; stop it, or set data_dir to a folder of its own"
        ) from None
    try:
        yield
    finally:
        lock.release()
