"""The messages of `/paintings`: a list in pages, and one painting in large."""

from collections.abc import Sequence

import discord

from bot.discord_io.components import AnyItem, custom_id, page_buttons, view_of
from bot.discord_io.escaping import plain
from bot.discord_io.sending import Upload
from bot.jobs.model import Job
from bot.languages.speech import _, command, ngettext, pgettext, significant
from bot.muralize import alt_text
from bot.muralize.card import Action, Card, button
from bot.own_paintings.model import ALL, Filter, Page, key_of

FEATURE = "paintings"
MOST_OPTIONS = 25  # of a menu
LONGEST_LABEL = 100  # characters of an option's label or description
DAY = 86_400.0  # seconds


def listing(page: Page, kept_seconds: float) -> str:
    """Say how many paintings there are, and how long they are kept."""
    everywhere = page.guild_id is None
    if not page.total:
        muralize = command("muralize")
        if everywhere:
            return _("You have no finished paintings yet. {command} makes one.", command=muralize)
        return _(
            "You have no finished paintings in this server yet. {command} makes one.",
            command=muralize,
        )
    text: str = _count(page, everywhere=everywhere)
    if page.pages > 1:
        of_pages = _("page {page} of {pages}", page=page.number + 1, pages=page.pages)
        text += f" · {of_pages}"
    days = significant(kept_seconds / DAY, 3)
    if days == "1":
        kept = _("-# Each stays here for a day, unless you delete it. Only you see this list.")
    else:
        kept = _(
            "-# Each stays here for {days} days, unless you delete it. Only you see this list.",
            days=days,
        )
    return f"{text}\n{kept}"


def _count(page: Page, *, everywhere: bool) -> str:
    total = page.total
    if page.filter == Filter():
        if everywhere:
            return _("🖼️ **Your paintings**: {number}", number=total)
        return _("🖼️ **Your paintings** in this server: {number}", number=total)
    if everywhere:
        return _("🖼️ **Your paintings**: {number} of these", number=total)
    return _("🖼️ **Your paintings** in this server: {number} of these", number=total)


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
            placeholder=pgettext("placeholder", "Show a painting…"),
            options=[_option(job) for job in page.jobs],
        )
    ]
    if len(page.styles) > 1:
        nameless = pgettext("label", "A picture without a name")
        styles = [(key_of(style), style or nameless) for style in page.styles]
        every = pgettext("label", "All styles")
        items.append(_kinds("style", every, styles, chosen.style, chosen))
    if len(page.presets) > 1:
        presets = [(preset, preset) for preset in page.presets]
        every = pgettext("label", "All presets")
        items.append(_kinds("preset", every, presets, chosen.preset, chosen))
    items += page_buttons(FEATURE, page.number, page.pages, *chosen.path)
    items.append(
        discord.ui.Button(
            label=ngettext("Delete {n} painting…", "Delete {n} paintings…", page.total),
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
    rest = _("Nobody can bring them back. Messages with them stay where they are.")
    return f"{_question(page)} {rest}"


def _question(page: Page) -> str:
    total, everywhere = page.total, page.guild_id is None
    if page.filter == Filter():
        if everywhere:
            return ngettext(
                "🗑️ Delete **your only painting**?", "🗑️ Delete **all your {n} paintings**?", total
            )
        return ngettext(
            "🗑️ Delete **your only painting** in this server?",
            "🗑️ Delete **all your {n} paintings** in this server?",
            total,
        )
    if everywhere:
        return ngettext("🗑️ Delete **this painting**?", "🗑️ Delete **these {n} paintings**?", total)
    return ngettext(
        "🗑️ Delete **this painting** in this server?",
        "🗑️ Delete **these {n} paintings** in this server?",
        total,
    )


def confirmation_buttons(page: Page) -> discord.ui.View:
    """Make the buttons under that question; paintings newer than the page's first are spared."""
    path = page.filter.path
    newest = page.jobs[0].id if page.jobs else 0
    return view_of(
        discord.ui.Button(
            label=ngettext("Delete {n} painting", "Delete {n} paintings", page.total),
            style=discord.ButtonStyle.danger,
            custom_id=custom_id(FEATURE, "erase", newest, *path),
        ),
        discord.ui.Button(
            label=pgettext("button", "Keep them"), custom_id=custom_id(FEATURE, "back", 0, *path)
        ),
    )


def erased(deleted: int, left: int) -> str:
    """Say how many paintings were deleted, and how many could not be."""
    text: str = ngettext("{n} painting deleted.", "{n} paintings deleted.", deleted)
    if left:
        rest = ngettext(
            "{n} painting can be deleted once delivered.",
            "{n} paintings can be deleted once delivered.",
            left,
        )
        text = f"{text} {rest}"
    return f"{text}\n"


def controls(job: Job, shown: Card, page: int, chosen: Filter) -> discord.ui.View:
    """Make the buttons under one painting: those of a result, and the list's own."""
    own: list[AnyItem] = [
        discord.ui.Button(
            label=pgettext("button", "Post it here"),
            emoji="📣",
            custom_id=custom_id(FEATURE, "post", job.id),
        ),
        discord.ui.Button(
            label=pgettext("button", "All paintings"),
            emoji="◀️",
            custom_id=custom_id(FEATURE, "back", page, *chosen.path),
        ),
        discord.ui.Button(
            label=pgettext("button", "Delete"),
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
    preset = job.settings.preset
    how: str = preset
    if style:
        how = pgettext("hint", "in the style of {style}, {preset}", style=style, preset=preset)
    return discord.SelectOption(
        label=f"№ {job.id}{content}"[:LONGEST_LABEL],
        description=how[:LONGEST_LABEL],
        value=str(job.id),
    )


def _how(job: Job) -> str:
    style = job.sources.style_name or job.sources.style_title
    outcome = job.result.outcome if job.result is not None else None
    parts: list[str] = []
    if style:
        parts.append(_("in the style of *{style}*", style=plain(style)))
    parts.append(job.settings.preset)
    if outcome:
        parts += [f"{outcome.width}x{outcome.height}", _("seed {seed}", seed=outcome.seed)]
    made = f"<t:{round(job.painted_at or job.created_at)}:R>"
    if job.parent_id is not None:
        parent = _("from № {number}", number=job.parent_id)
        made = f"{made} · {parent}"
    return f"{' · '.join(parts)}\n{made}"
