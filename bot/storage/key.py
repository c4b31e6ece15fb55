"""A secret key on disk, generated at the first start."""

import os
import secrets
import tempfile
from pathlib import Path

from bot.errors import HostNeeded

KEY_BYTES = 32


class KeyDamaged(HostNeeded):
    """A key file does not hold a key."""


def read_or_make_key(file: Path) -> bytes:
    """Return the 32 bytes of a key file; make the file with mode 0600 where there is none.

    Raises `KeyDamaged` where the file has another length.
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
