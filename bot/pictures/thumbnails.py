"""Small copies of pictures, for galleries and ballots."""

from bot.pictures.decoder import Decoder
from bot.pictures.retention import PictureRetention
from bot.pictures.turns import NOBODY, Owner

LONG_SIDE = 640  # pixels; Discord shows no more of a picture


async def make_thumbnail(
    retention: PictureRetention, decoder: Decoder, name: str, owner: Owner = NOBODY
) -> str:
    """Store a small JPEG of a stored picture and return its name. Raises PictureGone."""
    data = await retention.pictures.read(name)
    small = await retention.put(await decoder.shrink(data, LONG_SIDE, owner=owner))
    return small.name
