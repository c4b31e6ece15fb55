"""The rules of murals: pure, each from a mural to the mural it becomes.

`now` is in Unix seconds. A rule that does not allow a change raises MuralRefused with a sentence
for the member.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from bot.errors import MuralRefused
from bot.languages.speech import _, command, ngettext
from bot.mural.model import (
    NOBODY,
    PAINTED_IN,
    UNFINISHED,
    Choice,
    Mural,
    MuralState,
    Order,
    Results,
    StyleRule,
    Terms,
    Tile,
)
from bot.people import Member
from engine.mural.grid import FEWEST, MOST

MINUTE, DAY = 60.0, 86_400.0
SHORTEST, LONGEST = MINUTE, 90 * DAY
MOST_FAILURES = 3  # of a tile of the server's, before the photograph stays there
Drop = Callable[[Tile], bool]


def check_terms(terms: Terms, now: float) -> None:
    """Refuse a grid that is too small or too large, an end too near or too far, and no styles."""
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


def choose(mural: Mural, number: int, member: Member, style: Choice, key: int, now: float) -> Mural:
    """Order the painting of a member's own tile, also when it is painted already."""
    _expect_open(mural, now)
    tile = own(mural, number, member)
    if tile.order is not None:
        if tile.order.key == key:
            return mural
        raise MuralRefused(
            _("Tile {number} is being painted; wait until it is finished.", number=number)
        )
    order = Order(style, key, now)
    return _with(mural, replace(tile, order=order, claimed_until=None, problem=""))


def give_back(mural: Mural, number: int, member: Member) -> Mural:
    """Free a member's own tile, with what was painted on it."""
    if mural.state is not MuralState.OPEN:
        raise MuralRefused(_("This mural takes no changes any more."))
    return _without(mural, own(mural, number, member))


def free(mural: Mural, number: int, member: Member, now: float) -> Mural:
    """Take any member's tile off, by a moderator; where claiming is over, it is painted anew."""
    if not (member.moderates or member.manages):
        raise MuralRefused(_("Only moderators can free a tile."))
    if mural.state is MuralState.CANCELLED:
        raise MuralRefused(_("This mural is over."))
    tile = mural.tile(number)
    if tile is None:
        raise MuralRefused(_("Tile {number} is free already.", number=number))
    if tile.member_id == NOBODY:
        raise MuralRefused(_("Tile {number} is the server's own.", number=number))
    return _drop(mural, lambda one: one.number == number, now)


def take_back(mural: Mural, number: int, key: int, now: float) -> Mural:
    """Give up the order of a member that may not paint any more, with a tile not painted yet."""
    tile = mural.tile(number)
    if tile is None or tile.order is None or tile.order.key != key:
        return mural
    if tile.picture is not None:
        return _with(mural, replace(tile, order=None))
    return _drop(mural, lambda one: one.number == number, now)


def finish(mural: Mural, member: Member, now: float) -> Mural:
    """End the claiming: the server's style paints what is left."""
    check_leader(mural, member)
    if mural.state is not MuralState.OPEN:
        raise MuralRefused(_("This mural is finished, or about to be."))
    return _finishing(mural, now)


def cancel(mural: Mural, member: Member, now: float) -> Mural:
    """End a mural without a result."""
    check_leader(mural, member)
    return end(mural, now)


def end(mural: Mural, now: float) -> Mural:
    """Cancel a mural, whoever asks."""
    if mural.state not in UNFINISHED:
        raise MuralRefused(_("This mural is over."))
    return replace(mural, state=MuralState.CANCELLED, closed_at=now)


def no_mural_yet() -> MuralRefused:
    """Say that a server never had a mural."""
    start = command("mural start")
    return MuralRefused(_("There was no mural in this server yet; see {command}.", command=start))


def check_leader(mural: Mural, member: Member) -> None:
    """Refuse members that are neither the host of a mural nor moderators."""
    if not (member.id == mural.host_id or member.moderates or member.manages):
        raise MuralRefused(_("Only the host of this mural and moderators can do that."))


