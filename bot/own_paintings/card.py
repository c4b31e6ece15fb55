"""The texts of `/paintings`: a list in pages, and questions about it."""

import discord

from bot.discord_io.escaping import plain
from bot.discord_io.sending import Upload
from bot.jobs.model import Job
from bot.languages.speech import _, command, ngettext, significant
from bot.muralize import alt_text
from bot.own_paintings.model import Filter, Page

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


def _file_name(job: Job) -> str:
    return f"painting-{job.id}.webp"


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
