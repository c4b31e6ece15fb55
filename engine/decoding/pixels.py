"""Memory that a process shares with its decoding child, for the pixels of one picture, by row.

Through a pipe they would be copied twice more, which costs half as much as decoding a photograph.
"""

import contextlib
import fcntl
import mmap
import os
import tempfile
from collections.abc import Callable

# RGBA of `OWN_LIMITS`; the file has holes: only what is written takes memory.
MOST_BYTES = 4 * 2**30
KEPT_BYTES = 48 * 2**20  # from one picture to the next, since memory that was used before is fast


class SharedPixels:
    """The memory, mapped. `descriptor` is of a file without a name, for the other process."""

    def __init__(self, descriptor: int | None = None) -> None:
        """Map the memory of a descriptor, or of a new file."""
        self.descriptor = _new_file() if descriptor is None else descriptor
        self._memory = mmap.mmap(self.descriptor, MOST_BYTES)

    def write(self, strip: bytes, start: int) -> None:
        """Copy bytes to a place."""
        self._memory[start : start + len(strip)] = strip

    def read(self, size: int, take: Callable[[memoryview], None]) -> None:
        """Hand the first `size` bytes to `take`, without a copy; they are gone when it returns."""
        with memoryview(self._memory) as whole, whole[:size] as part:
            take(part)
        if size > KEPT_BYTES and hasattr(mmap, "MADV_REMOVE"):
            with contextlib.suppress(OSError):  # it stays until the child is replaced
                self._memory.madvise(mmap.MADV_REMOVE, KEPT_BYTES, MOST_BYTES - KEPT_BYTES)

    def close(self) -> None:
        """Give the memory back, once the other process has ended too. May be called again."""
        if not self._memory.closed:
            self._memory.close()
            os.close(self.descriptor)


def _new_file() -> int:
    """Open a file without a name.

    Sealed, where that is possible: a child that is taken over cannot cut off what is being read.
    """
    if not hasattr(os, "memfd_create"):
        with tempfile.TemporaryFile() as file:
            file.truncate(MOST_BYTES)
            return os.dup(file.fileno())
    descriptor = os.memfd_create("pixels", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, MOST_BYTES)
    with contextlib.suppress(OSError):  # some sandboxes have no seals
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    return descriptor
