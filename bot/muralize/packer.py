"""Makes the card and the files of a job's outcome, within Discord's limit of size."""

import asyncio
from collections.abc import Callable
from io import BytesIO

from PIL import Image

from bot.discord_io.sending import Upload
from bot.errors import PictureGone
from bot.jobs.model import Job, JobState
from bot.muralize import card
from bot.pictures.store import PictureStore
from bot.pictures.thumbnails import OWN_LIMITS
from bot.web.links import Link
from engine import images

LinkTo = Callable[[Job], Link | None]


class OutcomePacker:
    """Packs outcomes.

    `link_to` links to a painting's full file; None where the host has no public pages.
    """

    def __init__(self, pictures: PictureStore, link_to: LinkTo) -> None:
        self._pictures = pictures
        self._link_to = link_to

    async def pack(self, job: Job, limit: int) -> tuple[card.Card, list[Upload]]:
        """Make the card and the files of an outcome, the painting in at most `limit` bytes.

        Raises PictureGone, and OutputRejected where even the smallest copy is too large.
        """
        if job.result is None or job.state not in (JobState.DELIVERING, JobState.DONE):
            return card.outcome(job), []
        if job.result_deleted:
            raise PictureGone
        data, extension = await self._pictures.read(job.result.picture), ".png"
        copy = None
        if len(data) > limit:
            full_bytes = len(data)
            encoded, (width, height) = await asyncio.to_thread(_encode_smaller, data, limit)
            data, extension = encoded.data, encoded.extension
            if extension != ".png":  # else nothing was lost
                copy = card.Copy(width, height, full_bytes, self._link_to(job))
        uploads = [Upload(f"muralscape-{job.id}{extension}", data)]
        if job.timelapse and job.result.timelapse:
            film = await self._pictures.read(job.result.timelapse)
            if len(data) + len(film) <= limit:
                uploads.append(Upload(f"muralscape-{job.id}.mp4", film))
        return card.outcome(job, copy), uploads


def _encode_smaller(data: bytes, limit: int) -> tuple[images.Encoded, tuple[int, int]]:
    """Encode a painting in at most `limit` bytes; also give the size of the copy in pixels."""
    encoded = images.encode_under(images.decode(data, OWN_LIMITS, "The painting"), limit)
    with Image.open(BytesIO(encoded.data)) as copy:
        return encoded, copy.size
