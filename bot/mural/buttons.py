"""The buttons and menus of murals: under the mural, under its free tiles, under one tile."""

from collections.abc import Sequence

import discord

from bot.discord_io.components import AnyItem, custom_id, page_buttons, view_of
from bot.discord_io.limits import MOST_OPTIONS
from bot.languages.speech import pgettext
from bot.mural.model import Mural, MuralState
from bot.mural.rules import tiles_of
from bot.people import Member
from bot.styles.model import Style

FEATURE = "mural"  # the first part of a custom id


def under_mural(mural: Mural) -> discord.ui.View:
    """Make the buttons of the message in which a mural grows."""
    items: list[AnyItem] = []
    if mural.state is MuralState.OPEN:
        items.append(
            discord.ui.Button(
                label=pgettext("button", "Claim a tile"),
                emoji="🖌️",
                custom_id=custom_id(FEATURE, mural.id, "claim"),
            )
        )
    return view_of(*items)


def under_tiles(mural: Mural, member: Member, page: int) -> discord.ui.View:
    """Make menus of the free tiles and of the member's own, with buttons that turn pages."""
    if mural.state is not MuralState.OPEN:
        return view_of()
    items: list[AnyItem] = []
    last = max(0, (len(mural.free) - 1) // MOST_OPTIONS)
    page = min(max(0, page), last)
    offered = mural.free[page * MOST_OPTIONS : (page + 1) * MOST_OPTIONS]
    if offered and len(tiles_of(mural, member.id)) < mural.terms.tiles_per_member:
        items.append(_menu(mural, "take", pgettext("placeholder", "Take a free tile…"), offered))
    mine = [tile.number for tile in tiles_of(mural, member.id)][:MOST_OPTIONS]
    if mine:
        items.append(_menu(mural, "tile", pgettext("placeholder", "Your tiles…"), mine))

    def page_id(number: int, is_next: bool) -> str:
        return custom_id(FEATURE, mural.id, "page", number, "on" if is_next else "back")

    items += page_buttons(page_id, page, last + 1, row=2)
    return view_of(*items)


def _menu(mural: Mural, action: str, placeholder: str, numbers: Sequence[int]) -> AnyItem:
    return discord.ui.Select(
        custom_id=custom_id(FEATURE, mural.id, action),
        placeholder=placeholder,
        options=[
            discord.SelectOption(label=pgettext("label", "Tile {number}", number=n), value=str(n))
            for n in numbers
        ],
    )


def under_tile(mural: Mural, number: int, styles: Sequence[Style]) -> discord.ui.View:
    """Make the menu of styles for a member's own tile, and the button that gives it back."""
    tile = mural.tile(number)
    items: list[AnyItem] = []
    if tile is not None and tile.order is None and styles:
        items.append(
            discord.ui.Select(
                custom_id=custom_id(FEATURE, mural.id, "paint", number),
                placeholder=(
                    pgettext("placeholder", "Paint it again in…")
                    if tile.picture
                    else pgettext("placeholder", "Choose a style…")
                ),
                options=[
                    discord.SelectOption(label=style.name[:100], value=style.key[:100])
                    for style in styles[:MOST_OPTIONS]
                ],
            )
        )
    items.append(
        discord.ui.Button(
            label=pgettext("button", "Give the tile back"),
            custom_id=custom_id(FEATURE, mural.id, "back", number),
        )
    )
    return view_of(*items)
