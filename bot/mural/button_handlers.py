"""Handlers of the buttons and menus of murals."""

from bot.discord_io import answers
from bot.discord_io.components import Interaction, Press, look_up
from bot.errors import MuralRefused
from bot.languages.speech import _
from bot.mural.model import ChosenStyle, MuralState
from bot.mural.panel import MuralPanel
from bot.mural.service import MuralService
from bot.styles.service import StyleService


class MuralButtonHandlers:
    """Handles presses. The caller reports its errors to the member.

    The path of a custom id is the mural's id, the action, then a tile or a page, as in `buttons`.
    """

    def __init__(self, murals: MuralService, styles: StyleService, panel: MuralPanel) -> None:
        self._murals = murals
        self._styles = styles
        self._panel = panel

    async def __call__(self, interaction: Interaction, press: Press) -> None:
        """Handle a press. Raises Refused, among others, with a sentence for the member."""
        await look_up(HANDLERS, press.path[1])(self, interaction, press)

    async def open(self, interaction: Interaction, press: Press) -> None:
        """Show the free tiles to the member alone."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._show(interaction, int(press.path[0]), 0)

    async def turn(self, interaction: Interaction, press: Press) -> None:
        """Show another page of the free tiles."""
        await interaction.response.defer()
        await self._show(interaction, int(press.path[0]), int(press.path[2]))

    async def _show(self, interaction: Interaction, mural_id: int, page: int) -> None:
        mural = await self._murals.get_for(answers.member_of(interaction), mural_id)
        if mural.state is not MuralState.OPEN:
            raise MuralRefused(_("This mural takes no more tiles."))
        await self._panel.show_tiles(interaction, mural, page)

    async def take(self, interaction: Interaction, press: Press) -> None:
        """Claim a tile for the member."""
        mural_id, number = int(press.path[0]), int(press.values[0])
        await interaction.response.defer()
        mural = await self._murals.claim(answers.member_of(interaction), mural_id, number)
        await self._panel.show_tile(interaction, mural, number)

    async def show_own(self, interaction: Interaction, press: Press) -> None:
        """Show one of the member's tiles."""
        mural_id, number = int(press.path[0]), int(press.values[0])
        await interaction.response.defer()
        mural = await self._murals.get_own(answers.member_of(interaction), mural_id, number)
        await self._panel.show_tile(interaction, mural, number)

    async def paint(self, interaction: Interaction, press: Press) -> None:
        """Order the painting of a tile in a style of the library."""
        mural_id, number = int(press.path[0]), int(press.path[2])
        await interaction.response.defer()
        member = answers.member_of(interaction)
        style = await self._styles.find(member.guild_id, press.values[0])
        choice = ChosenStyle(style.picture, style.name)
        mural = await self._murals.choose(
            member, mural_id, number, choice, interaction.id, library=True
        )
        await self._panel.show_tiles(interaction, mural)

    async def give_back(self, interaction: Interaction, press: Press) -> None:
        """Give a tile back, so that others can claim it."""
        mural_id, number = int(press.path[0]), int(press.path[2])
        await interaction.response.defer()
        mural = await self._murals.give_back(answers.member_of(interaction), mural_id, number)
        said = _("Tile {number} is free again.", number=number)
        await self._panel.show_tiles(interaction, mural, text=said)


HANDLERS = {
    "claim": MuralButtonHandlers.open,
    "page": MuralButtonHandlers.turn,
    "take": MuralButtonHandlers.take,
    "tile": MuralButtonHandlers.show_own,
    "paint": MuralButtonHandlers.paint,
    "back": MuralButtonHandlers.give_back,
}
