"""Handlers of the buttons under a job's card."""

from collections.abc import Awaitable, Callable, Mapping

from bot.discord_io import answers
from bot.discord_io.components import Interaction, Press, look_up
from bot.discord_io.sending import Upload, files_of
from bot.errors import JobNotFound, NotAllowed, PictureGone, WrongState
from bot.jobs.model import Job
from bot.jobs.service import JobService
from bot.languages.speech import _
from bot.muralize import alt_text, buttons, card, outcome_card
from bot.muralize.buttons import Action
from bot.muralize.packer import LinkTo, OutcomePacker
from bot.muralize.request import Repeat
from bot.muralize.service import MuralizeService
from bot.people import Member
from bot.pictures.store import PictureStore

DrawCurve = Callable[[Job], Awaitable[bytes]]
Enter = Callable[[Interaction, int], Awaitable[None]]
Accept = Callable[[Interaction, Repeat], Awaitable[None]]


class JobButtonHandlers:
    """Handles presses of the buttons of jobs. `draw_curve` makes a PNG of a job's losses.

    `link_to` links to a painting's full file. `enter` enters a job's painting into the server's
    challenge. `accept` answers a request and makes it a job.
    """

    def __init__(
        self,
        jobs: JobService,
        muralize: MuralizeService,
        packer: OutcomePacker,
        pictures: PictureStore,
        link_to: LinkTo,
        draw_curve: DrawCurve,
        enter: Enter,
        accept: Accept,
    ) -> None:
        self._jobs = jobs
        self._muralize = muralize
        self._packer = packer
        self._pictures = pictures
        self._link_to = link_to
        self._draw_curve = draw_curve
        self._enter = enter
        self._accept = accept

    async def __call__(self, interaction: Interaction, press: Press) -> None:
        """Handle a press. Raises Refused, among others, with a sentence for the member."""
        job_id, action = press.path
        await look_up(HANDLERS, action)(self, interaction, int(job_id))

    async def paint_again(self, interaction: Interaction, job_id: int, change: str) -> None:
        """Queue the painting again with a change."""
        channels = answers.channels_of(interaction)
        job = await self._find(job_id)
        account = answers.guild_of(interaction) or job.origin.guild_id
        effective = await self._muralize.admit(account, channels)
        # a direct message is private anyway
        private = bool(channels) and not effective.settings.public_results
        origin = answers.origin_of(interaction, account, private=private)
        await self._accept(interaction, Repeat(origin, job_id, change))

    async def cancel(self, interaction: Interaction, job_id: int) -> None:
        """Cancel the job."""
        await interaction.response.defer()  # the card shows that it is cancelled
        job = await self._find(job_id)
        await self._jobs.cancel(job_id, _actor(interaction, job))

    async def delete(self, interaction: Interaction, job_id: int) -> None:
        """Delete the painting and the message with the button."""
        await interaction.response.defer()
        job = await self._find(job_id)
        await self._jobs.delete_result(job_id, _actor(interaction, job))
        await interaction.delete_original_response()  # the message with the button

    async def curve(self, interaction: Interaction, job_id: int) -> None:
        """Show the loss curve to the member alone."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        job = await self._find(job_id)
        if job.result is None or not job.result.outcome.curve:
            raise WrongState(_("There is no loss curve of this painting."))
        chart = await self._draw_curve(job)
        await _send_file(interaction, Upload(f"loss-{job_id}.png", chart, alt_text.of_curve(job)))

    async def timelapse(self, interaction: Interaction, job_id: int) -> None:
        """Show the time-lapse, or paint again to record one."""
        job = await self._jobs.get(job_id)
        if job is None or job.result is None or job.result.timelapse is None:
            # it was not recorded: paint the same again with a time-lapse
            await self.paint_again(interaction, job_id, "timelapse")
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        if job.result_deleted:
            raise PictureGone
        film = await self._pictures.read(job.result.timelapse)
        name = card.file_name(job, f"timelapse-{job_id}.mp4")
        await _send_file(interaction, Upload(name, film, alt_text.of_timelapse(job)))

    async def fetch(self, interaction: Interaction, job_id: int) -> None:
        """Show a result that could not be delivered."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        job = await self._find(job_id)
        if interaction.user.id != job.origin.member_id:
            raise NotAllowed
        shown, uploads = await self._packer.pack(job, interaction.filesize_limit)
        message = await interaction.edit_original_response(
            content=shown.text,
            attachments=files_of(uploads),
            view=buttons.view(job_id, shown.actions),
        )
        if job.kept:
            await self._jobs.delivered(job_id, message.channel.id, message.id)

    async def full(self, interaction: Interaction, job_id: int) -> None:
        """Make a new link to the full file, as the old one may have expired."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        job = await self._find(job_id)
        if job.result_deleted:
            raise PictureGone
        link = self._link_to(job)
        if link is None:
            raise WrongState(_("The bot has no public pages any more, so there is no link."))
        await interaction.edit_original_response(content=outcome_card.full_file(link))

    async def enter(self, interaction: Interaction, job_id: int) -> None:
        """Enter the painting into the server's challenge."""
        await self._enter(interaction, job_id)

    async def _find(self, job_id: int) -> Job:
        job = await self._jobs.get(job_id)
        if job is None:
            raise JobNotFound(job_id)
        return job


JobHandler = Callable[[JobButtonHandlers, Interaction, int], Awaitable[None]]


# These paint again with other settings, which `changed` of `rules.py` gives.
REPEATS = (Action.AGAIN, Action.STRONGER, Action.SOFTER, Action.LARGER)


def _repeat(change: Action) -> JobHandler:
    async def handler(handlers: JobButtonHandlers, interaction: Interaction, job_id: int) -> None:
        await handlers.paint_again(interaction, job_id, change.value)

    return handler


HANDLERS: Mapping[str, JobHandler] = {
    **{action: _repeat(action) for action in REPEATS},
    Action.CURVE: JobButtonHandlers.curve,
    Action.TIMELAPSE: JobButtonHandlers.timelapse,
    Action.ENTER: JobButtonHandlers.enter,
    Action.DELETE: JobButtonHandlers.delete,
    Action.CANCEL: JobButtonHandlers.cancel,
    Action.FETCH: JobButtonHandlers.fetch,
    Action.FULL: JobButtonHandlers.full,
}


def _actor(interaction: Interaction, job: Job) -> Member:
    """Describe the member that pressed; moderators of its channel alone count too."""
    origin = job.origin
    return answers.member_of(interaction, origin.guild_id, about=origin.channel_id)


async def _send_file(interaction: Interaction, file: Upload) -> None:
    await interaction.edit_original_response(attachments=files_of([file]))
