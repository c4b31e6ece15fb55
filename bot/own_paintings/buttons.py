"""The menus and buttons of `/paintings`: under the list, under a question, under one painting."""

from collections.abc import Sequence

import discord

from bot.discord_io.components import AnyItem, custom_id, page_buttons, view_of
from bot.discord_io.limits import MOST_OPTIONS
from bot.jobs.model import Job
from bot.languages.speech import ngettext, pgettext
from bot.muralize.buttons import Action, button
from bot.own_paintings.model import ALL, Filter, Page, key_of

FEATURE = "paintings"  # the first part of a custom id
LONGEST_LABEL = 100  # characters of an option's label or description


def under_list(page: Page) -> discord.ui.View:
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

    def page_id(number: int, is_next: bool) -> str:
        return custom_id(FEATURE, "after" if is_next else "before", number, *chosen.path)

    items += page_buttons(page_id, page.number, page.pages)
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


def under_question(page: Page) -> discord.ui.View:
    """Make the buttons under the question whether to delete all.

    Paintings newer than the page's first are spared.
    """
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


def under_painting(
    job: Job, actions: Sequence[Action], page: int, chosen: Filter
) -> discord.ui.View:
    """Make the buttons under one painting: those of its result, and the list's own."""
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
    others = [button(job.id, action) for action in actions if action is not Action.DELETE]
    return view_of(*others, *own)


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
