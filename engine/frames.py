"""The form of all messages on a pipe between two of our processes: typed, and bounded.

A header with two lengths, then JSON, then bytes such as a picture's. Nothing is unpickled: a
process that a picture has taken over can send values, but no code.
"""

import json
import struct
from collections.abc import Callable
from typing import Any, TypeVar

HEADER = struct.Struct(">IQ")  # bytes of JSON, bytes after it

Bytes = TypeVar("Bytes", bytes, bytearray)


def frame(text: bytes, size: int = 0) -> bytes:
    """Write what is sent before `size` bytes: the header and the JSON."""
    return HEADER.pack(len(text), size) + text


def receive(read: Callable[[int], Bytes], most_text: int, most_bytes: int) -> tuple[bytes, int]:
    """Read a message up to its bytes; return its JSON and how many bytes follow.

    `read` gives exactly as many bytes as it is asked for. Raises ValueError for a message that is
    longer than allowed, before it is read.
    """
    length, size = HEADER.unpack(read(HEADER.size))
    if length > most_text or size > most_bytes:
        raise ValueError("a message that is too long")
    return bytes(read(length)), size


def read_object(text: bytes) -> dict[str, Any]:
    """Read a JSON object. Raises ValueError for anything else, however deep it is nested."""
    try:
        values = json.loads(text)
    except RecursionError as error:
        raise ValueError("JSON that is nested too deep") from error
    if not isinstance(values, dict):
        raise ValueError("no JSON object")
    return values
