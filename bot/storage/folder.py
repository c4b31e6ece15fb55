"""Locks a data folder, so that only one bot uses it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import MuralscapeError

LOCK = "lock"


class FolderInUse(MuralscapeError):
    """Another bot uses the data folder; two would deliver every painting twice."""


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
