"""The data folder: made at the first start, checked, and locked for one bot."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import HostNeeded, MuralscapeError

LOCK = "lock"
CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))  # Docker's and Podman's


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
        try_to_write(folder)
        for entry in folder.iterdir():
            if not os.access(entry, os.R_OK | os.W_OK):
                raise PermissionError(13, os.strerror(13), str(entry))
    except OSError as error:
        where = Path(error.filename or folder).absolute()
        raise FolderUnusable(
            f"user {os.getuid()} cannot write to {where} ({error.strerror}); {how_to_own(folder)}"
        ) from None


def try_to_write(folder: Path) -> None:
    """Write to a folder. Raises `OSError`, which names the folder."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:  # it names the temporary file
        raise type(error)(error.errno, error.strerror, str(folder)) from None


def in_container(marks: Sequence[Path] = CONTAINER_MARKS) -> bool:
    """Whether this is a container: one of the files `marks` exists."""
    return any(mark.exists() for mark in marks)


def how_to_own(folder: Path, *, container: bool | None = None) -> str:
    """Say how to give the data folder to this user; with `container` None, detect a container."""
    owner = f"{os.getuid()}:{os.getgid()}"
    if in_container() if container is None else container:
        return (
            "give it to that user, on the host: a folder with "
            f"`sudo chown -R {owner} FOLDER`, a volume with `docker compose run --rm --user 0:0 "
            f"--cap-add CHOWN --cap-add DAC_OVERRIDE --entrypoint chown bot "
            f"-R {owner} {folder.absolute()}`; or set BOT_USER to its owner's numbers"
        )
    return (
        f"give it to that user (sudo chown -R {owner} {folder.absolute()}), or run the bot as the "
        "user that owns it"
    )


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
            f"another bot is running on {folder.absolute()}; stop it, or set data_dir to a folder "
            "of its own"
        ) from None
    try:
        yield
    finally:
        lock.release()
