"""`/mural start`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import discord
from discord import app_commands

from bot.challenges.deadlines import moment
from bot.discord_io import answers
from bot.discord_io.components import Interaction
from bot.discord_io.posting import check_channel, is_restricted
from bot.discord_io.uploads import described
from bot.errors import MuralRefused
from bot.languages.speech import _
from bot.mural.model import ChosenStyle, Mural, StyleRule, Terms
from bot.mural.service import MuralService
from bot.names import cleaned_name
from bot.pictures.intake import Intake
from bot.pictures.retention import retry_if_deleted
from bot.pictures.turns import Owner
from bot.styles.command import StyleName, style_choices
from bot.styles.service import StyleService
from engine.mural.grid import FEWEST, MOST, MOST_TILES, suggested

LONGEST_TITLE = 80  # characters
SUGGESTED = 4  # tiles along the long side, unless the host says otherwise

Side = app_commands.Range[int, FEWEST, MOST]


class MuralStarter:
    """Carries out the command. The caller reports errors to the member."""

    def __init__(self, murals: MuralService, styles: StyleService, intake: Intake) -> None:
        self._murals = murals
        self._styles = styles
        self._intake = intake

    async def start(
        self,
        interaction: Interaction,
        picture: discord.Attachment,
        terms: Terms,
        only: str | None,
        server_style: str | None,
    ) -> None:
        """Start a mural in the interaction's channel. The reconciler sends its message.

        `terms` lack the styles, which `only` and `server_style` name, and the side of a tile. Where
        columns or rows are 0, they are chosen to suit the picture.
        """
        await interaction.response.defer(ephemeral=True, thinking=True)
        member = answers.member_of(interaction)
        await self._murals.check_may_start(member, terms.title)
        channel_id = interaction.channel_id or 0
        check_channel(interaction, channel_id)
        if picture.is_spoiler():
            raise MuralRefused(_("A picture marked as a spoiler cannot be shown openly."))
        terms = await self._with_styles(member.guild_id, terms, only, server_style)
        offered = described(_("The picture"), picture)

        async def take_in_and_start() -> Mural:
            owner = Owner(member.guild_id, member.id)
            async with self._intake.taken([offered], owner) as (photo,):
                columns, rows = suggested(photo.size, SUGGESTED)
                complete_terms = replace(
                    terms,
                    columns=terms.columns or columns,
                    rows=terms.rows or rows,
                    tile=await self._murals.tile_side(member.guild_id),
                )
                return await self._murals.start(
                    member,
                    channel_id,
                    complete_terms,
                    photo.name,
                    age_restricted=is_restricted(interaction, channel_id),
                )

        mural = await retry_if_deleted(take_in_and_start)
        width, height = mural.terms.grid.size
        place = f"<#{channel_id}>"
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
        self, guild_id: int, terms: Terms, only: str | None, server_style: str | None
    ) -> Terms:
        """Add the styles of the library to the terms.

        `only` names those that members may choose, with commas between them. Without a
        `server_style`, it is the first of those, or else of the library.
        """
        names = [name.strip() for name in (only or "").split(",") if name.strip()]
        allowed = [await self._styles.find(guild_id, name) for name in names]
        if server_style is not None:
            servers = await self._styles.find(guild_id, server_style)
        elif allowed:
            servers = allowed[0]
        else:
            servers = (await self._styles.offered(guild_id))[0]
        return replace(
            terms,
            styles=StyleRule.FIXED if allowed else terms.styles,
            style_names=tuple(style.name for style in allowed),
            server_style=ChosenStyle(servers.picture, servers.name),
        )


def add_start(
    group: app_commands.Group,
    starter: MuralStarter,
    library: StyleService,
    clock: Callable[[], float],
) -> None:
    """Add `start` to the group of `/mural`. `clock` gives Unix seconds."""

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
            tile=0,  # `MuralStarter.start` knows it, and the styles
            until=moment(until, clock()),
            server_style=ChosenStyle("", ""),
            styles=StyleRule(styles),
            tiles_per_member=tiles_per_member,
            role=who.id if who is not None and not who.is_default() else None,
        )
        await starter.start(interaction, content, terms, only, server_style)

    start.autocomplete("server_style")(style_choices(library))
