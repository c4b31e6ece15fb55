"""Checks a painting in a decoding child before it is taken over: a worker may send anything."""

import asyncio
from pathlib import Path

from bot.errors import ExecutorLost
from bot.executors.contract import PaintOrder
from bot.pictures.decoder import Decoder
from bot.pictures.turns import Owner
from engine.errors import ImageRejected
from engine.request import PaintOutcome

_PNG = b"\x89PNG\r\n\x1a\n"
_MP4 = b"ftyp"  # the type of the first box (ISO/IEC 14496-12, 4.3)
_OVERHEAD = 2**20  # bytes of a PNG beside its pixels, at most
LARGEST_FILM = 256 * 2**20  # bytes


async def check_painting(
    decoder: Decoder, owner: Owner, order: PaintOrder, outcome: PaintOutcome
) -> None:
    """Raise ExecutorLost where the files of an order are not the painting that was announced.

    The job is then tried once more, as after any other loss of its executor.
    """
    most = 4 * outcome.width * outcome.height + _OVERHEAD
    try:
        data = await asyncio.to_thread(_read, order.result, most)
        if not data.startswith(_PNG):
            raise ExecutorLost("The painting is not a PNG.")
        size = await decoder.check_painting(data, owner)
    except OSError as error:
        raise ExecutorLost(f"The painting cannot be read: {error}") from error
    except ImageRejected as error:
        raise ExecutorLost(str(error)) from error
    if size != (outcome.width, outcome.height):
        raise ExecutorLost(f"The painting has {size[0]}x{size[1]} pixels, not those announced.")
    if order.timelapse is not None:
        await asyncio.to_thread(_check_film, order)


def _read(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ExecutorLost("The painting is larger than its pixels.")
    return data


def _check_film(order: PaintOrder) -> None:
    if order.timelapse is None:
        return
    try:
        with order.timelapse.open("rb") as file:
            start = file.read(8)
        if start[4:] != _MP4 or order.timelapse.stat().st_size > LARGEST_FILM:
            raise ExecutorLost("The time-lapse is not an MP4.")
    except OSError as error:
        raise ExecutorLost(f"The time-lapse cannot be read: {error}") from error
