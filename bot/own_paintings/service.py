"""Finds a member's own paintings, and says which may be shown where."""

from collections.abc import Sequence
from dataclasses import replace

from bot.errors import JobNotFound, PictureGone, Refused, WrongState
from bot.guilds.rules import check_channel
from bot.guilds.service import GuildService
from bot.jobs.model import Job, Wanted
from bot.jobs.service import JobService
from bot.languages.speech import _
from bot.muralize.rules import MayNotPost
from bot.own_paintings.model import ALL, Filter, Page, key_of
from bot.people import Member, Standing
from bot.pictures.copies import Copies
from bot.pictures.decoder import Decoder
from bot.pictures.store import PictureStore
from bot.pictures.thumbnails import small_copy
from bot.pictures.turns import Owner

PAGE = 5  # paintings
AT_A_TIME = 50  # that are deleted
EVERYTHING = Filter()
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

    async def page(
        self, guild_id: int | None, member_id: int, number: int, chosen: Filter = EVERYTHING
    ) -> Page:
        """Give a page of a member's paintings; the nearest one where the number is too high.

        Where the last painting of a style or preset is gone, others are listed.
        """
        styles, presets = await self._jobs.store.kinds_of_finished(guild_id, member_id)
        wanted = _wanted(chosen, styles, presets)
        chosen = Filter(wanted.preset or ALL, ALL if wanted.style is None else key_of(wanted.style))
        total = await self._jobs.store.count_finished(guild_id, member_id, wanted)
        pages = max(1, -(-total // PAGE))
        number = min(max(0, number), pages - 1)
        found = await self._jobs.store.finished_of(guild_id, member_id, wanted, PAGE, number * PAGE)
        previews = [await self._preview(job) for job in found]
        return Page(
            tuple(found),
            tuple(previews),
            number,
            pages,
            total,
            guild_id,
            chosen,
            tuple(presets),
            tuple(styles),
        )

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
        self, job: Job, standing: Standing | None, *, age_restricted: bool
    ) -> None:
        """Raise Refused where a painting may not be shown to all; see `admit` of `/muralize`.

        `standing` is what its member may do there, None outside of servers. `age_restricted` says
        whether such paintings may be shown there, as in direct messages.
        """
        if job.origin.age_restricted and not age_restricted:
            raise Refused(
                _(
                    "This painting comes from an age-restricted channel, and can be posted only in "
                    "one."
                )
            )
        if standing is None:
            return
        settings = await self._guilds.settings(job.origin.guild_id)
        check_channel(settings, *standing.channels)
        if not settings.public_results:
            raise Refused(_("In this server paintings are shown to their member only."))
        if not standing.sends_pictures:
            raise MayNotPost

    async def shown(self, job: Job, channel_id: int, message_id: int) -> None:
        """Record that a painting reached its member, where no other way did."""
        if job.kept:
            await self._jobs.delivered(job.id, channel_id, message_id)

    async def delete(self, job: Job, member_id: int) -> None:
        """Delete a painting of a member. Raises WrongState while it is being sent."""
        owner = Member(member_id, job.origin.guild_id, name=job.origin.member_name)
        await self._jobs.delete_result(job.id, owner)

    async def delete_all(
        self, guild_id: int | None, member_id: int, chosen: Filter, newest: int
    ) -> tuple[int, int]:
        """Delete what a list has; return how many, and how many could not be yet.

        `newest` is the last painting that the member agreed to; later ones stay.
        """
        styles, presets = await self._jobs.store.kinds_of_finished(guild_id, member_id)
        wanted = replace(_wanted(chosen, styles, presets), newest=newest)
        deleted, left = 0, 0
        while found := await self._jobs.store.finished_of(
            guild_id, member_id, wanted, AT_A_TIME, left
        ):
            for job in found:
                try:
                    await self.delete(job, member_id)
                    deleted += 1
                except WrongState:  # it is being sent
                    left += 1
        return deleted, left

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


def _wanted(chosen: Filter, styles: Sequence[str], presets: Sequence[str]) -> Wanted:
    """Read a filter; a style or preset without any painting left is ignored."""
    return Wanted(
        preset=chosen.preset if chosen.preset in presets else None,
        style=next((style for style in styles if key_of(style) == chosen.style), None),
    )
