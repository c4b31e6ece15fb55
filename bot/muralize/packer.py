"""Makes the card and the files of a job's outcome, within Discord's limit of size."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace

from bot.discord_io.sending import Sent, Upload
from bot.errors import PictureGone
from bot.jobs.model import Job, JobResult, JobState
from bot.jobs.service import JobService
from bot.muralize import alt_text, outcome_card
from bot.muralize.buttons import still_on
from bot.muralize.card import Card, file_name
from bot.muralize.sender import link_to
from bot.people import OUTSIDE
from bot.pictures.decoder import Decoder
from bot.pictures.store import PictureStore
from bot.pictures.turns import Owner
from bot.web.links import Link
from engine.motion.kinds import film_ending

LinkTo = Callable[[Job], Link | None]
SwitchedOff = Callable[[int], Awaitable[Collection[str]]]  # the features that a server has off


class OutcomePacker:
    """Packs outcomes.

    `link_to` links to a painting's full file; None where the host has no public pages.
    """

    def __init__(
        self,
        jobs: JobService,
        pictures: PictureStore,
        decoder: Decoder,
        link_to: LinkTo,
        switched_off: SwitchedOff,
    ) -> None:
        self._jobs = jobs
        self._pictures = pictures
        self._decoder = decoder
        self._link_to = link_to
        self._switched_off = switched_off

    async def pack(self, job: Job, limit: int) -> tuple[Card, list[Upload]]:
        """Make the card and the files of an outcome, each in at most `limit` bytes.

        Raises PictureGone, and OutputRejected where even the smallest copy is too large.
        """
        shown, uploads = await self._packed(job, limit)
        if uploads and job.parent_id is not None:
            parent = await self._jobs.get(job.parent_id)
            link = _message_of(parent) if parent is not None else None
            shown = outcome_card.made_from(shown, job.parent_id, link)
        switched_off = await self._switched_off(job.origin.guild_id)
        return replace(shown, actions=still_on(shown.actions, switched_off)), uploads

    async def _packed(self, job: Job, limit: int) -> tuple[Card, list[Upload]]:
        if job.result is None or job.state not in (JobState.DELIVERING, JobState.DONE):
            return outcome_card.outcome(job, again=await self._jobs.can_repeat(job)), []
        if job.result_deleted:
            raise PictureGone
        film = await self._film(job, job.result, limit)
        if film:
            return outcome_card.outcome(job), film
        data, extension = await self._pictures.read(job.result.picture), ".png"
        copy = None
        if len(data) > limit:
            full_bytes = len(data)
            owner = Owner(job.origin.guild_id, job.origin.member_id)
            encoded = await self._decoder.fit(data, limit, owner)
            data, extension = bytes(encoded.data), encoded.extension
            if extension != ".png":  # else nothing was lost
                copy = outcome_card.Copy(
                    encoded.width, encoded.height, full_bytes, self._link_to(job)
                )
        if job.result.film:  # and it did not fit
            width, height = job.result.outcome.width, job.result.outcome.height
            copy = outcome_card.Copy(width, height, 0, self._link_to(job), is_still=True)
        name = file_name(job, f"muralscape-{job.id}")
        uploads = [Upload(f"{name}{extension}", data, alt_text.of_painting(job))]
        if job.timelapse and job.result.timelapse:
            timelapse = await self._pictures.read(job.result.timelapse)
            if len(timelapse) <= limit:
                uploads.append(Upload(f"{name}.mp4", timelapse, alt_text.of_timelapse(job)))
        return outcome_card.outcome(job, copy), uploads

    async def _film(self, job: Job, result: JobResult, limit: int) -> list[Upload]:
        """Give the files of a film that fit: the MP4, and the animation that the content was."""
        name, found = file_name(job, f"muralscape-{job.id}"), []
        for stored in (result.film, result.animation):
            data = await self._pictures.read(stored) if stored else b""
            if data and len(data) <= limit:
                found.append(Upload(f"{name}{film_ending(data)}", data, alt_text.of_film(job)))
        return found


def _message_of(job: Job) -> str | None:
    """Link to the message of a painting, where it is in the channel of the command for all."""
    origin, delivery = job.origin, job.delivery
    there = delivery.message_id and delivery.channel_id == origin.channel_id
    if not there or origin.guild_id == OUTSIDE or origin.private or job.result_deleted:
        return None
    return link_to(origin.guild_id, Sent(origin.channel_id, delivery.message_id or 0))
