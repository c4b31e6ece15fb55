"""The pictures of a challenge's messages, with the numbers of the entries drawn on them.

Discord shows several pictures of a message side by side and without file names.
"""

import logging

from bot.challenges.card import Post, PostedPicture
from bot.discord_io.sending import Upload
from bot.errors import PictureGone
from bot.pictures.copies import Copies
from bot.pictures.decoder import Decoder
from bot.pictures.model import LONG_SIDE
from bot.pictures.store import PictureStore
from engine.errors import ImageRejected

log = logging.getLogger(__name__)


class NumberedPictures:
    """Makes the files of messages. A numbered copy is kept as long as its picture."""

    def __init__(self, pictures: PictureStore, decoder: Decoder) -> None:
        self._pictures = pictures
        self._copies = Copies(pictures)
        self._decoder = decoder

    async def uploads(self, post: Post) -> list[Upload]:
        """Make the files of a message; those of deleted and damaged pictures are left out."""
        files = []
        for picture in post.pictures:
            try:
                data = await self._read(picture)
                files.append(Upload(picture.file_name, data, picture.alt_text))
            except PictureGone:  # deleted a moment ago; the message is edited soon
                continue
            except ImageRejected:
                log.exception("picture %s is damaged", picture.stored)
        return files

    async def _read(self, picture: PostedPicture) -> bytes:
        if not picture.number:
            return await self._pictures.read(picture.stored)

        async def draw() -> bytes:
            data = await self._pictures.read(picture.stored)
            return await self._decoder.shrink(data, LONG_SIDE, number=picture.number)

        return await self._copies.of(picture.stored, f"number-{picture.number}", draw)