def due(mural: Mural, now: float) -> Mural:
    """What time alone changes: claims run out, the end comes, and all tiles may be painted."""
    if mural.state is MuralState.OPEN:
        late = {
            tile.number
            for tile in mural.tiles
            if tile.claimed_until is not None and tile.claimed_until <= now
        }
        if late:
            mural = _keeping(mural, lambda tile: tile.number not in late)
        if mural.terms.until <= now:
            mural = _finishing(mural, now)
    if mural.state in (MuralState.OPEN, MuralState.FINISHING) and _is_complete(mural):
        mural = replace(mural, state=MuralState.ASSEMBLING)
    return mural


def to_assemble(mural: Mural) -> bool:
    """Whether a mural is to be put together now."""
    repaired = mural.state is MuralState.REPAIRING and _is_complete(mural)
    return repaired or mural.state is MuralState.ASSEMBLING


def next_time(mural: Mural) -> float | None:
    """When `due` may change something; None when time alone changes nothing."""
    if mural.state is not MuralState.OPEN:
        return None
    claims = [tile.claimed_until for tile in mural.tiles if tile.claimed_until is not None]
    return min([mural.terms.until, *claims])


def ready(mural: Mural, without: Collection[int] = ()) -> Iterator[Tile]:
    """The tiles to be queued now, the first wanted first, `without` those that have no room.

    A tile waits while one beside it is queued or painting: it begins at what that one leaves.
    """
    if mural.state not in PAINTED_IN:
        return
    orders = [(tile, tile.order) for tile in mural.tiles if tile.order is not None]
    busy = {tile.number for tile, order in orders if order.job_id is not None}
    waiting = [
        (order.wanted_at, tile)
        for tile, order in orders
        if order.job_id is None and tile.number not in without
    ]
    for _when, tile in sorted(waiting, key=lambda one: one[0]):
        if not busy & {*mural.terms.grid.neighbours(tile.number), tile.number}:
            busy.add(tile.number)
            yield tile


def queued(mural: Mural, number: int, key: int, job_id: int) -> Mural:
    """Record the job of an order."""
    tile = mural.tile(number)
    if tile is None or tile.order is None or tile.order.key != key:
        return mural
    if mural.state not in PAINTED_IN:
        return mural
    return _with(mural, replace(tile, order=replace(tile.order, job_id=job_id)))


def painted(mural: Mural, job_id: int, picture: str, now: float) -> Mural:
    """Lay a finished painting on the mural, above all earlier ones."""
    tile = _ordered_by(mural, job_id)
    if tile is None or tile.order is None or mural.state not in PAINTED_IN:
        return mural
    turn = 1 + max((one.turn for one in mural.tiles), default=0)
    style = tile.order.style.name
    done = replace(
        tile,
        order=None,
        claimed_until=None,
        picture=picture,
        painted_in=style,
        painted_at=now,
        turn=turn,
        job_id=job_id,
        failures=0,
        problem="",
    )
    return _with(mural, done)


def failed(mural: Mural, job_id: int, why: str, now: float, hold: float) -> Mural:
    """Put a tile back to where it was before an order that came to nothing."""
    tile = _ordered_by(mural, job_id)
    if tile is None or tile.order is None:
        return mural
    if mural.state not in PAINTED_IN:
        return _with(mural, replace(tile, order=None))
    tile = replace(tile, failures=tile.failures + 1, problem=why)
    if tile.picture is not None and tile.member_id != NOBODY:
        return _with(mural, replace(tile, order=None))
    if tile.member_id == NOBODY or mural.state is not MuralState.OPEN:
        if tile.failures < MOST_FAILURES:
            return _with(mural, _by_server(mural, tile.number, now, tile.failures))
        return _with(mural, replace(tile, order=None))  # the photograph stays there
    return _with(mural, replace(tile, order=None, claimed_until=now + hold))


def assembled(mural: Mural, results: Results, now: float) -> Mural:
    """Finish a mural."""
    if not to_assemble(mural):
        return mural
    return replace(mural, state=MuralState.DONE, results=results, closed_at=now)


