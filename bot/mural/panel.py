"""The private answers in which members choose tiles and styles."""

from collections.abc import Callable, Sequence

from bot.discord_io import answers
from bot.discord_io.components import Interaction
from bot.discord_io.sending import Upload, files_of
from bot.languages.speech import _
from bot.mural import buttons, card
from bot.mural.model import Mural, MuralState, StyleRule
from bot.mural.workshop import Workshop
from bot.styles.model import Style
from bot.styles.service import StyleService
from bot.texts import key_of
from bot.web.links import Link


class MuralPanel:
    """Answers interactions that were deferred. `clock` gives Unix seconds."""

    def __init__(
        self,
        workshop: Workshop,
        styles: StyleService,
        page_of: Callable[[Mural], Link | None],
        clock: Callable[[], float],
    ) -> None:
        self._workshop = workshop
        self._styles = styles
        self._page_of = page_of
        self._clock = clock

    async def show_tiles(
        self, interaction: Interaction, mural: Mural, page: int = 0, text: str = ""
    ) -> None:
        """Show the free tiles, numbered, and the member's own; `text` comes first."""
        member = answers.member_of(interaction)
        preview = await self._workshop.preview(mural, numbered=True)
        described = _("The mural, with its free tiles numbered")
        files = [Upload("free-tiles.jpg", preview, described)]
        overview = card.overview(mural, member, self._clock())
        await interaction.edit_original_response(
            content="\n".join(line for line in (text, overview) if line),
            attachments=files_of(files),
            view=buttons.under_tiles(mural, member, page),
        )

    async def show_tile(self, interaction: Interaction, mural: Mural, number: int) -> None:
        """Show one of the member's own tiles."""
        await interaction.edit_original_response(
            content=card.one_tile(mural, number),
            attachments=[],
            view=buttons.under_tile(mural, number, await self.offered(mural)),
        )

    async def show_mural(self, interaction: Interaction, mural: Mural) -> None:
        """Show a mural as its message does, with a fresh link."""
        link = self._page_of(mural)
        files = []
        if mural.state is not MuralState.CANCELLED:
            preview = await self._workshop.preview(mural, numbered=False)
            files = [Upload("mural.jpg", preview, card.alt_text(mural))]
        await interaction.edit_original_response(
            content=card.growing(mural, link.url if link else None),
            attachments=files_of(files),
            view=buttons.under_mural(mural),
        )

    async def offered(self, mural: Mural) -> Sequence[Style]:
        """The styles of the library that a mural's tiles may be painted in."""
        styles = await self._styles.offered(mural.guild_id)
        if mural.terms.styles is not StyleRule.FIXED:
            return styles
        wanted = {key_of(name) for name in mural.terms.style_names}
        return [style for style in styles if style.key in wanted]
