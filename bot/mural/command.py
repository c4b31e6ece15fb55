"""`/mural claim`, `show`, `finish`, `cancel` and `free`; `start_command` has `start`."""

import discord
from discord import app_commands

from bot.discord_io import answers
from bot.discord_io.components import Interaction
from bot.discord_io.escaping import plain
from bot.discord_io.uploads import described
from bot.errors import MuralRefused
from bot.guilds.service import GuildService
from bot.languages.speech import _, ngettext
from bot.mural import card
from bot.mural.messenger import tell
from bot.mural.model import NO_MEMBER, ChosenStyle, Mural, MuralState
from bot.mural.panel import MuralPanel
from bot.mural.rules import check_style, no_mural_yet
from bot.mural.service import MuralService
from bot.names import cleaned_name
from bot.pictures.intake import Intake
from bot.pictures.retention import retry_if_deleted
from bot.pictures.turns import Owner
from bot.styles.command import StyleName, style_choices
from bot.styles.service import StyleService
from engine.mural.grid import MOST_TILES

LONGEST_REASON = 300  # characters


class MuralCommands:
    """Carries out the commands. The caller reports errors to the member."""

    def __init__(
        self,
        murals: MuralService,
        styles: StyleService,
        intake: Intake,
        panel: MuralPanel,
        guilds: GuildService,
        client: discord.Client,
    ) -> None:
        self._murals = murals
        self._styles = styles
        self._intake = intake
        self._panel = panel
        self._guilds = guilds
        self._client = client

    async def claim(
        self,
        interaction: Interaction,
        tile: int | None,
        style: str | None,
        picture: discord.Attachment | None,
    ) -> None:
        """Claim a tile, and order its painting if a style is given; without `tile`, offer some."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        member = answers.member_of(interaction)
        mural = await self._murals.need_unfinished(member.guild_id)
        if tile is None:
            await self._panel.show_tiles(interaction, mural)
            return
        mural = await self._murals.claim(member, mural.id, tile)
        if picture is not None:
            mural = await self._order_from_upload(interaction, mural, tile, picture)
        elif style is not None:
            found = await self._styles.find(member.guild_id, style)
            choice = ChosenStyle(found.picture, found.name)
            mural = await self._murals.choose(
                member, mural.id, tile, choice, interaction.id, library=True
            )
        else:
            await self._panel.show_tile(interaction, mural, tile)
            return
        await self._panel.show_tiles(interaction, mural)

    async def _order_from_upload(
        self, interaction: Interaction, mural: Mural, tile: int, picture: discord.Attachment
    ) -> Mural:
        """Order the painting of a tile in the style of an uploaded picture."""
        member = answers.member_of(interaction)
        check_style(mural.terms, None)  # before anything is downloaded
        if picture.is_spoiler():
            raise MuralRefused(_("A style marked as a spoiler cannot be shown openly."))
        if answers.is_age_restricted(interaction.channel) and not mural.age_restricted:
            raise MuralRefused(_("A style from an age-restricted channel stays in such channels."))
        offered = described(_("The style picture"), picture)

        async def take_in_and_order() -> Mural:
            owner = Owner(member.guild_id, member.id)
            async with self._intake.taken([offered], owner) as (stored,):
                choice = ChosenStyle(stored.name, offered.title or _("a picture"))
                return await self._murals.choose(
                    member, mural.id, tile, choice, interaction.id, library=False
                )

        return await retry_if_deleted(take_in_and_order)

    async def show(self, interaction: Interaction) -> None:
        """Show the server's mural, or the last one."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        mural = await self._murals.store.last(interaction.guild_id or 0)
        if mural is None:
            raise no_mural_yet()
        await self._panel.show_mural(interaction, mural)

    async def finish(self, interaction: Interaction, style: str | None) -> None:
        """Have what is left painted in the server's style."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        member = answers.member_of(interaction)
        choice = None
        if style is not None:
            found = await self._styles.find(member.guild_id, style)
            choice = ChosenStyle(found.picture, found.name)
        mural = await self._murals.finish(member, choice)
        left = sum(tile.order is not None for tile in mural.tiles)
        await interaction.edit_original_response(
            content=ngettext(
                "Claiming is over. {n} tile is still to be painted; what nobody took is painted in "
                "*{style}*.",
                "Claiming is over. {n} tiles are still to be painted; what nobody took is painted "
                "in *{style}*.",
                left,
                style=mural.terms.server_style.name,
            )
        )

    async def cancel(self, interaction: Interaction) -> None:
        """End the mural without a result."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        mural = await self._murals.cancel(answers.member_of(interaction))
        await interaction.edit_original_response(
            content=_("Mural № {number} is cancelled.", number=mural.id)
        )

    async def free(
        self, interaction: Interaction, tile: int, reason: str, mural_id: int | None
    ) -> None:
        """Take off a tile, as a moderator; its owner is told the reason."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        why = cleaned_name(reason, _("The reason"), LONGEST_REASON)
        moderator = answers.member_of(interaction)
        mural, owner_id = await self._murals.free(moderator, tile, mural_id)
        if owner_id != NO_MEMBER:
            with await self._guilds.voice(mural.guild_id):
                text = card.freed(mural, tile, why)
            await tell(self._client, owner_id, text)
        said = _("Tile {number} is free again.", number=tile)
        if mural.state is not MuralState.OPEN:
            style = plain(mural.terms.server_style.name)
            said = _("Tile {number} is painted anew in *{style}*.", number=tile, style=style)
        await interaction.edit_original_response(content=said)


def add_commands(group: app_commands.Group, commands: MuralCommands, styles: StyleService) -> None:
    """Add the commands but `start` to the group of `/mural`."""

    @group.command(name="claim", description="Take a tile, and paint it")
    @app_commands.describe(
        tile="The number of the tile; without it, the free ones are shown",
        style="A picture in the style that you want",
        saved_style="Or the name of a saved style",
    )
    async def claim(
        interaction: Interaction,
        tile: app_commands.Range[int, 1, MOST_TILES] | None = None,
        style: discord.Attachment | None = None,
        saved_style: StyleName | None = None,
    ) -> None:
        await commands.claim(interaction, tile, saved_style, style)

    @group.command(name="show", description="Show the mural, and a link to it in large")
    async def show(interaction: Interaction) -> None:
        await commands.show(interaction)

    @group.command(name="finish", description="End the claiming, and have the rest painted")
    @app_commands.describe(
        saved_style="The style of the rest; without it, the one chosen at the start"
    )
    async def finish(interaction: Interaction, saved_style: StyleName | None = None) -> None:
        await commands.finish(interaction, saved_style)

    @group.command(name="cancel", description="End the mural without a result")
    async def cancel(interaction: Interaction) -> None:
        await commands.cancel(interaction)

    @group.command(name="free", description="Take a member's tile off the mural, as a moderator")
    @app_commands.describe(
        tile="The number of the tile",
        reason="The member who had it reads it",
        mural="The number below the mural; without it, the newest",
    )
    async def free(
        interaction: Interaction,
        tile: app_commands.Range[int, 1, MOST_TILES],
        reason: app_commands.Range[str, 3, 500],
        mural: app_commands.Range[int, 1] | None = None,
    ) -> None:
        await commands.free(interaction, tile, reason, mural)

    claim.autocomplete("saved_style")(style_choices(styles))
    finish.autocomplete("saved_style")(style_choices(styles))
