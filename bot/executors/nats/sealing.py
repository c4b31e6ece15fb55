"""Seals what lies in the object store, so that a worker reads and writes only for its own orders.

NATS permissions are by subject, but whoever may read an object store may read all of it. So each
job has a secret, which is in its orders alone: pictures, checkpoints and results are encrypted and
authenticated with it (XSalsa20-Poly1305), each file under a key of its own.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

SECRET_BYTES = 32


class Unsealed(Exception):
    """A file was not sealed with this secret for this place."""


def secret_of(secret: bytes, job_id: int) -> bytes:
    """Derive a job's secret from the bot's."""
    return _derived(secret, f"job {job_id}")


def seal(secret: bytes, place: str, data: bytes) -> bytes:
    """Encrypt a file for a place: the name of an object, and its number there."""
    return bytes(SecretBox(_derived(secret, place)).encrypt(data))


def unseal(secret: bytes, place: str, data: bytes) -> bytes:
    """Decrypt a file. Raises Unsealed where it is another's, or was changed."""
    try:
        return SecretBox(_derived(secret, place)).decrypt(data)
    except (CryptoError, ValueError) as error:
        raise Unsealed from error


def seal_files(secret: bytes, name: str, files: Sequence[Path]) -> list[bytes]:
    """Read and encrypt the files of an object."""
    return [
        seal(secret, f"{name} {number}", file.read_bytes()) for number, file in enumerate(files)
    ]


def unseal_files(secret: bytes, name: str, data: Sequence[bytes], files: Sequence[Path]) -> None:
    """Decrypt and write the files of an object. Raises Unsealed before it writes another's."""
    opened = [unseal(secret, f"{name} {number}", part) for number, part in enumerate(data)]
    for file, part in zip(files, opened, strict=True):
        file.write_bytes(part)


def _derived(secret: bytes, purpose: str) -> bytes:
    return hashlib.blake2b(purpose.encode(), key=secret, digest_size=SECRET_BYTES).digest()
