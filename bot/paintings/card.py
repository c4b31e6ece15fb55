"""The messages of `/paintings`: a list in pages, and one painting in large."""

import discord

from bot.discord_io.components import AnyItem, custom_id, page_buttons, view_of
from bot.discord_io.escaping import plain
from bot.discord_io.sending import Upload
from bot.jobs.model import Job
from bot.muralize import alt_text
from bot.muralize.card import Action, Card, button
from bot.paintings.model import Page

FEATURE = "paintings"
LONGEST_LABEL = 100  # characters of an option's label or description
DAY = 86_400.0  # seconds


def listing(page: Page, kept_seconds: float) -> str:
    """Say how many paintings there are, and how long they are kept."""
    where = "" if page.guild_id is None else " in this server"
    if not page.total:
        return f"You have no finished paintings{where} yet. `/muralize` makes one."
    text = f"🖼️ **Your paintings**{where}: {page.total}"
    if page.pages > 1:
        text += f" · page {page.number + 1} of {page.pages}"
    days = f"{kept_seconds / DAY:.3g}"
    kept = "a day" if days == "1" else f"{days} days"
    return f"{text}\n-# Each stays here for {kept}, unless you delete it. Only you see this list."


def embeds(page: Page) -> list[discord.Embed]:
    """Describe each painting of a page beside its preview."""
    made = []
    for job, preview in zip(page.jobs, page.previews, strict=True):
        content = f" · {plain(job.sources.content_title)}" if job.sources.content_title else ""
        embed = discord.Embed(title=f"№ {job.id}{content}", description=_how(job))
        if preview is not None:
            embed.set_thumbnail(url=f"attachment://{_file_name(job)}")
        made.append(embed)
    return made


def uploads(page: Page) -> list[Upload]:
    """Make the previews that the embeds refer to."""
    return [
        Upload(_file_name(job), preview, alt_text.of_painting(job))
        for job, preview in zip(page.jobs, page.previews, strict=True)
        if preview is not None
    ]


def choices(page: Page) -> discord.ui.View:
    """Make the menu that shows a painting in large, and the buttons that turn pages."""
    if not page.jobs:
        return view_of()
    items: list[AnyItem] = [
        discord.ui.Select(
            custom_id=custom_id(FEATURE, "show", page.number),
            placeholder="Show a painting…",
            options=[_option(job) for job in page.jobs],
        )
    ]
    items += page_buttons(FEATURE, page.number, page.pages)
    return view_of(*items)


def controls(job: Job, shown: Card, page: int) -> discord.ui.View:
    """Make the buttons under one painting: those of a result, and the list's own."""
    own: list[AnyItem] = [
        discord.ui.Button(
            label="Post it here", emoji="📣", custom_id=custom_id(FEATURE, "post", job.id)
        ),
        discord.ui.Button(
            label="All paintings", emoji="◀️", custom_id=custom_id(FEATURE, "back", page)
        ),
        discord.ui.Button(
            label="Delete",
            emoji="🗑️",
            style=discord.ButtonStyle.danger,
            custom_id=custom_id(FEATURE, "delete", job.id, page),
        ),
    ]
    others = [button(job.id, action) for action in shown.actions if action is not Action.DELETE]
    return view_of(*others, *own)


def _file_name(job: Job) -> str:
    return f"painting-{job.id}.webp"


def _option(job: Job) -> discord.SelectOption:
    content = f" · {job.sources.content_title}" if job.sources.content_title else ""
    style = job.sources.style_name or job.sources.style_title
    how = f"in the style of {style}, {job.settings.preset}" if style else job.settings.preset
    return discord.SelectOption(
        label=f"№ {job.id}{content}"[:LONGEST_LABEL],
        description=how[:LONGEST_LABEL],
        value=str(job.id),
    )


def _how(job: Job) -> str:
    style = job.sources.style_name or job.sources.style_title
    outcome = job.result.outcome if job.result is not None else None
    parts = [
        *([f"in the style of *{plain(style)}*"] if style else []),
        job.settings.preset,
        *([f"{outcome.width}x{outcome.height}"] if outcome else []),
    ]
    made = f"<t:{round(job.painted_at or job.created_at)}:R>"
    parent = f" · from № {job.parent_id}" if job.parent_id is not None else ""
    return f"{' · '.join(parts)}\n{made}{parent}"
