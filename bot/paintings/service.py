"""Finds a member's own paintings, and says which may be shown where."""

from collections.abc import Sequence

from bot.errors import JobNotFound, PictureGone, Refused
from bot.guilds.rules import check_channel
from bot.guilds.service import GuildService
from bot.jobs.model import Job
from bot.jobs.service import JobService
from bot.paintings.model import Page
from bot.people import Member
from bot.pictures.copies import Copies
from bot.pictures.decoder import Decoder
from bot.pictures.store import PictureStore
from bot.pictures.thumbnails import small_copy
from bot.pictures.turns import Owner

PAGE = 5  # paintings
PREVIEW_SIDE = 320  # pixels; Discord shows a thumbnail at 80, on fine screens at 240


class PaintingService:
    """Lists, finds and deletes the paintings of a member.

    `guild_id` is the server that a member asks in. None stands for a direct message, where they
    have the paintings of all servers.
    """

    def __init__(
        self, jobs: JobService, guilds: GuildService, pictures: PictureStore, decoder: Decoder
    ) -> None:
        self._jobs = jobs
        self._guilds = guilds
        self._copies = Copies(pictures)
        self._decoder = decoder

    async def page(self, guild_id: int | None, member_id: int, number: int) -> Page:
        """Give a page of a member's paintings; the nearest one where the number is too high."""
        total = await self._jobs.count_finished(guild_id, member_id)
        pages = max(1, -(-total // PAGE))
        number = min(max(0, number), pages - 1)
        found = await self._jobs.finished_of(guild_id, member_id, PAGE, number * PAGE)
        previews = [await self._preview(job) for job in found]
        return Page(tuple(found), tuple(previews), number, pages, total, guild_id)

    async def find(self, guild_id: int | None, member_id: int, job_id: int) -> Job:
        """Find a painting of a member. Raises JobNotFound and PictureGone."""
        job = await self._jobs.get(job_id)
        if (
            job is None
            or job.result is None
            or job.origin.member_id != member_id
            or (guild_id is not None and job.origin.guild_id != guild_id)
        ):
            raise JobNotFound(job_id)
        if job.result_deleted:
            raise PictureGone
        return job

    async def check_may_post(
        self, job: Job, guild_id: int | None, channels: Sequence[int], *, age_restricted: bool
    ) -> None:
        """Raise Refused where a painting may not be shown to all; see `admit` of `/muralize`.

        `age_restricted` says whether such paintings may be shown there, as in direct messages.
        """
        if job.origin.age_restricted and not age_restricted:
            raise Refused(
                "This painting comes from an age-restricted channel, and can be posted only in one."
            )
        if guild_id is None:
            return
        settings = await self._guilds.settings(guild_id)
        check_channel(settings, *channels)
        if not settings.public_results:
            raise Refused("In this server paintings are shown to their member only.")

    async def shown(self, job: Job, channel_id: int, message_id: int) -> None:
        """Record that a painting reached its member, where no other way did."""
        if job.kept:
            await self._jobs.delivered(job.id, channel_id, message_id)

    async def delete(self, job: Job, member_id: int) -> None:
        """Delete a painting of a member. Raises WrongState while it is being sent."""
        owner = Member(member_id, job.origin.guild_id, name=job.origin.member_name)
        await self._jobs.delete_result(job.id, owner)

    async def _preview(self, job: Job) -> bytes | None:
        if job.result is None or job.blurred:  # a list cannot blur its previews
            return None
        owner = Owner(job.origin.guild_id, job.origin.member_id)
        try:
            return await small_copy(
                self._copies, self._decoder, job.result.picture, PREVIEW_SIDE, owner
            )
        except PictureGone:
            return None
