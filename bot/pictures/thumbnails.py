"""Small copies of pictures, for galleries and ballots."""

from bot.pictures.decoder import Decoder
from bot.pictures.store import PictureStore
from bot.pictures.turns import NOBODY, Owner

LONG_SIDE = 640  # pixels; Discord shows no more of a picture


async def make_thumbnail(
    pictures: PictureStore, decoder: Decoder, name: str, owner: Owner = NOBODY
) -> str:
    """Store a small JPEG of a stored picture and return its name. Raises PictureGone."""
    data = await pictures.read(name)
    return await pictures.put(await decoder.shrink(data, LONG_SIDE, owner=owner))
