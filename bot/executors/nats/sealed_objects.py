"""Files in the object store, sealed: uploaded, downloaded and removed."""

import asyncio
from pathlib import Path

from nats.js.errors import DigestMismatchError, NotFoundError

from bot.executors.nats.connection import NatsConnection
from bot.executors.nats.sealing import WrongSeal, seal_files, unseal_files

LARGE_CHUNK = 512 * 1024  # bytes; a server's default limit for a message is 1 MiB


class SealedObjects:
    """The objects on a connection's server. `secret` is that of the job; see `sealing`."""

    def __init__(self, connection: NatsConnection) -> None:
        self._connection = connection

    async def upload(self, name: str, secret: bytes, *files: Path) -> None:
        """Store files as one object; retries until that has succeeded."""
        data = await asyncio.to_thread(seal_files, secret, name, files)
        await self._connection.retry(name, lambda: self._connection.objects.write(name, data))

    async def upload_once(self, name: str, secret: bytes, file: Path) -> None:
        """Replace an object by a file, without retries. Raises RETRYABLE.

        Uses large chunks: a quarter as many take a quarter of the work on both ends. On a network
        that needs longer than `ANSWER_SECONDS` for one, the upload fails.
        """
        data = await asyncio.to_thread(seal_files, secret, name, [file])
        objects = self._connection.objects
        chunk = min(LARGE_CHUNK, self._connection.client.max_payload)
        first = await objects.write(name, data, chunk)
        await objects.remove_older(name, first)

    async def download(self, name: str, secret: bytes, *files: Path) -> bool:
        """Fetch the files of an object.

        False when the object is missing or damaged, or was sealed with another secret.
        """
        try:
            data = await self._connection.objects.read(name)
            if len(data) != len(files):
                return False
            await asyncio.to_thread(unseal_files, secret, name, data, files)
        except (NotFoundError, DigestMismatchError, WrongSeal):
            return False
        return True

    async def remove(self, *names: str) -> None:
        """Delete objects, if they exist; retries until the server answers."""
        # Concurrently, so that the requests share network round trips.
        await asyncio.gather(*(self._remove(name) for name in names))

    async def _remove(self, name: str) -> None:
        await self._connection.remove(name, lambda: self._connection.objects.remove(name))
