"""The messages of murals. They notify nobody: the client allows no mentions."""

from bot.discord_io.escaping import name_of, plain
from bot.discord_io.lines import first_lines
from bot.discord_io.timestamps import when
from bot.languages.speech import _, command, in_every_language, listed, ngettext, pgettext
from bot.mural.model import NO_MEMBER, Mural, MuralState, StyleRule, Terms, Tile
from bot.mural.rules import tiles_of
from bot.people import Member
from engine.mural.grid import MOST_TILES

MOST_LINES, MOST_CHARACTERS = 25, 900  # of a list
_BAR = 12  # characters


def marker(mural: Mural) -> str:
    """Write the line that identifies the message after a crash."""
    return _("-# Mural № {number}", number=mural.id)


def has_marker(text: str, mural: Mural) -> bool:
    """Say whether a text ends with such a line, in any language."""
    return any(text.endswith(line) for line in in_every_language(lambda: marker(mural)))


def growing(mural: Mural, url: str | None) -> str:
    """The message in which a mural grows, and which shows the finished one."""
    terms, total = mural.terms, mural.terms.grid.count
    done = len(mural.painted)
    lines: list[str] = [_("🖼️ **{title}**", title=plain(terms.title))]
    lines += _stage(mural, done, total)
    if mural.state is not MuralState.CANCELLED:
        lines += _painted_by(mural)
        if url:
            called = _("See it large") if mural.results else _("See it grow")
            lines.append(f"[{called}]({url})")
    return "\n".join([*lines, marker(mural)])


def _stage(mural: Mural, done: int, total: int) -> list[str]:
    terms = mural.terms
    filled = round(_BAR * done / total)
    so_far = ngettext("{done} of {n} tile painted", "{done} of {n} tiles painted", total, done=done)
    bar = f"{'█' * filled}{'░' * (_BAR - filled)} {so_far}"
    if mural.state is MuralState.OPEN:
        return [bar, f"{_open_to(terms)} {_styles(terms)}"]
    width, height = terms.grid.size
    lines: dict[MuralState, list[str]] = {
        MuralState.FINISHING: [bar, _("Claiming is over; what is left is being painted.")],
        MuralState.ASSEMBLING: [bar, _("All is painted; the mural is being put together.")],
        MuralState.REPAIRING: [bar, _("A painting was deleted; its tile is being painted anew.")],
        MuralState.DONE: [
            ngettext(
                "Finished: {n} tile, {width} x {height} pixels.",
                "Finished: {n} tiles, {width} x {height} pixels.",
                total,
                width=width,
                height=height,
            )
        ],
        MuralState.CANCELLED: [_("This mural was cancelled.")],
    }
    return lines[mural.state]


def _open_to(terms: Terms) -> str:
    """Say which members may take how many tiles."""
    most, until = terms.tiles_per_member, when(terms.until)
    if terms.role:
        role = f"<@&{terms.role}>"
        return ngettext(
            "Members with {role} may take one tile, until {until}.",
            "Members with {role} may take {n} tiles, until {until}.",
            most,
            role=role,
            until=until,
        )
    return ngettext(
        "Everybody may take one tile, until {until}.",
        "Everybody may take {n} tiles, until {until}.",
        most,
        until=until,
    )


def _styles(terms: Terms) -> str:
    """Say in which styles tiles can be painted."""
    match terms.styles:
        case StyleRule.ANY:
            return _("Paint in a style of the library or of a picture of yours.")
        case StyleRule.LIBRARY:
            return _("Paint in a style of the library.")
        case StyleRule.FIXED:
            names = listed([plain(name) for name in terms.style_names], "or")
            return _("Paint in {styles}.", styles=names)


def _painted_by(mural: Mural) -> list[str]:
    """Name the painters, those with the most tiles first."""
    count: dict[tuple[int, str], int] = {}
    for tile in mural.painted:
        if tile.member_id != NO_MEMBER:
            name = name_of(tile.name, tile.member_id)
            count[tile.member_id, name] = count.get((tile.member_id, name), 0) + 1
    ranked = sorted(count.items(), key=lambda item: -item[1])
    names = [f"{name} ({number})" if number > 1 else name for (_member, name), number in ranked]
    server = sum(tile.member_id == NO_MEMBER for tile in mural.painted)
    if server:
        names.append(_("the server ({number})", number=server))
    shown = first_lines(names, MOST_TILES, MOST_CHARACTERS)
    return [_("Painted by {names}.", names=", ".join(shown))] if names else []


def alt_text(mural: Mural) -> str:
    """Describe the picture of a mural."""
    done, total = len(mural.painted), mural.terms.grid.count
    return ngettext(
        "The mural {title}, with {done} of {n} tile painted",
        "The mural {title}, with {done} of {n} tiles painted",
        total,
        title=mural.terms.title,
        done=done,
    )


def overview(mural: Mural, member: Member, now: float) -> str:
    """What a member sees above the picture of free tiles."""
    title = plain(mural.terms.title)
    lines: list[str] = [_("🖼️ **{title}**: every tile is taken.", title=title)]
    if mural.free:
        said = _("🖼️ **{title}**: the free tiles are numbered in the picture.", title=title)
        lines = [said]
    lines += first_lines(
        [_own_line(tile, now) for tile in tiles_of(mural, member.id)], MOST_LINES, MOST_CHARACTERS
    )
    return "\n".join(lines)


def _own_line(tile: Tile, now: float) -> str:
    number = tile.number
    if tile.order is not None:
        style = plain(tile.order.style.name)
        if tile.order.job_id is not None:
            text = _("Your tile {number}: is being painted in {style}.", number=number, style=style)
        else:
            text = _(
                "Your tile {number}: waits to be painted in {style}.", number=number, style=style
            )
    elif tile.picture is not None:
        style = plain(tile.painted_in)
        text = _("Your tile {number}: painted in {style}.", number=number, style=style)
    else:
        until = f"<t:{round(tile.claimed_until or now)}:t>"
        text = _(
            "Your tile {number}: yours until {until}; choose its style.", number=number, until=until
        )
    return f"{text} {plain(tile.problem)}" if tile.problem else text


def one_tile(mural: Mural, number: int) -> str:
    """What a member reads about a tile of theirs: how to paint it."""
    tile = mural.tile(number)
    lines: list[str] = [_("Tile {number} is yours.", number=number)]
    if tile is not None and tile.order is None:
        if tile.claimed_until is not None:
            lines.append(_("Choose its style until {until}.", until=when(tile.claimed_until)))
        if mural.terms.styles is StyleRule.ANY:
            typed = f"{pgettext('option', 'tile')}:{number} {pgettext('option', 'style')}:"
            whole = f"{command('mural claim').removesuffix('`')} {typed}`"
            lines.append(_("For a picture of yours: {command}.", command=whole))
    return "\n".join(lines)


def freed(mural: Mural, number: int, reason: str) -> str:
    """Tell a member that a moderator took their tile off."""
    said = _(
        "A moderator took your tile {number} off the mural *{title}*.",
        number=number,
        title=plain(mural.terms.title),
    )
    return "\n".join((said, _("Reason: {reason}", reason=plain(reason))))


def not_assembled(mural: Mural) -> str:
    """Tell the host of a mural that the whole could not be made yet."""
    return _(
        "All tiles of your mural *{title}* are painted, but putting them together failed. It is "
        "tried again, at growing intervals. The host of this bot finds the cause in its log.",
        title=plain(mural.terms.title),
    )
