"""The buttons and menus of challenges: under a ballot, and under `/challenge status`."""

from collections.abc import Sequence

import discord

from bot.challenges.model import Challenge, Entry
from bot.discord_io.components import AnyItem, custom_id, page_buttons
from bot.discord_io.limits import MOST_OPTIONS
from bot.languages.speech import pgettext

FEATURE = "challenges"  # the first part of a custom id


def vote_button(challenge: Challenge, entry: Entry) -> AnyItem:
    """Make the button on the ballot that votes for an entry."""
    return discord.ui.Button[discord.ui.View](
        label=str(entry.number), custom_id=custom_id(FEATURE, challenge.id, "vote", entry.number)
    )


def choose_button(
    challenge: Challenge, entry: Entry, page: int, *, chosen: bool, own: bool
) -> AnyItem:
    """Make the button on the status that votes for an entry; nobody votes for their own."""
    return discord.ui.Button[discord.ui.View](
        label=str(entry.number),
        style=discord.ButtonStyle.success if chosen else discord.ButtonStyle.secondary,
        disabled=own,
        custom_id=custom_id(FEATURE, challenge.id, "choose", entry.number, page),
    )


def ballot_page_buttons(challenge: Challenge, page: int, pages: int) -> list[AnyItem]:
    """Make the buttons that turn the pages of the ballot on the status; none for a single page."""

    def page_id(number: int, is_next: bool) -> str:
        return custom_id(FEATURE, challenge.id, "page", number, "on" if is_next else "back")

    return page_buttons(page_id, page, pages, row=2)


def withdraw_menu(challenge: Challenge, entries: Sequence[Entry]) -> AnyItem:
    """Make the menu with which a member withdraws one of their entries."""
    placeholder = pgettext("placeholder", "Withdraw an entry…")
    return _menu(challenge, entries[:MOST_OPTIONS], placeholder, "withdraw")


def remove_menu(
    challenge: Challenge, entries: Sequence[Entry], part: int, row: int | None = None
) -> AnyItem:
    """Make the menu with which moderators remove an entry; `part` tells several menus apart."""
    placeholder = pgettext("placeholder", "Remove an entry…")
    return _menu(challenge, entries, placeholder, "remove", str(part), row=row)


def _menu(
    challenge: Challenge,
    entries: Sequence[Entry],
    placeholder: str,
    *path: str,
    row: int | None = None,
) -> AnyItem:
    return discord.ui.Select[discord.ui.View](
        custom_id=custom_id(FEATURE, challenge.id, *path),
        placeholder=placeholder,
        row=row,
        options=[
            discord.SelectOption(
                # the number of the painting would give away its author on the ballot
                label=pgettext("label", "Entry {number}", number=entry.number)
                if entry.number
                else pgettext("label", "Painting № {number}", number=entry.job_id),
                # nor its id, which follows the order of entering
                value=f"number {entry.number}" if entry.number else str(entry.id),
            )
            for entry in entries
        ],
    )
