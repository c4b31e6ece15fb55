"""Handlers of the buttons and menus of murals."""

from bot.discord_io import answers
from bot.discord_io.components import Interaction, Press
from bot.errors import MuralRefused, OutdatedMessage
from bot.languages.speech import _
from bot.mural.model import ChosenStyle, MuralState
from bot.mural.panel import MuralPanel
from bot.mural.service import MuralService
from bot.styles.service import StyleService


class MuralButtonHandlers:
    """Handles presses. The caller reports its errors to the member."""

    def __init__(self, murals: MuralService, styles: StyleService, panel: MuralPanel) -> None:
        self._murals = murals
        self._styles = styles
        self._panel = panel

    async def __call__(self, interaction: Interaction, press: Press) -> None:
        """Show tiles, claim one, order its painting or give it back, as the custom id says."""
        mural_id, action, *rest = int(press.path[0]), *press.path[1:]
        if action == "claim":
            await interaction.response.defer(ephemeral=True, thinking=True)
            await self._show(interaction, mural_id, 0)
            return
        await interaction.response.defer()
        if action == "page":
            await self._show(interaction, mural_id, int(rest[0]))
        elif action == "take":
            await self._take(interaction, mural_id, int(press.values[0]))
        elif action == "tile":
            number = int(press.values[0])
            mural = await self._murals.get_own(answers.member_of(interaction), mural_id, number)
            await self._panel.show_tile(interaction, mural, number)
        elif action == "paint":
            await self._paint(interaction, mural_id, int(rest[0]), press.values[0])
        elif action == "back":
            await self._give_back(interaction, mural_id, int(rest[0]))
        else:
            raise OutdatedMessage

    async def _show(self, interaction: Interaction, mural_id: int, page: int) -> None:
        mural = await self._murals.get_for(answers.member_of(interaction), mural_id)
        if mural.state is not MuralState.OPEN:
            raise MuralRefused(_("This mural takes no more tiles."))
        await self._panel.show_tiles(interaction, mural, page)

    async def _take(self, interaction: Interaction, mural_id: int, number: int) -> None:
        mural = await self._murals.claim(answers.member_of(interaction), mural_id, number)
        await self._panel.show_tile(interaction, mural, number)

    async def _paint(self, interaction: Interaction, mural_id: int, number: int, name: str) -> None:
        member = answers.member_of(interaction)
        style = await self._styles.find(member.guild_id, name)
        choice = ChosenStyle(style.picture, style.name)
        mural = await self._murals.choose(
            member, mural_id, number, choice, interaction.id, library=True
        )
        await self._panel.show_tiles(interaction, mural)

    async def _give_back(self, interaction: Interaction, mural_id: int, number: int) -> None:
        mural = await self._murals.give_back(answers.member_of(interaction), mural_id, number)
        said = _("Tile {number} is free again.", number=number)
        await self._panel.show_tiles(interaction, mural, text=said)
