"""Handlers of the menus and the buttons of `/paintings`."""

from dataclasses import replace

from bot.discord_io import answers
from bot.discord_io.components import Interaction, Press, look_up
from bot.discord_io.sending import files_of
from bot.jobs.model import Job
from bot.languages.speech import _
from bot.muralize import buttons as job_buttons
from bot.muralize.packer import OutcomePacker
from bot.own_paintings import buttons, card
from bot.own_paintings.model import Filter, Page
from bot.own_paintings.service import EVERYTHING, PaintingService
from bot.people import OUTSIDE


class PaintingButtonHandlers:
    """Handles presses, and shows pages to the command. The caller reports errors to the member.

    The path of a custom id is the action, then numbers, then the filter of the list, as in
    `buttons`. A painting is kept for `kept_seconds`.
    """

    def __init__(
        self, paintings: PaintingService, packer: OutcomePacker, kept_seconds: float
    ) -> None:
        self._paintings = paintings
        self._packer = packer
        self._kept_seconds = kept_seconds

    async def __call__(self, interaction: Interaction, press: Press) -> None:
        """Handle a press. Raises Refused, among others, with a sentence for the member."""
        await look_up(HANDLERS, press.path[0])(self, interaction, press)

    async def show_page(
        self, interaction: Interaction, number: int, chosen: Filter = EVERYTHING, before: str = ""
    ) -> None:
        """Show a page in the message that answers an interaction; `before` is said first."""
        page = await self._page(interaction, number, chosen)
        await interaction.edit_original_response(
            content=before + card.listing(page, self._kept_seconds),
            embeds=card.embeds(page),
            attachments=files_of(card.uploads(page)),
            view=buttons.under_list(page),
        )

    async def turn(self, interaction: Interaction, press: Press) -> None:
        """Show a page of the list."""
        _action, number, *kind = press.path
        await interaction.response.defer()
        await self.show_page(interaction, int(number), Filter(*kind))

    async def choose(self, interaction: Interaction, press: Press) -> None:
        """List the paintings of a style or a preset."""
        style_or_preset, *kind = press.path
        await interaction.response.defer()
        chosen = replace(Filter(*kind), **{style_or_preset: press.values[0]})
        await self.show_page(interaction, 0, chosen)

    async def ask(self, interaction: Interaction, press: Press) -> None:
        """Ask whether to delete all that the list has."""
        _action, *kind = press.path
        await interaction.response.defer()
        page = await self._page(interaction, 0, Filter(*kind))
        await interaction.edit_original_response(
            content=card.confirmation(page),
            embeds=[],
            attachments=[],
            view=buttons.under_question(page),
        )

    async def erase(self, interaction: Interaction, press: Press) -> None:
        """Delete all that the list had up to the newest that was shown."""
        _action, newest, *kind = press.path
        await interaction.response.defer()
        deleted, left = await self._paintings.delete_all(
            _guild_of(interaction), interaction.user.id, Filter(*kind), int(newest)
        )
        await self.show_page(interaction, 0, before=card.erased(deleted, left))

    async def _page(self, interaction: Interaction, number: int, chosen: Filter) -> Page:
        guild_id, member_id = _guild_of(interaction), interaction.user.id
        return await self._paintings.page(guild_id, member_id, number, chosen)

    async def show(self, interaction: Interaction, press: Press) -> None:
        """Show a painting in large in place of the list."""
        _action, page, *kind = press.path
        await interaction.response.defer()
        job = await self._find(interaction, press.values[0])
        shown, uploads = await self._packer.pack(job, interaction.filesize_limit)
        message = await interaction.edit_original_response(
            content=shown.text,
            embeds=[],
            attachments=files_of(uploads),
            view=buttons.under_painting(job, shown.actions, int(page), Filter(*kind)),
        )
        await self._paintings.shown(job, message.channel.id, message.id)

    async def delete(self, interaction: Interaction, press: Press) -> None:
        """Delete a painting, and show the list again."""
        _action, number, page, *kind = press.path
        await interaction.response.defer()
        job = await self._find(interaction, number)
        await self._paintings.delete(job, interaction.user.id)
        text = _("№ {number} is deleted.", number=job.id) + "\n"
        await self.show_page(interaction, int(page), Filter(*kind), text)

    async def post(self, interaction: Interaction, press: Press) -> None:
        """Post a painting where all can see it."""
        _action, number = press.path
        job = await self._find(interaction, number)
        direct = interaction.guild_id is None
        await self._paintings.check_may_post(
            job,
            answers.standing_of(interaction),
            age_restricted=direct or answers.is_age_restricted(interaction.channel),
        )
        await interaction.response.defer(thinking=True)
        shown, uploads = await self._packer.pack(job, interaction.filesize_limit)
        await interaction.edit_original_response(
            content=shown.text,
            attachments=files_of(uploads),
            view=job_buttons.view(job.id, shown.actions),
        )

    async def _find(self, interaction: Interaction, number: str) -> Job:
        return await self._paintings.find(_guild_of(interaction), interaction.user.id, int(number))


HANDLERS = {
    "before": PaintingButtonHandlers.turn,
    "after": PaintingButtonHandlers.turn,
    "back": PaintingButtonHandlers.turn,
    "style": PaintingButtonHandlers.choose,
    "preset": PaintingButtonHandlers.choose,
    "show": PaintingButtonHandlers.show,
    "post": PaintingButtonHandlers.post,
    "delete": PaintingButtonHandlers.delete,
    "all": PaintingButtonHandlers.ask,
    "erase": PaintingButtonHandlers.erase,
}


def _guild_of(interaction: Interaction) -> int | None:
    guild_id = answers.guild_of(interaction)
    return None if guild_id == OUTSIDE else guild_id
