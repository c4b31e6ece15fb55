"""The messages of `/paintings`: a list in pages, and one painting in large."""

from collections.abc import Sequence

import discord

from bot.discord_io.components import AnyItem, custom_id, page_buttons, view_of
from bot.discord_io.escaping import plain
from bot.discord_io.sending import Upload
from bot.jobs.model import Job
from bot.muralize import alt_text
from bot.muralize.card import Action, Card, button
from bot.paintings.model import ALL, Filter, Page, key_of

FEATURE = "paintings"
MOST_OPTIONS = 25  # of a menu
LONGEST_LABEL = 100  # characters of an option's label or description
DAY = 86_400.0  # seconds


def listing(page: Page, kept_seconds: float) -> str:
    """Say how many paintings there are, and how long they are kept."""
    where = "" if page.guild_id is None else " in this server"
    if not page.total:
        return f"You have no finished paintings{where} yet. `/muralize` makes one."
    of_these = " of these" if page.filter != Filter() else ""
    text = f"🖼️ **Your paintings**{where}: {page.total}{of_these}"
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
    """Make the menus that show a painting in large and choose a kind, and the buttons."""
    if not page.jobs:
        return view_of()
    chosen = page.filter
    items: list[AnyItem] = [
        discord.ui.Select(
            custom_id=custom_id(FEATURE, "show", page.number, *chosen.path),
            placeholder="Show a painting…",
            options=[_option(job) for job in page.jobs],
        )
    ]
    if len(page.styles) > 1:
        styles = [(key_of(style), style or "A picture without a name") for style in page.styles]
        items.append(_kinds("style", "All styles", styles, chosen.style, chosen))
    if len(page.presets) > 1:
        presets = [(preset, preset) for preset in page.presets]
        items.append(_kinds("preset", "All presets", presets, chosen.preset, chosen))
    items += page_buttons(FEATURE, page.number, page.pages, *chosen.path)
    items.append(
        discord.ui.Button(
            label=f"Delete {_paintings(page.total)}…",
            emoji="🗑️",
            custom_id=custom_id(FEATURE, "all", *chosen.path),
        )
    )
    return view_of(*items)


def _kinds(
    action: str, every: str, kinds: Sequence[tuple[str, str]], chosen: str, current: Filter
) -> AnyItem:
    """Make a menu of the styles or presets of a member's paintings."""
    return discord.ui.Select(
        custom_id=custom_id(FEATURE, action, *(current.path or (ALL, ALL))),
        options=[
            discord.SelectOption(label=label[:LONGEST_LABEL], value=value, default=value == chosen)
            for value, label in [(ALL, every), *kinds[: MOST_OPTIONS - 1]]
        ],
    )


def confirmation(page: Page) -> str:
    """Ask whether to delete what a list has."""
    where = "" if page.guild_id is None else " in this server"
    which = "these" if page.filter != Filter() else "all your"
    return (
        f"🗑️ Delete **{which} {_paintings(page.total)}**{where}? Nobody can bring them back. "
        "Messages with them stay where they are."
    )


def confirmation_buttons(page: Page) -> discord.ui.View:
    """Make the buttons under that question; paintings newer than the page's first are spared."""
    path = page.filter.path
    newest = page.jobs[0].id if page.jobs else 0
    return view_of(
        discord.ui.Button(
            label=f"Delete {_paintings(page.total)}",
            style=discord.ButtonStyle.danger,
            custom_id=custom_id(FEATURE, "erase", newest, *path),
        ),
        discord.ui.Button(label="Keep them", custom_id=custom_id(FEATURE, "back", 0, *path)),
    )


def erased(deleted: int, left: int) -> str:
    """Say how many paintings were deleted, and how many could not be."""
    rest = f" {_paintings(left)} can be deleted once delivered." if left else ""
    return f"{_paintings(deleted)} deleted.{rest}\n"


def _paintings(number: int) -> str:
    return "1 painting" if number == 1 else f"{number} paintings"


def controls(job: Job, shown: Card, page: int, chosen: Filter) -> discord.ui.View:
    """Make the buttons under one painting: those of a result, and the list's own."""
    own: list[AnyItem] = [
        discord.ui.Button(
            label="Post it here", emoji="📣", custom_id=custom_id(FEATURE, "post", job.id)
        ),
        discord.ui.Button(
            label="All paintings",
            emoji="◀️",
            custom_id=custom_id(FEATURE, "back", page, *chosen.path),
        ),
        discord.ui.Button(
            label="Delete",
            emoji="🗑️",
            style=discord.ButtonStyle.danger,
            custom_id=custom_id(FEATURE, "delete", job.id, page, *chosen.path),
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
        *([f"{outcome.width}x{outcome.height}", f"seed {outcome.seed}"] if outcome else []),
    ]
    made = f"<t:{round(job.painted_at or job.created_at)}:R>"
    parent = f" · from № {job.parent_id}" if job.parent_id is not None else ""
    return f"{' · '.join(parts)}\n{made}{parent}"
