"""How a mural changes when time passes, tiles are painted, or paintings are deleted.

Pure functions, each from a mural to the changed mural, or to the same one where the event does not
concern it. `now` is in Unix seconds. What members may do is in `rules`.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from bot.mural.model import (
    NO_MEMBER,
    PAINTED_IN,
    Mural,
    MuralState,
    Results,
    Tile,
    TileOrder,
)

MOST_FAILURES = 3  # of orders in a row; then the server's tile stays as it is in the photograph


def advance(mural: Mural, now: float) -> Mural:
    """Apply what time and painting lead to: claims run out, claiming ends, all is painted."""
    if mural.state is MuralState.OPEN:
        mural = mural.without(
            [
                tile.number
                for tile in mural.tiles
                if tile.claimed_until is not None and tile.claimed_until <= now
            ]
        )
        if mural.terms.until <= now:
            mural = end_claiming(mural, now)
    if mural.state in (MuralState.OPEN, MuralState.FINISHING) and _is_complete(mural):
        mural = replace(mural, state=MuralState.ASSEMBLING)
    return mural


def next_deadline(mural: Mural) -> float | None:
    """When the next claim or all claiming ends; None where claiming is over."""
    if mural.state is not MuralState.OPEN:
        return None
    claims = [tile.claimed_until for tile in mural.tiles if tile.claimed_until is not None]
    return min([mural.terms.until, *claims])


def end_claiming(mural: Mural, now: float) -> Mural:
    """Have the server's style paint the tiles that nobody has, or that have no style yet."""
    undecided = [tile.number for tile in mural.tiles if not (tile.picture or tile.order)]
    mural = mural.without(undecided)
    new = tuple(_by_server(mural, number, now) for number in mural.free)
    return replace(mural, state=MuralState.FINISHING, tiles=(*mural.tiles, *new))


def to_queue(mural: Mural, skipped: Collection[int] = ()) -> Iterator[Tile]:
    """The tiles with an order to be queued now, in the order of their orders, without `skipped`.

    A tile waits while one beside it is queued or being painted, because its painting continues the
    finished one at the common edge.
    """
    if mural.state not in PAINTED_IN:
        return
    orders = [(tile, tile.order) for tile in mural.tiles if tile.order is not None]
    under_way = {tile.number for tile, order in orders if order.job_id is not None}
    waiting = [
        (order.wanted_at, tile)
        for tile, order in orders
        if order.job_id is None and tile.number not in skipped
    ]
    for _wanted_at, tile in sorted(waiting, key=lambda one: one[0]):
        if under_way.isdisjoint([tile.number, *mural.terms.grid.neighbours(tile.number)]):
            under_way.add(tile.number)
            yield tile


def queued(mural: Mural, number: int, key: int, job_id: int) -> Mural:
    """Note the job of a tile's order, unless that order was given up meanwhile."""
    tile = mural.tile(number)
    if tile is None or tile.order is None or tile.order.key != key:
        return mural
    if mural.state not in PAINTED_IN:
        return mural
    return mural.with_tile(replace(tile, order=replace(tile.order, job_id=job_id)))


def painted(mural: Mural, job_id: int, picture: str, now: float) -> Mural:
    """Lay a job's painting on the mural, above all earlier ones."""
    tile = _tile_of_order(mural, job_id)
    if tile is None or tile.order is None or mural.state not in PAINTED_IN:
        return mural
    return mural.with_tile(
        replace(
            tile,
            order=None,
            claimed_until=None,
            picture=picture,
            painted_in=tile.order.style.name,
            painted_at=now,
            turn=1 + max((one.turn for one in mural.tiles), default=0),
            job_id=job_id,
            failures=0,
            problem="",
        )
    )


def failed(mural: Mural, job_id: int, why: str, now: float, hold: float) -> Mural:
    """End an order that led to no painting.

    A member's painted tile stays as it was. For an unpainted one, the member has another `hold`
    seconds to choose a style; once claiming is over, the server's style paints it. The server's own
    tile is tried again, up to `MOST_FAILURES` times.
    """
    tile = _tile_of_order(mural, job_id)
    if tile is None:
        return mural
    if mural.state not in PAINTED_IN:
        return mural.with_tile(replace(tile, order=None))
    tile = replace(tile, order=None, failures=tile.failures + 1, problem=why)
    if tile.member_id != NO_MEMBER:
        if tile.picture is not None:
            return mural.with_tile(tile)
        if mural.state is MuralState.OPEN:
            return mural.with_tile(replace(tile, claimed_until=now + hold))
        return mural.with_tile(_by_server(mural, tile.number, now))
    if tile.failures < MOST_FAILURES:
        return mural.with_tile(_by_server(mural, tile.number, now, tile.failures))
    return mural.with_tile(tile)  # the photograph stays there


