"""Small copies of pictures, for galleries, ballots and lists."""

from bot.pictures.decoder import Decoder
from bot.pictures.retention import PictureRetention
from bot.pictures.store import PictureStore
from bot.pictures.turns import NOBODY, Owner

LONG_SIDE = 640  # pixels; Discord shows no more of a picture
_QUALITY = 82  # of WebP files


async def make_thumbnail(
    retention: PictureRetention, decoder: Decoder, name: str, owner: Owner = NOBODY
) -> str:
    """Store a small JPEG of a stored picture and return its name. Raises PictureGone."""
    data = await retention.pictures.read(name)
    small = await retention.put(await decoder.shrink(data, LONG_SIDE, owner=owner))
    return small.name


async def small_copy(
    pictures: PictureStore, decoder: Decoder, name: str, side: int, owner: Owner
) -> bytes:
    """Give a WebP of a stored picture, `side` pixels long. Raises PictureGone.

    It is made at the first call, and kept as long as the picture.
    """
    kept = await pictures.read_copy(name, str(side))
    if kept is not None:
        return kept
    data = await pictures.read(name)
    small = await decoder.shrink(data, side, ".webp", _QUALITY, owner)
    await pictures.put_copy(name, str(side), small)
    return small
