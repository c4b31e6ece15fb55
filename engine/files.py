"""Files that are either written whole or not at all."""

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine.errors import OutputRejected


def check_writable(path: Path, suffixes: Sequence[str] = ()) -> None:
    """Raise OutputRejected where a file could not be written to `path`; leave nothing behind.

    With `suffixes`, also where it ends in none of them: it would be of another format.
    """
    if suffixes and path.suffix.lower() not in suffixes:
        raise OutputRejected(f"{path} is written in one format; end it in {' or '.join(suffixes)}.")
    try:
        if path.is_dir():
            raise OutputRejected(f"{path} is a folder; name a file in it.")
        if not path.parent.is_dir():
            raise OutputRejected(f"The folder {path.parent} does not exist; make it first.")
        # Only writing tells: access bits say nothing of read-only mounts or of what root may do.
        probe = _beside(path)
        probe.touch(exist_ok=False)
        probe.unlink()
    # ValueError: a NUL in the name; RuntimeError: links in a circle
    except (OSError, RuntimeError, ValueError) as error:
        raise OutputRejected(_cannot_write(path, error)) from error


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path`, which takes its place when the block ends.

    Where the block fails the temporary file is deleted and `path` is as it was. Raises
    OutputRejected where the file cannot be written, a full disk included.
    """
    check_writable(path)
    temporary = _beside(path)
    try:
        yield temporary
        sync(temporary)  # a full disk may be told no earlier
        temporary.replace(path.resolve())  # through a link, so that the link stays one
    except OSError as error:
        raise OutputRejected(_cannot_write(path, error)) from error
    finally:
        temporary.unlink(missing_ok=True)


def make_folder(path: Path) -> None:
    """Make a folder where there is none. Raises OutputRejected where that is not possible."""
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputRejected(_cannot_write(path, error)) from error


def sync(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _beside(path: Path) -> Path:
    # The suffix is kept because encoders choose their format by it.
    return path.resolve().parent / f".muralscape-{secrets.token_hex(6)}{path.suffix}"


def _cannot_write(path: Path, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"{path} cannot be written ({reason}); choose another place."
