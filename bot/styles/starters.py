"""The pictures of the starters: the project's own styles, which are in every library at first."""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress

from bot.pictures.decoder import Decoder
from bot.pictures.store import PictureStore
from bot.pictures.thumbnails import LONG_SIDE
from bot.styles.model import Starter

_LABEL = "preview"  # of the copy that spares the next start the encoding


class StarterPictures:
    """Stores the pictures of the starters once, before a server needs them.

    Members wait at most three seconds for a list or a form, and encoding takes longer than that on
    a busy machine.
    """

    def __init__(
        self, pictures: PictureStore, decoder: Decoder, starters: Sequence[Starter]
    ) -> None:
        self._pictures = pictures
        self._decoder = decoder
        self._starters = starters
        self._ready = asyncio.Event()
        self._stored: list[tuple[Starter, str, str]] = []

    async def prepare(self) -> None:
        """Store all pictures; the previews of an earlier run are taken from the disk."""
        stored = []
        for starter in self._starters:
            data = await asyncio.to_thread(starter.path.read_bytes)
            picture = await self._pictures.put(data)
            preview = await self._pictures.read_copy(picture, _LABEL)
            if preview is None:
                preview = await self._decoder.shrink(data, LONG_SIDE)
                await self._pictures.put_copy(picture, _LABEL, preview)
            stored.append((starter, picture, await self._pictures.put(preview)))
        self._stored = stored
        self._ready.set()

    async def stored(self, within: float) -> Sequence[tuple[Starter, str, str]]:
        """Give the starters with their pictures and previews; none if not ready in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._ready.wait()
        return self._stored

    async def pictures_in_use(self, among: Collection[str]) -> set[str]:
        """Keep the pictures of the starters, also where no server has them."""
        return {name for _, *names in self._stored for name in names if name in among}
