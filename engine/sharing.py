"""How many processes of this project paint on one GPU, or on this machine's processor.

Each holds a lock on a small file for as long as it lives; the system releases it however the
process ends. Processes in containers with a temporary folder of their own are not seen.
"""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

MOST = 16  # processes on one device that are counted
_locks: dict[str, tuple[Path, int]] = {}  # device -> this process's own file and its descriptor


def painters_on(device: str) -> int:
    """Count the processes that have asked this for a device, this one included.

    `device` names it across processes: a GPU by its UUID, or "cpu". 1 where the system has no such
    locks.
    """
    folder = Path(tempfile.gettempdir())
    paths = [folder / f"muralscape-{device}-{number}.lock" for number in range(MOST)]
    for path in paths:
        if device in _locks:
            break
        if (descriptor := _lock(path, os.O_CREAT | os.O_RDWR)) is not None:
            _locks[device] = path, descriptor
    own, _ = _locks.get(device, (None, None))
    return 1 + sum(path != own and os.access(path, os.R_OK) and _is_locked(path) for path in paths)


def _is_locked(path: Path) -> bool:
    descriptor = _lock(path, os.O_RDONLY)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is None


def _lock(path: Path, flags: int) -> int | None:
    """Lock a file, exclusively where it is opened to be written; None where another has it."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    kind = fcntl.LOCK_EX if flags & os.O_RDWR else fcntl.LOCK_SH
    with suppress(OSError):
        descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor
    return None
