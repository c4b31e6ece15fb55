"""Checks a painting in a decoding child before it is taken over: a worker may send anything."""

import asyncio
from pathlib import Path

from bot.errors import ExecutorLost
from bot.executors.contract import PaintOrder
from bot.pictures.decoder import Decoder
from bot.pictures.turns import Owner
from engine.errors import ImageRejected
from engine.motion.clip import LARGEST_SIDE
from engine.motion.kinds import film_ending
from engine.request import PaintOutcome

_PNG = b"\x89PNG\r\n\x1a\n"
_MP4 = b"ftyp"  # the type of the first box (ISO/IEC 14496-12, 4.3)
_OVERHEAD = 2**20  # bytes of a PNG beside its pixels, at most
LARGEST_TIMELAPSE = 256 * 2**20  # bytes
LARGEST_FILM = 64 * 2**20  # bytes


async def check_painting(
    decoder: Decoder, owner: Owner, order: PaintOrder, outcome: PaintOutcome
) -> None:
    """Raise ExecutorLost where the files of an order are not the painting that was announced.

    The job is then tried once more, as after any other loss of its executor.
    """
    try:
        await _check_picture(decoder, owner, order, outcome)
        if order.timelapse is not None:
            await asyncio.to_thread(_check_timelapse, order.timelapse)
        await _check_film(decoder, owner, order, outcome)
    except OSError as error:
        raise ExecutorLost(f"A file of the painting cannot be read: {error}") from error
    except ImageRejected as error:
        raise ExecutorLost(str(error)) from error


async def _check_picture(
    decoder: Decoder, owner: Owner, order: PaintOrder, outcome: PaintOutcome
) -> None:
    most = 4 * outcome.width * outcome.height + _OVERHEAD
    data = await asyncio.to_thread(
        _read, order.result, most, "The painting is larger than its pixels."
    )
    if not data.startswith(_PNG):
        raise ExecutorLost("The painting is not a PNG.")
    size = await decoder.check_painting(data, owner)
    if size != (outcome.width, outcome.height):
        raise ExecutorLost(f"The painting has {size[0]}x{size[1]} pixels, not those announced.")


async def _check_film(
    decoder: Decoder, owner: Owner, order: PaintOrder, outcome: PaintOutcome
) -> None:
    """Check that a film came where one was ordered, its frames and size, and decode it whole."""
    most = order.settings.film.frames if order.settings.film else 0
    if (order.film is not None) != (outcome.frames > 0) or outcome.frames > most:
        raise ExecutorLost("The painting has other frames than were asked for.")
    for file in (order.film, order.animation):
        if file is None:
            continue
        data = await asyncio.to_thread(_read, file, LARGEST_FILM, "The film is too large.")
        if file == order.animation and not data:  # there is none of a film that was stopped
            continue
        if film_ending(data) != file.suffix:
            raise ExecutorLost("The film is of another kind.")
        size = await decoder.check_film(data, owner)
        if max(size) > LARGEST_SIDE:
            raise ExecutorLost(f"The film has {size[0]}x{size[1]} pixels, which is too large.")


def _read(path: Path, most: int, too_large: str) -> bytes:
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ExecutorLost(too_large)
    return data


def _check_timelapse(timelapse: Path) -> None:
    with timelapse.open("rb") as file:
        start = file.read(8)
    if start[4:] != _MP4 or timelapse.stat().st_size > LARGEST_TIMELAPSE:
        raise ExecutorLost("The time-lapse is not an MP4.")
