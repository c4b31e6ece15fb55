"""The gateway's transports: plain text, zlib-stream and zstd-stream."""

import importlib
import importlib.util
import zlib
from typing import Any, Protocol


class Transport(Protocol):
    """Packs one message; the stream's state continues from message to message."""

    def pack(self, text: str) -> bytes | str:
        """The frame to send: bytes for a binary one."""


class Plain:
    """No compression."""

    def pack(self, text: str) -> bytes | str:
        """`text` as it is."""
        return text


class ZlibStream:
    """One zlib stream for the connection; every message ends with a sync flush."""

    def __init__(self) -> None:
        self._stream = zlib.compressobj()

    def pack(self, text: str) -> bytes | str:
        """The next piece of the stream, which ends in 00 00 FF FF."""
        return self._stream.compress(text.encode()) + self._stream.flush(zlib.Z_SYNC_FLUSH)


class ZstdStream:
    """One zstandard frame for the connection; every message ends a block."""

    def __init__(self) -> None:
        self._zstd: Any = importlib.import_module("zstandard")
        self._stream = self._zstd.ZstdCompressor().compressobj()

    def pack(self, text: str) -> bytes | str:
        """The next piece of the frame."""
        flush = self._zstd.COMPRESSOBJ_FLUSH_BLOCK
        return bytes(self._stream.compress(text.encode()) + self._stream.flush(flush))


def transport(name: str | None) -> Transport:
    """The transport for a client's `compress=`; raises `ValueError` for an unknown one.

    zstd-stream needs the package zstandard; discord.py asks for it only with that package.
    """
    if name is None:
        return Plain()
    if name == "zlib-stream":
        return ZlibStream()
    if name == "zstd-stream" and importlib.util.find_spec("zstandard") is not None:
        return ZstdStream()
    raise ValueError(f"Unknown compression {name}")
