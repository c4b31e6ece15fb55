"""Whatever is derived from a picture, such as a smaller copy, is made once."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.pictures.store import PictureStore


class Copies:
    """Files that are kept beside a stored picture and removed with it."""

    def __init__(self, pictures: PictureStore) -> None:
        self._pictures = pictures
        self._making: dict[tuple[str, str], asyncio.Task[bytes]] = {}

    async def of(self, name: str, label: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """Read the copy of a picture with a label. The first call makes it; others wait for that.

        Raises whatever `make` raises.
        """
        kept = await self._pictures.read_copy(name, label)
        if kept is not None:
            return kept
        key = name, label
        task = self._making.get(key)
        if task is None:
            task = self._making[key] = asyncio.create_task(self._make(name, label, make))
            task.add_done_callback(lambda _: self._making.pop(key))
        # Shielded: others wait for the same, when the one that came first has left.
        return await asyncio.shield(task)

    async def _make(self, name: str, label: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        data = await make()
        await self._pictures.put_copy(name, label, data)
        return data
