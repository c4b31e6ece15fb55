"""What members and moderators may do with a mural: pure, each from a mural to the changed mural.

`now` is in Unix seconds. A rule that does not allow a change raises MuralRefused with a sentence
for the member. Changes that nobody asks for are in `lifecycle`.
"""

from dataclasses import replace

from bot.errors import MuralRefused
from bot.languages.speech import _, command, ngettext
from bot.mural.lifecycle import end_claiming, remove
from bot.mural.model import (
    NO_MEMBER,
    UNFINISHED,
    ChosenStyle,
    Mural,
    MuralState,
    StyleRule,
    Terms,
    Tile,
    TileOrder,
)
from bot.people import Member
from engine.mural.grid import FEWEST, MOST

MINUTE, DAY = 60.0, 86_400.0
SHORTEST, LONGEST = MINUTE, 90 * DAY  # until the end of claiming


def check_terms(terms: Terms, now: float) -> None:
    """Refuse a grid or a time that is out of bounds, and a choice of styles without any style."""
    if not all(FEWEST <= side <= MOST for side in (terms.columns, terms.rows)):
        raise MuralRefused(
            _("A mural has {least} to {most} columns and rows.", least=FEWEST, most=MOST)
        )
    if not SHORTEST <= terms.until - now <= LONGEST:
        days = round(LONGEST / DAY)
        raise MuralRefused(_("A mural must last from a minute to {days} days.", days=days))
    if terms.styles is StyleRule.FIXED and not terms.style_names:
        raise MuralRefused(_("Name the styles that members may choose from."))


def check_style(terms: Terms, name: str | None) -> None:
    """Refuse a style that the terms do not allow; `name` is None for an uploaded picture."""
    if terms.styles is not StyleRule.ANY and name is None:
        raise MuralRefused(_("In this mural you choose a style by its name, from the library."))
    if terms.styles is StyleRule.FIXED and name not in terms.style_names:
        names = ", ".join(f"*{one}*" for one in terms.style_names)
        raise MuralRefused(_("In this mural you can paint in: {styles}.", styles=names))


def claim(mural: Mural, number: int, member: Member, now: float, hold: float) -> Mural:
    """Give a member a free tile, to be painted within `hold` seconds."""
    _expect_open(mural, now)
    terms = mural.terms
    if terms.role is not None and terms.role not in member.roles:
        role = f"<@&{terms.role}>"
        raise MuralRefused(_("Only members with {role} may paint in this one.", role=role))
    if not 1 <= number <= terms.grid.count:
        count = terms.grid.count
        raise MuralRefused(
            _("There is no tile {number}: they go from 1 to {last}.", number=number, last=count)
        )
    tile = mural.tile(number)
    if tile is not None and tile.member_id == member.id:
        return mural  # pressed twice
    if tile is not None:
        raise MuralRefused(_("Tile {number} is taken; choose a free one.", number=number))
    if len(tiles_of(mural, member.id)) >= terms.tiles_per_member:
        most = terms.tiles_per_member
        raise MuralRefused(
            ngettext(
                "You have your tile already. Paint it, or give it back with the button under "
                "{command}.",
                "You have your {n} tiles already. Paint them, or give one back with the button "
                "under {command}.",
                most,
                command=command("mural claim"),
            )
        )
    new = Tile(number, member.id, member.name, claimed_until=now + hold)
    return replace(mural, tiles=(*mural.tiles, new))


def choose(
    mural: Mural, number: int, member: Member, style: ChosenStyle, key: int, now: float
) -> Mural:
    """Order the painting of a member's own tile; one that is painted already is painted anew.

    `key` is the id of the interaction, so that a double click orders once.
    """
    _expect_open(mural, now)
    tile = own(mural, number, member)
    if tile.order is not None:
        if tile.order.key == key:
            return mural
        raise MuralRefused(
            _("Tile {number} is being painted; wait until it is finished.", number=number)
        )
    order = TileOrder(style, key, now)
    return mural.with_tile(replace(tile, order=order, claimed_until=None, problem=""))


def give_back(mural: Mural, number: int, member: Member) -> Mural:
    """Free a member's own tile, with what was painted on it."""
    if mural.state is not MuralState.OPEN:
        raise MuralRefused(_("This mural takes no changes any more."))
    own(mural, number, member)
    return mural.without([number])


def free(mural: Mural, number: int, member: Member, now: float) -> Mural:
    """Take any member's tile off, as a moderator; where claiming is over, it is painted anew."""
    if not (member.moderates or member.manages):
        raise MuralRefused(_("Only moderators can free a tile."))
    if mural.state is MuralState.CANCELLED:
        raise MuralRefused(_("This mural is over."))
    tile = mural.tile(number)
    if tile is None:
        raise MuralRefused(_("Tile {number} is free already.", number=number))
    if tile.member_id == NO_MEMBER:
        raise MuralRefused(_("Tile {number} is the server's own.", number=number))
    return remove(mural, [number], now)


def finish(mural: Mural, member: Member, now: float) -> Mural:
    """End the claiming: the server's style paints what is left."""
    check_leader(mural, member)
    if mural.state is not MuralState.OPEN:
        raise MuralRefused(_("This mural is finished, or about to be."))
    return end_claiming(mural, now)


def cancel(mural: Mural, member: Member, now: float) -> Mural:
    """End a mural without a result."""
    check_leader(mural, member)
    return end(mural, now)


def end(mural: Mural, now: float) -> Mural:
    """End a mural without a result, when nobody has to be asked."""
    if mural.state not in UNFINISHED:
        raise MuralRefused(_("This mural is over."))
    return replace(mural, state=MuralState.CANCELLED, closed_at=now)


def no_mural_yet() -> MuralRefused:
    """The refusal where a server never had a mural."""
    start = command("mural start")
    return MuralRefused(_("There was no mural in this server yet; see {command}.", command=start))


def check_leader(mural: Mural, member: Member) -> None:
    """Refuse members that are neither the host of a mural nor moderators."""
    if not (member.id == mural.host_id or member.moderates or member.manages):
        raise MuralRefused(_("Only the host of this mural and moderators can do that."))


def tiles_of(mural: Mural, member_id: int) -> list[Tile]:
    """A member's tiles, by number."""
    mine = [tile for tile in mural.tiles if tile.member_id == member_id]
    return sorted(mine, key=lambda tile: tile.number)


def own(mural: Mural, number: int, member: Member) -> Tile:
    """Give a member's own tile. Raises MuralRefused where it is not theirs."""
    tile = mural.tile(number)
    if tile is None or tile.member_id != member.id:
        raise MuralRefused(_("Tile {number} is not yours; claim a free one first.", number=number))
    return tile


def _expect_open(mural: Mural, now: float) -> None:
    if mural.state is not MuralState.OPEN or mural.terms.until <= now:
        raise MuralRefused(_("This mural takes no more tiles."))
