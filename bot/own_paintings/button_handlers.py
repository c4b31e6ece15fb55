"""Handlers of the menus and the buttons of `/paintings`."""

from dataclasses import replace

from bot.discord_io import answers
from bot.discord_io.components import Interaction, Press
from bot.discord_io.sending import files_of
from bot.errors import OutdatedMessage
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

    A painting is kept for `kept_seconds`.
    """

    def __init__(
        self, paintings: PaintingService, packer: OutcomePacker, kept_seconds: float
    ) -> None:
        self._paintings = paintings
        self._packer = packer
        self._kept_seconds = kept_seconds

    async def __call__(self, interaction: Interaction, press: Press) -> None:
        """Turn a page, choose a kind, or show, post or delete paintings, as the custom id says."""
        action, number, *rest = press.path if len(press.path) > 1 else (*press.path, "0")
        if action == "post":
            await self._post(interaction, int(number))
            return
        await interaction.response.defer()
        if action in ("style", "preset"):
            chosen = replace(Filter(number, *rest), **{action: press.values[0]})
            await self.show_page(interaction, 0, chosen)
        elif action == "all":
            await self._ask(interaction, Filter(*press.path[1:]))
        elif action == "erase":
            await self._erase(interaction, int(number), Filter(*rest))
        elif action == "show":
            await self._show(interaction, int(press.values[0]), int(number), Filter(*rest))
        elif action == "delete":
            job = await self._find(interaction, int(number))
            await self._paintings.delete(job, interaction.user.id)
            page, *kind = rest
            text = _("№ {number} is deleted.", number=job.id) + "\n"
            await self.show_page(interaction, int(page), Filter(*kind), text)
        elif action in ("before", "after", "back"):
            await self.show_page(interaction, int(number), Filter(*rest))
        else:
            raise OutdatedMessage

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

    async def _ask(self, interaction: Interaction, chosen: Filter) -> None:
        """Ask whether to delete all that the list has."""
        page = await self._page(interaction, 0, chosen)
        await interaction.edit_original_response(
            content=card.confirmation(page),
            embeds=[],
            attachments=[],
            view=buttons.under_question(page),
        )

    async def _erase(self, interaction: Interaction, newest: int, chosen: Filter) -> None:
        """Delete all that the list had up to the newest that was shown."""
        deleted, left = await self._paintings.delete_all(
            _guild_of(interaction), interaction.user.id, chosen, newest
        )
        await self.show_page(interaction, 0, before=card.erased(deleted, left))

    async def _page(self, interaction: Interaction, number: int, chosen: Filter) -> Page:
        guild_id, member_id = _guild_of(interaction), interaction.user.id
        return await self._paintings.page(guild_id, member_id, number, chosen)

    async def _show(self, interaction: Interaction, job_id: int, page: int, chosen: Filter) -> None:
        """Show a painting in large in place of the list."""
        job = await self._find(interaction, job_id)
        shown, uploads = await self._packer.pack(job, interaction.filesize_limit)
        message = await interaction.edit_original_response(
            content=shown.text,
            embeds=[],
            attachments=files_of(uploads),
            view=buttons.under_painting(job, shown.actions, page, chosen),
        )
        await self._paintings.shown(job, message.channel.id, message.id)

    async def _post(self, interaction: Interaction, job_id: int) -> None:
        """Post a painting where all can see it."""
        job = await self._find(interaction, job_id)
        direct = interaction.guild_id is None
        await self._paintings.check_may_post(
            job,
            _guild_of(interaction),
            answers.channels_of(interaction),
            age_restricted=direct or answers.is_age_restricted(interaction.channel),
        )
        await interaction.response.defer(thinking=True)
        shown, uploads = await self._packer.pack(job, interaction.filesize_limit)
        await interaction.edit_original_response(
            content=shown.text,
            attachments=files_of(uploads),
            view=job_buttons.view(job.id, shown.actions),
        )

    async def _find(self, interaction: Interaction, job_id: int) -> Job:
        return await self._paintings.find(_guild_of(interaction), interaction.user.id, job_id)


def _guild_of(interaction: Interaction) -> int | None:
    guild_id = answers.guild_of(interaction)
    return None if guild_id == OUTSIDE else guild_id