def drop_order(mural: Mural, number: int, key: int, now: float) -> Mural:
    """Drop the order of a member that may not paint any more, and the tile if it is unpainted."""
    tile = mural.tile(number)
    if tile is None or tile.order is None or tile.order.key != key:
        return mural
    if tile.picture is not None:
        return mural.with_tile(replace(tile, order=None))
    return remove(mural, [number], now)


def is_to_assemble(mural: Mural) -> bool:
    """Whether all is painted, and the whole is to be put together now."""
    is_repaired = mural.state is MuralState.REPAIRING and _is_complete(mural)
    return is_repaired or mural.state is MuralState.ASSEMBLING


def assembled(mural: Mural, results: Results, now: float) -> Mural:
    """Finish a mural of which the whole was made."""
    if not is_to_assemble(mural):
        return mural
    return replace(mural, state=MuralState.DONE, results=results, closed_at=now)


def delete_painting(mural: Mural, job_id: int, now: float) -> Mural:
    """Take a painting off the mural, because its owner deleted it."""
    return remove(mural, [tile.number for tile in mural.tiles if tile.job_id == job_id], now)


def forget(mural: Mural, member_id: int, now: float) -> Mural:
    """Take a member's tiles off the mural, and the member's name as its host."""
    theirs = [tile.number for tile in mural.tiles if tile.member_id == member_id]
    mural = remove(mural, theirs, now)
    if mural.host_id == member_id:
        mural = replace(mural, host_id=NO_MEMBER, host_name="")
    return mural


def remove(mural: Mural, numbers: Sequence[int], now: float) -> Mural:
    """Free tiles with all that is painted on them.

    Where claiming is over, the server's style paints them instead. A finished mural is then
    repaired.
    """
    if not numbers:
        return mural
    mural = mural.without(numbers)
    if mural.state in (MuralState.OPEN, MuralState.CANCELLED):
        return mural
    was_finished = mural.state in (MuralState.DONE, MuralState.REPAIRING)
    new = tuple(_by_server(mural, number, now) for number in numbers)
    return replace(
        mural,
        state=MuralState.REPAIRING if was_finished else MuralState.FINISHING,
        tiles=(*mural.tiles, *new),
        results=None,
        closed_at=None,
    )


def jobs_to_cancel(before: Mural, after: Mural) -> set[int]:
    """The jobs of orders that a change took away before they were painted."""

    def ordered(mural: Mural) -> set[int]:
        orders = [tile.order for tile in mural.tiles if mural.state in PAINTED_IN and tile.order]
        return {order.job_id for order in orders if order.job_id is not None}

    painted_jobs = {tile.job_id for tile in after.tiles if tile.job_id}
    return ordered(before) - ordered(after) - painted_jobs


def _by_server(mural: Mural, number: int, now: float, failures: int = 0) -> Tile:
    """A tile that the server's style is to paint.

    Its order's key is made of the time, the tile and the mural, so that each order has another one.
    It is negative, as no interaction's id is.
    """
    milliseconds = int(now * 1000)
    key = -(milliseconds << 20 | number << 12 | mural.id % 2**12)
    order = TileOrder(mural.terms.server_style, key, now)
    return Tile(number, NO_MEMBER, order=order, failures=failures)


def _is_complete(mural: Mural) -> bool:
    return not mural.free and all(map(_is_settled, mural.tiles))


def _is_settled(tile: Tile) -> bool:
    """Whether a tile needs no painting any more."""
    given_up = tile.failures >= MOST_FAILURES and tile.member_id == NO_MEMBER
    return tile.order is None and (tile.picture is not None or given_up)


def _tile_of_order(mural: Mural, job_id: int) -> Tile | None:
    """The tile with an order that this job paints."""
    for tile in mural.tiles:
        if tile.order is not None and tile.order.job_id == job_id:
            return tile
    return None
