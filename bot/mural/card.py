"""The messages of murals. None of them notifies anybody: the client allows no mentions."""

from collections.abc import Sequence

import discord

from bot.discord_io.components import AnyItem, custom_id, view_of
from bot.discord_io.escaping import name_of, plain
from bot.discord_io.lines import first_lines
from bot.mural.model import NOBODY, Mural, MuralState, StyleRule, Tile
from bot.mural.rules import tiles_of
from bot.people import Member
from bot.styles.model import Style

FEATURE = "mural"
OPTIONS = 25  # of one of Discord's menus
MOST_LINES, MOST_CHARACTERS = 25, 900  # of a list
_BAR = 12  # characters
_GREY = discord.ButtonStyle.secondary


def marker(mural: Mural) -> str:
    """Write the line that identifies the message after a crash."""
    return f"-# Mural № {mural.id}"


def growing(mural: Mural, url: str | None) -> str:
    """The message in which a mural grows, and which shows the finished one."""
    terms, total = mural.terms, mural.terms.grid.count
    done = len(mural.painted)
    lines = [f"🖼️ **{plain(terms.title)}**", *_stage(mural, done, total)]
    if mural.state is not MuralState.CANCELLED:
        lines += painted_by(mural)
        if url:
            lines.append(f"[{'See it large' if mural.results else 'See it grow'}]({url})")
    return "\n".join([*lines, marker(mural)])


def _stage(mural: Mural, done: int, total: int) -> list[str]:
    terms = mural.terms
    filled = round(_BAR * done / total)
    bar = f"{'█' * filled}{'░' * (_BAR - filled)} {done} of {total} tiles painted"
    if mural.state is MuralState.OPEN:
        styles = {
            StyleRule.ANY: "a style of the library or a picture of yours",
            StyleRule.LIBRARY: "a style of the library",
            StyleRule.FIXED: " or ".join(plain(name) for name in terms.style_names),
        }[terms.styles]
        most = terms.tiles_per_member
        who = f"Members with <@&{terms.role}>" if terms.role else "Everybody"
        return [
            bar,
            f"{who} may take {'one tile' if most == 1 else f'{most} tiles'} and paint it in "
            f"{styles}, until {when(terms.until)}.",
        ]
    width, height = terms.grid.size
    return {
        MuralState.FINISHING: [bar, "Claiming is over; what is left is being painted."],
        MuralState.ASSEMBLING: [bar, "All is painted; the mural is being put together."],
        MuralState.REPAIRING: [bar, "A painting was deleted; its tile is being painted anew."],
        MuralState.DONE: [f"Finished: {total} tiles, {width} x {height} pixels."],
        MuralState.CANCELLED: ["This mural was cancelled."],
    }[mural.state]


def painted_by(mural: Mural) -> list[str]:
    """Name the painters, those with the most tiles first."""
    count: dict[tuple[int, str], int] = {}
    for tile in mural.painted:
        if tile.member_id != NOBODY:
            name = name_of(tile.name, tile.member_id)
            count[tile.member_id, name] = count.get((tile.member_id, name), 0) + 1
    ranked = sorted(count.items(), key=lambda item: -item[1])
    names = [f"{name} ({number})" if number > 1 else name for (_, name), number in ranked]
    server = sum(tile.member_id == NOBODY for tile in mural.painted)
    if server:
        names.append(f"the server ({server})")
    return [f"Painted by {', '.join(_shortened(names))}."] if names else []


def _shortened(names: Sequence[str]) -> list[str]:
    return first_lines(list(names), 160, MOST_CHARACTERS)


def alt_text(mural: Mural) -> str:
    """Describe the picture of a mural."""
    done, total = len(mural.painted), mural.terms.grid.count
    return f"The mural {mural.terms.title}, with {done} of {total} tiles painted"


def buttons(mural: Mural) -> discord.ui.View:
    """The buttons of the message."""
    items: list[AnyItem] = []
    if mural.state is MuralState.OPEN:
        items.append(
            discord.ui.Button(
                label="Claim a tile", emoji="🖌️", custom_id=custom_id(FEATURE, mural.id, "claim")
            )
        )
    return view_of(*items)


