"""One bot to a data folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import MuralscapeError

LOCK = "lock"


class FolderInUse(MuralscapeError):
    """Another bot works on the data folder; two would deliver every painting twice."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other bots off a data folder. However this process ends, the hold ends with it.

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
