"""`/mural start`, `claim`, `show`, `finish`, `cancel` and `free`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import discord
from discord import app_commands

from bot.challenges.deadlines import moment
from bot.discord_io import answers
from bot.discord_io.answers import Interaction
from bot.discord_io.escaping import plain
from bot.discord_io.posting import check_channel, is_restricted
from bot.discord_io.uploads import described
from bot.errors import MuralRefused
from bot.guilds.service import GuildService
from bot.languages.speech import _, ngettext
from bot.mural import card
from bot.mural.messenger import tell
from bot.mural.model import Choice, Mural, MuralState, StyleRule, Terms
from bot.mural.panel import MuralPanel
from bot.mural.rules import check_style, no_mural_yet
from bot.mural.service import MuralService
from bot.names import cleaned_name
from bot.pictures.intake import Intake
from bot.pictures.retention import retry_if_deleted
from bot.pictures.turns import Owner
from bot.styles.command import StyleName, choices
from bot.styles.service import StyleService
from engine.mural.grid import FEWEST, MOST, suggested

LONGEST_TITLE, LONGEST_REASON = 80, 300  # characters
SUGGESTED = 4  # tiles along the long side, unless the host says otherwise
MOST_TILES = MOST * MOST

Side = app_commands.Range[int, FEWEST, MOST]


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

    async def start(
        self,
        interaction: Interaction,
        picture: discord.Attachment,
        terms: Terms,
        names: str | None,
        server_style: str | None,
    ) -> None:
        """Start a mural in the channel of the interaction; its message follows.

        `terms` has no columns and rows where the grid is to be suggested.
        """
        await interaction.response.defer(ephemeral=True, thinking=True)
        member = answers.member_of(interaction)
        await self._murals.check_may_start(member, terms.title)
        channel = interaction.channel_id or 0
        check_channel(interaction, channel)
        if picture.is_spoiler():
            raise MuralRefused(_("A picture marked as a spoiler cannot be shown openly."))
        terms = await self._with_styles(member.guild_id, terms, names, server_style)
        offered = described(_("The picture"), picture)

        async def take_in() -> Mural:
            owner = Owner(member.guild_id, member.id)
            async with self._intake.taken([offered], owner) as (photo,):
                columns, rows = suggested(photo.size, SUGGESTED)
                full = replace(
                    terms,
                    columns=terms.columns or columns,
                    rows=terms.rows or rows,
                    tile=await self._murals.tile_side(member.guild_id),
                )
                return await self._murals.start(
                    member,
                    channel,
                    full,
                    photo.name,
                    age_restricted=is_restricted(interaction, channel),
                )

        mural = await retry_if_deleted(take_in)
        (width, height), place = mural.terms.grid.size, f"<#{channel}>"
        await interaction.edit_original_response(
            content=_(
                "Mural № {number} is open, with {columns} x {rows} tiles and {width} x {height} "
                "pixels when it is finished. It grows in {channel}.",
                number=mural.id,
                columns=mural.terms.columns,
                rows=mural.terms.rows,
                width=width,
                height=height,
                channel=place,
            )
        )

    async def _with_styles(
        self, guild_id: int, terms: Terms, names: str | None, server_style: str | None
    ) -> Terms:
        """Add the styles to the terms, by their names in the library."""
        wanted = [name.strip() for name in (names or "").split(",") if name.strip()]
        fixed = [await self._styles.find(guild_id, name) for name in wanted]
        if server_style is not None:
            own = await self._styles.find(guild_id, server_style)
        else:
            own = fixed[0] if fixed else (await self._styles.offered(guild_id))[0]
        return replace(
            terms,
            styles=StyleRule.FIXED if fixed else terms.styles,
            style_names=tuple(style.name for style in fixed),
            server_style=Choice(own.picture, own.name),
        )

    async def claim(
        self,
        interaction: Interaction,
        tile: int | None,
        style: str | None,
        picture: discord.Attachment | None,
    ) -> None:
        """Show the free tiles; or claim one, and order its painting where a style is given."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        member = answers.member_of(interaction)
        mural = await self._murals.need_unfinished(member.guild_id)
        if tile is None:
            await self._panel.show_tiles(interaction, mural)
            return
        mural = await self._murals.claim(member, mural.id, tile)
        if picture is not None:
            mural = await self._paint_from(interaction, mural, tile, picture)
        elif style is not None:
            found = await self._styles.find(member.guild_id, style)
            choice = Choice(found.picture, found.name)
            mural = await self._murals.choose(
                member, mural.id, tile, choice, interaction.id, library=True
            )
        else:
            await self._panel.show_tile(interaction, mural, tile)
            return
        await self._panel.show_tiles(interaction, mural)

    async def _paint_from(
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

        async def take_in() -> Mural:
            async with self._intake.taken([offered], Owner(member.guild_id, member.id)) as (one,):
                choice = Choice(one.name, offered.title or _("a picture"))
                return await self._murals.choose(
                    member, mural.id, tile, choice, interaction.id, library=False
                )

        return await retry_if_deleted(take_in)

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
            choice = Choice(found.picture, found.name)
        mural = await self._murals.finish(member, choice)
        left = sum(tile.order is not None for tile in mural.tiles)
        await interaction.edit_original_response(
            content=ngettext(
                "Claiming is over. {n} tile is still to be painted, one that nobody painted in "
                "*{style}*.",
                "Claiming is over. {n} tiles are still to be painted, those that nobody painted in "
                "*{style}*.",
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
        """Take off a tile, by a moderator; the member that had it is told the reason."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        why = cleaned_name(reason, _("The reason"), LONGEST_REASON)
        mural, had = await self._murals.free(answers.member_of(interaction), tile, mural_id)
        if had:
            with await self._guilds.voice(mural.guild_id):
                text = card.freed(mural, tile, why)
            await tell(self._client, had, text)
        said = _("Tile {number} is free again.", number=tile)
        if mural.state is not MuralState.OPEN:
            style = plain(mural.terms.server_style.name)
            said = _("Tile {number} is painted anew in *{style}*.", number=tile, style=style)
        await interaction.edit_original_response(content=said)


def make_group(
    commands: MuralCommands, styles: StyleService, clock: Callable[[], float]
) -> app_commands.Group:
    """Make the group. `clock` gives Unix seconds."""
    group = app_commands.Group(
        name="mural", description="Paint one large picture together", guild_only=True
    )

    async def complete(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return choices(await styles.like(interaction.guild_id or 0, typed))

    start = _add_start(group, commands, clock)

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

    claim.autocomplete("saved_style")(complete)
    finish.autocomplete("saved_style")(complete)
    start.autocomplete("server_style")(complete)
    return group


def _add_start(
    group: app_commands.Group, commands: MuralCommands, clock: Callable[[], float]
) -> "app_commands.Command[app_commands.Group, ..., None]":
    @group.command(name="start", description="Start a mural in this channel")
    @app_commands.describe(
        content="The picture to paint together",
        title="What to call it",
        columns="Tiles side by side; without it, what suits the picture",
        rows="Tiles one below the other; without it, what suits the picture",
        styles="What members may paint in",
        only="Only these styles of the library, with commas between them",
        until="Such as 3d, 2d 12h, or 2030-05-01 18:00 (UTC)",
        tiles_per_member="How many tiles each member may have",
        who="Only members with this role may paint",
        server_style="The style of tiles that nobody paints",
    )
    async def start(
        interaction: Interaction,
        content: discord.Attachment,
        title: app_commands.Range[str, 1, 500],
        columns: Side | None = None,
        rows: Side | None = None,
        styles: Literal["any", "library"] = "any",
        only: app_commands.Range[str, 1, 500] | None = None,
        until: app_commands.Range[str, 1, 50] = "7d",
        tiles_per_member: app_commands.Range[int, 1, MOST_TILES] = 1,
        who: discord.Role | None = None,
        server_style: StyleName | None = None,
    ) -> None:
        terms = Terms(
            title=cleaned_name(title, _("The title"), LONGEST_TITLE),
            columns=columns or 0,
            rows=rows or 0,
            tile=0,
            until=moment(until, clock()),
            server_style=Choice("", ""),
            styles=StyleRule(styles),
            tiles_per_member=tiles_per_member,
            role=who.id if who is not None and not who.is_default() else None,
        )
        await commands.start(interaction, content, terms, only, server_style)

    return start