def delete_painting(mural: Mural, job_id: int, now: float) -> Mural:
    """Take a tile off the mural, as its owner deleted the painting."""
    return _drop(mural, lambda tile: tile.job_id == job_id, now)


def forget(mural: Mural, member_id: int, now: float) -> Mural:
    """Take a member's tiles off the mural, and the member as its host."""
    mural = _drop(mural, lambda tile: tile.member_id == member_id, now)
    if mural.host_id == member_id:
        mural = replace(mural, host_id=NOBODY, host_name="")
    return mural


def tiles_of(mural: Mural, member_id: int) -> list[Tile]:
    """A member's tiles, by number."""
    mine = [tile for tile in mural.tiles if tile.member_id == member_id]
    return sorted(mine, key=lambda tile: tile.number)


def own(mural: Mural, number: int, member: Member) -> Tile:
    """Give a member's own tile."""
    tile = mural.tile(number)
    if tile is None or tile.member_id != member.id:
        raise MuralRefused(_("Tile {number} is not yours; claim a free one first.", number=number))
    return tile


def jobs_dropped(before: Mural, after: Mural) -> set[int]:
    """The jobs that are not wanted any more after a change, and may still be queued or painting."""

    def wanted(mural: Mural) -> set[int]:
        orders = [tile.order for tile in mural.tiles if mural.state in PAINTED_IN and tile.order]
        return {order.job_id for order in orders if order.job_id is not None}

    return wanted(before) - wanted(after) - {tile.job_id for tile in after.tiles if tile.job_id}


def _drop(mural: Mural, drop: Drop, now: float) -> Mural:
    """Free tiles; where claiming is over, the server's style paints them instead."""
    gone = [tile for tile in mural.tiles if drop(tile)]
    if not gone:
        return mural
    mural = _keeping(mural, lambda tile: not drop(tile))
    if mural.state in (MuralState.OPEN, MuralState.CANCELLED):
        return mural
    new = tuple(_by_server(mural, tile.number, now) for tile in gone)
    over = mural.state in (MuralState.DONE, MuralState.REPAIRING)
    return replace(
        mural,
        state=MuralState.REPAIRING if over else MuralState.FINISHING,
        tiles=(*mural.tiles, *new),
        results=None,
        closed_at=None,
    )


def _finishing(mural: Mural, now: float) -> Mural:
    mural = _keeping(mural, lambda tile: tile.picture is not None or tile.order is not None)
    new = tuple(_by_server(mural, number, now) for number in mural.free)
    return replace(mural, state=MuralState.FINISHING, tiles=(*mural.tiles, *new))


def _by_server(mural: Mural, number: int, now: float, failures: int = 0) -> Tile:
    """A tile that the server's style is to paint. Its key is below 0, where no interaction's is."""
    key = -((((int(now * 1000) << 8) + number) << 12) | mural.id % 2**12)
    order = Order(mural.terms.server_style, key, now)
    return Tile(number, NOBODY, order=order, failures=failures)


def _is_complete(mural: Mural) -> bool:
    return not mural.free and all(map(_is_settled, mural.tiles))


def _is_settled(tile: Tile) -> bool:
    """Whether a tile needs no painting any more."""
    given_up = tile.failures >= MOST_FAILURES and tile.member_id == NOBODY
    return tile.order is None and (tile.picture is not None or given_up)


def _ordered_by(mural: Mural, job_id: int) -> Tile | None:
    for tile in mural.tiles:
        if tile.order is not None and tile.order.job_id == job_id:
            return tile
    return None


def _with(mural: Mural, tile: Tile) -> Mural:
    others = (tile if one.number == tile.number else one for one in mural.tiles)
    return replace(mural, tiles=tuple(others))


def _without(mural: Mural, tile: Tile) -> Mural:
    return _keeping(mural, lambda one: one.number != tile.number)


def _keeping(mural: Mural, keep: Drop) -> Mural:
    return replace(mural, tiles=tuple(tile for tile in mural.tiles if keep(tile)))


def _expect_open(mural: Mural, now: float) -> None:
    if mural.state is not MuralState.OPEN or mural.terms.until <= now:
        raise MuralRefused(_("This mural takes no more tiles."))
