"""Bytes that are read as if they came through a pipe."""

import io
from collections.abc import Callable


def pipe_of(data: bytes) -> Callable[[int], bytes]:
    """Read from bytes as from a pipe."""
    file = io.BytesIO(data)

    def read(size: int) -> bytes:
        got = file.read(size)
        if len(got) < size:
            raise EOFError
        return got

    return read
