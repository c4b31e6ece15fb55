"""The messages of `/style`: a gallery in pages, and one style in large."""

from collections.abc import Sequence

import discord

from bot.discord_io.components import custom_id, page_buttons, view_of
from bot.discord_io.escaping import name_of, plain
from bot.discord_io.sending import Upload, files_of
from bot.languages.speech import _, command
from bot.styles.model import Page, Style

FEATURE = "styles"


def gallery(page: Page) -> tuple[str, list[discord.Embed]]:
    """Show a page as a list with thumbnails, which are sent as files."""
    if not page.total:
        return _(
            "There are no styles here yet. {command} adds one.", command=command("style save")
        ), []
    text: str = _("🎨 **Styles of this server**: {total}", total=page.total)
    if page.pages > 1:
        number = _("page {page} of {pages}", page=page.number + 1, pages=page.pages)
        text = f"{text} · {number}"
    embeds = []
    for style in page.styles:
        embed = discord.Embed(title=plain(style.name), description=credit(style))
        embed.set_thumbnail(url=f"attachment://{file_name(style)}")
        embeds.append(embed)
    return text, embeds


def one(style: Style) -> discord.Embed:
    """Show a style in large; its picture is sent as a file."""
    embed = discord.Embed(title=plain(style.name), description=credit(style))
    embed.set_image(url=f"attachment://{file_name(style)}")
    return embed


def paging(page: Page) -> discord.ui.View:
    """Make the buttons that turn pages; none for a single page."""

    def page_id(number: int, is_next: bool) -> str:
        return custom_id(FEATURE, "after" if is_next else "before", number)

    return view_of(*page_buttons(page_id, page.number, page.pages))


def credit(style: Style) -> str:
    """Name the author of a style."""
    if style.author_id is None:
        return _("comes with Muralscape")
    author = name_of(style.author_name, style.author_id)
    return _("saved by {author} {when}", author=author, when=f"<t:{round(style.created_at)}:R>")


def file_name(style: Style) -> str:
    """Give the file name of a style's preview."""
    return f"style-{style.id}.jpg"


def files(styles: Sequence[Style], previews: Sequence[bytes]) -> list[discord.File]:
    """Make the files that the embeds refer to."""
    return files_of(
        Upload(file_name(style), data, _("The style {name}", name=style.name))
        for style, data in zip(styles, previews, strict=True)
    )
