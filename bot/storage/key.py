"""A secret key on disk, made at random where there is none."""

import os
import secrets
import tempfile
from pathlib import Path

from bot.errors import MuralscapeError

KEY_BYTES = 32


class KeyDamaged(MuralscapeError):
    """A key file does not hold a key."""


def read_or_make_key(file: Path) -> bytes:
    """Return the 32 bytes in a key file; one that is made has mode 0600.

    Raises `KeyDamaged` where the file holds something else.
    """
    try:
        key = file.read_bytes()
    except FileNotFoundError:
        return _make(file)
    if len(key) != KEY_BYTES:
        raise KeyDamaged(
            f"{file} is damaged; delete it and a new one is made, but links given out before "
            "will no longer open"
        )
    return key


def _make(file: Path) -> bytes:
    key = secrets.token_bytes(KEY_BYTES)
    descriptor, name = tempfile.mkstemp(dir=file.parent)  # for its owner only
    with os.fdopen(descriptor, "wb") as out:
        out.write(key)
        out.flush()
        os.fsync(out.fileno())
    Path(name).replace(file)
    return key
