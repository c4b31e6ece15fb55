"""Keeps files derived from a picture, such as smaller copies, so that each is made once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.pictures.store import PictureStore

log = logging.getLogger(__name__)


class Copies:
    """Files that are kept beside a stored picture and removed with it."""

    def __init__(self, pictures: PictureStore) -> None:
        self.pictures = pictures
        self._under_way: dict[tuple[str, str], asyncio.Task[bytes]] = {}

    async def of(self, name: str, label: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """Read the copy of a picture with a label. The first call makes it; others wait for that.

        Raises whatever `make` raises.
        """
        key = name, label
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._read(name, label, make))
            task.add_done_callback(lambda _: self._under_way.pop(key))
        # Shielded: a caller that is cancelled must not cancel the task for the others.
        return await asyncio.shield(task)

    async def _read(self, name: str, label: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        kept = await self.pictures.read_copy(name, label)
        if kept is not None:
            return kept
        data = await make()
        try:
            await self.pictures.put_copy(name, label, data)
        except OSError as error:  # such as a full disk; it is made again the next time
            log.warning("a copy of a picture could not be kept: %s", error)
        return data
