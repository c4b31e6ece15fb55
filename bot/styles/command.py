"""`/style save`, `list`, `show`, `rename` and `delete`."""

from collections.abc import Callable, Coroutine
from typing import Any

import discord
from discord import app_commands

from bot.discord_io import answers
from bot.discord_io.components import Handler, Interaction, Press
from bot.discord_io.escaping import plain
from bot.discord_io.limits import MOST_CHOICES
from bot.discord_io.uploads import described
from bot.errors import Refused
from bot.languages.speech import _, pgettext
from bot.pictures.intake import Intake
from bot.pictures.retention import retry_if_deleted
from bot.pictures.turns import Owner
from bot.styles import card
from bot.styles.model import Style
from bot.styles.service import StyleService

StyleName = app_commands.Range[str, 1, 100]  # more than a name may have, for a clear refusal
Choices = list[app_commands.Choice[str]]
Complete = Callable[[Interaction, str], Coroutine[Any, Any, Choices]]


def make_group(styles: StyleService, intake: Intake) -> tuple[app_commands.Group, Handler]:
    """Make the group, and the handler of its buttons."""
    group = app_commands.Group(
        name="style", description="The styles of this server", guild_only=True
    )

    @group.command(name="save", description="Add a style to this server's library")
    @app_commands.describe(name="What to call it", picture="A picture in that style")
    async def save(interaction: Interaction, name: StyleName, picture: discord.Attachment) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        member = answers.member_of(interaction)
        if picture.is_spoiler() or answers.is_age_restricted(interaction.channel):
            raise Refused(
                _(
                    "A library shows its styles openly, in every channel: it takes no picture that "
                    "is marked as a spoiler or comes from an age-restricted channel."
                )
            )
        await styles.check(member, name)  # before anything is downloaded
        offered = described(_("The picture"), picture)

        async def take_in() -> Style:
            owner = Owner(member.guild_id, member.id)
            async with intake.taken([offered], owner) as (stored,):
                return await styles.save(member, name, stored.name)

        style = await retry_if_deleted(take_in)
        option = pgettext("option", "saved_style")
        use = f"`/{pgettext('command', 'muralize')} {option}:`"
        await _show(interaction, style, _("Saved. You can use it with {use} now.", use=use))

    @group.command(name="list", description="The styles of this server, with pictures")
    async def show_all(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await show_page(interaction, 0)

    @group.command(name="show", description="Show one style in large")
    @app_commands.describe(name="The style")
    async def show(interaction: Interaction, name: StyleName) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await _show(interaction, await styles.find(interaction.guild_id or 0, name), "")

    @group.command(name="rename", description="Rename a style of this server's library")
    @app_commands.describe(name="The style", new_name="What to call it from now on")
    async def rename(interaction: Interaction, name: StyleName, new_name: StyleName) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        style = await styles.rename(answers.member_of(interaction), name, new_name)
        text = _("It is called *{name}* now.", name=plain(style.name))
        await interaction.edit_original_response(content=text)

    @group.command(name="delete", description="Delete a style from this server's library")
    @app_commands.describe(name="The style")
    async def delete(interaction: Interaction, name: StyleName) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        style = await styles.delete(answers.member_of(interaction), name)
        text = _("*{name}* is deleted. Paintings in this style stay.", name=plain(style.name))
        await interaction.edit_original_response(content=text)

    async def show_page(interaction: Interaction, number: int) -> None:
        page = await styles.page(interaction.guild_id or 0, number)
        text, embeds = card.gallery(page)
        previews = [await styles.pictures.read(style.preview) for style in page.styles]
        await interaction.edit_original_response(
            content=text,
            embeds=embeds,
            attachments=card.files(page.styles, previews),
            view=card.paging(page),
        )

    async def pressed(interaction: Interaction, press: Press) -> None:
        number = press.path[1]
        await interaction.response.defer()
        await show_page(interaction, int(number))

    async def _show(interaction: Interaction, style: Style, text: str) -> None:
        previews = [await styles.pictures.read(style.preview)]
        await interaction.edit_original_response(
            content=text or None,
            embeds=[card.one(style)],
            attachments=card.files([style], previews),
        )

    show.autocomplete("name")(style_choices(styles))
    rename.autocomplete("name")(style_choices(styles))
    delete.autocomplete("name")(style_choices(styles))
    return group, pressed


def style_choices(styles: StyleService) -> Complete:
    """Make what offers a server's styles while a member types."""

    async def complete(interaction: Interaction, typed: str) -> Choices:
        found = await styles.like(answers.guild_of(interaction), typed)
        return [
            app_commands.Choice(name=style.name, value=style.key) for style in found[:MOST_CHOICES]
        ]

    return complete
