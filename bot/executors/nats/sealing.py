"""Seals files in the object store, so that a worker can read and replace those of its orders only.

NATS permissions cannot tell objects of one store apart: a worker that may read one may read all. So
each job has a secret, which only its orders carry. Pictures, checkpoints and results are encrypted
and authenticated with it (XSalsa20-Poly1305), each file with a key of its own.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

SECRET_BYTES = 32


class WrongSeal(Exception):
    """A file was not sealed with this secret for this place."""


def secret_of(secret: bytes, job_id: int) -> bytes:
    """Derive a job's secret from the bot's."""
    return _derived(secret, f"job {job_id}")


def seal(secret: bytes, place: str, data: bytes) -> bytes:
    """Encrypt a file for a place: the name of an object, and its number there."""
    return bytes(SecretBox(_derived(secret, place)).encrypt(data))


def unseal(secret: bytes, place: str, data: bytes) -> bytes:
    """Decrypt a file. Raises WrongSeal for another secret or place, and where it was changed."""
    try:
        return SecretBox(_derived(secret, place)).decrypt(data)
    except (CryptoError, ValueError) as error:
        raise WrongSeal from error


def seal_files(secret: bytes, name: str, files: Sequence[Path]) -> list[bytes]:
    """Read and encrypt the files of an object."""
    return [
        seal(secret, f"{name} {number}", file.read_bytes()) for number, file in enumerate(files)
    ]


def unseal_files(secret: bytes, name: str, data: Sequence[bytes], files: Sequence[Path]) -> None:
    """Decrypt and write the files of an object. Raises WrongSeal before any is written."""
    opened = [unseal(secret, f"{name} {number}", part) for number, part in enumerate(data)]
    for file, part in zip(files, opened, strict=True):
        file.write_bytes(part)


def _derived(secret: bytes, purpose: str) -> bytes:
    return hashlib.blake2b(purpose.encode(), key=secret, digest_size=SECRET_BYTES).digest()