def overview(mural: Mural, member: Member, now: float) -> str:
    """What a member sees above the picture of free tiles."""
    lines = [f"🖼️ **{plain(mural.terms.title)}**: the free tiles are numbered in the picture."]
    if not mural.free:
        lines = [f"🖼️ **{plain(mural.terms.title)}**: every tile is taken."]
    lines += first_lines(
        [_own_line(tile, now) for tile in tiles_of(mural, member.id)], MOST_LINES, MOST_CHARACTERS
    )
    return "\n".join(lines)


def _own_line(tile: Tile, now: float) -> str:
    text = f"Your tile {tile.number}: "
    if tile.order is not None:
        how = "is being painted" if tile.order.job_id is not None else "waits to be painted"
        text += f"{how} in {plain(tile.order.style.name)}"
    elif tile.picture is not None:
        text += f"painted in {plain(tile.painted_in)}"
    else:
        until = tile.claimed_until or now
        text += f"yours until <t:{round(until)}:t>; choose its style"
    return f"{text}. {plain(tile.problem)}" if tile.problem else f"{text}."


def tile_menus(mural: Mural, member: Member, page: int) -> list[AnyItem]:
    """Menus of the free tiles and of the member's own, with buttons that turn pages."""
    if mural.state is not MuralState.OPEN:
        return []
    items: list[AnyItem] = []
    last = max(0, (len(mural.free) - 1) // OPTIONS)
    page = min(max(0, page), last)
    offered = mural.free[page * OPTIONS : (page + 1) * OPTIONS]
    if offered and len(tiles_of(mural, member.id)) < mural.terms.tiles_per_member:
        items.append(_menu(mural, "take", "Take a free tile…", offered))
    mine = [tile.number for tile in tiles_of(mural, member.id)][:OPTIONS]
    if mine:
        items.append(_menu(mural, "tile", "Your tiles…", mine))
    if last:
        items += [
            discord.ui.Button(
                emoji=emoji,
                disabled=not 0 <= page + step <= last,
                custom_id=custom_id(FEATURE, mural.id, "page", max(0, page + step), way),
                row=2,
            )
            for emoji, step, way in (("◀️", -1, "back"), ("▶️", 1, "on"))
        ]
    return items


def _menu(mural: Mural, action: str, placeholder: str, numbers: Sequence[int]) -> AnyItem:
    return discord.ui.Select(
        custom_id=custom_id(FEATURE, mural.id, action),
        placeholder=placeholder,
        options=[discord.SelectOption(label=f"Tile {n}", value=str(n)) for n in numbers],
    )


def one_tile(mural: Mural, number: int, styles: Sequence[Style]) -> tuple[str, list[AnyItem]]:
    """What a member sees of a tile of theirs: how to paint it, and how to give it back."""
    tile = mural.tile(number)
    lines = [f"Tile {number} is yours."]
    items: list[AnyItem] = []
    if tile is not None and tile.order is None:
        again = "Paint it again in" if tile.picture else "Choose a style"
        if tile.claimed_until is not None:
            lines.append(f"Choose its style until {when(tile.claimed_until)}.")
        if mural.terms.styles is StyleRule.ANY:
            lines.append(f"For a picture of yours: `/mural claim tile:{number} style:`.")
        if styles:
            items.append(
                discord.ui.Select(
                    custom_id=custom_id(FEATURE, mural.id, "paint", number),
                    placeholder=f"{again}…",
                    options=[
                        discord.SelectOption(label=style.name[:100], value=style.key[:100])
                        for style in styles[:OPTIONS]
                    ],
                )
            )
    items.append(
        discord.ui.Button(
            label="Give the tile back",
            style=_GREY,
            custom_id=custom_id(FEATURE, mural.id, "back", number),
        )
    )
    return "\n".join(lines), items


def freed(mural: Mural, number: int, reason: str) -> str:
    """Tell a member that a moderator took their tile off."""
    return (
        f"A moderator took your tile {number} off the mural *{plain(mural.terms.title)}*.\n"
        f"Reason: {plain(reason)}"
    )


def not_assembled(mural: Mural) -> str:
    """Tell the host of a mural that the whole could not be made yet."""
    return (
        f"All tiles of your mural *{plain(mural.terms.title)}* are painted, but putting them "
        "together failed. It is tried again, at growing intervals. Whoever runs this bot finds "
        "the cause in its log."
    )


def when(moment: float) -> str:
    """Write a time so that Discord shows it in each member's time zone, and relative to now."""
    return f"<t:{round(moment)}:f> (<t:{round(moment)}:R>)"
