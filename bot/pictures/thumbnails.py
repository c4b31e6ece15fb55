"""Small copies of pictures, for galleries, ballots and lists."""

from bot.pictures.copies import Copies
from bot.pictures.decoder import Decoder
from bot.pictures.model import LONG_SIDE
from bot.pictures.retention import PictureRetention
from bot.pictures.turns import THE_BOT, Owner

_QUALITY = 82  # of WebP files


async def make_thumbnail(
    retention: PictureRetention, decoder: Decoder, name: str, owner: Owner = THE_BOT
) -> str:
    """Store a small JPEG of a stored picture and return its name. Raises PictureGone."""
    data = await retention.pictures.read(name)
    small = await retention.put(await decoder.shrink(data, LONG_SIDE, owner=owner))
    return small.name


async def small_copy(copies: Copies, decoder: Decoder, name: str, side: int, owner: Owner) -> bytes:
    """Give a WebP of a stored picture, `side` pixels long, made once. Raises PictureGone."""

    async def shrink() -> bytes:
        data = await copies.pictures.read(name)
        return await decoder.shrink(data, side, ".webp", _QUALITY, owner)

    return await copies.of(name, str(side), shrink)
