"""Small copies of pictures, for galleries and ballots."""

import asyncio
from io import BytesIO

from PIL import Image

from bot.pictures.store import PictureStore
from engine import images

LONG_SIDE = 640  # pixels; Discord shows no more of a picture
# For the bot's own pictures, to which the limits of uploads do not apply.
OWN_LIMITS = images.Limits(max_bytes=2**31, max_pixels=2**31, min_side=1, max_aspect=2**16)


async def make_thumbnail(pictures: PictureStore, name: str) -> str:
    """Store a small JPEG of a stored picture and return its name. Raises PictureGone."""
    data = await pictures.read(name)
    return await pictures.put(await asyncio.to_thread(shrink, data))


def shrink(data: bytes) -> bytes:
    """Encode a picture as a JPEG of at most `LONG_SIDE` pixels."""
    buffer = BytesIO()
    shrunk(data, LONG_SIDE).save(buffer, "JPEG", quality=85, progressive=True)
    return buffer.getvalue()


def shrunk(data: bytes, side: int) -> Image.Image:
    """Decode a stored picture and shrink it to at most `side` pixels."""
    picture = images.decode(data, OWN_LIMITS, "The picture")
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return picture
