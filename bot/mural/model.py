"""A mural and its tiles: plain data.

Times are Unix seconds. Pictures are names in the picture store. A member's id of 0 stands for the
server, or for a member with deleted data.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from engine.mural.grid import Grid


class MuralState(StrEnum):
    """The state of a mural: open, finishing, assembling, then done; or cancelled before that.

    A finished one from which a painting is deleted is repaired, then done again.
    """

    OPEN = "open"  # members claim and paint tiles
    FINISHING = "finishing"  # the server's style paints the tiles that are left
    ASSEMBLING = "assembling"  # all tiles are painted; the whole, the page and the film are made
    DONE = "done"
    CANCELLED = "cancelled"
    REPAIRING = "repairing"  # beside the server's next mural: the server's style paints the gaps


PAINTED_IN = (MuralState.OPEN, MuralState.FINISHING, MuralState.REPAIRING)  # tiles are painted
UNFINISHED = (MuralState.OPEN, MuralState.FINISHING, MuralState.ASSEMBLING)  # one in a server
ALIVE = (*UNFINISHED, MuralState.REPAIRING)  # there is something to do
NO_MEMBER = 0  # as a member's id


class StyleRule(StrEnum):
    """Which styles members may paint tiles in."""

    ANY = "any"  # pictures that they upload too
    LIBRARY = "library"  # those of the server's library
    FIXED = "fixed"  # those that were named at the start


@dataclass(frozen=True)
class ChosenStyle:
    """A style that was chosen for a tile."""

    picture: str
    name: str  # in the library, or the title of an uploaded picture


@dataclass(frozen=True)
class Terms:
    """The terms that the host of a mural sets. Tiles have `tile` pixels on a side."""

    title: str
    columns: int
    rows: int
    tile: int
    until: float
    server_style: ChosenStyle  # of the tiles that nobody paints
    styles: StyleRule = StyleRule.ANY
    style_names: tuple[str, ...] = ()  # for the rule `FIXED`
    tiles_per_member: int = 1
    role: int | None = None  # may claim; None: everyone

    @property
    def grid(self) -> Grid:
        """How the mural is cut into tiles."""
        return Grid(self.columns, self.rows, self.tile)


@dataclass(frozen=True)
class TileOrder:
    """A painting of a tile that is wanted, and not finished."""

    style: ChosenStyle
    key: int  # unique: the id of the interaction that chose the style, or below 0 for the server
    wanted_at: float
    job_id: int | None = None  # None while it waits for a neighbour, or for room in the queue


@dataclass(frozen=True)
class Tile:
    """A tile that somebody has. Free tiles are not kept."""

    number: int  # from 1, row by row
    member_id: int
    name: str = ""  # of the member at that time
    claimed_until: float | None = None  # before it is painted; None: no limit
    order: TileOrder | None = None
    picture: str | None = None  # the painted region, see `engine.mural.grid`
    painted_in: str = ""  # the name of the style of `picture`
    painted_at: float | None = None
    turn: int = 0  # counts the tiles in the order in which they were painted, from 1
    job_id: int | None = None  # the job that painted `picture`
    failures: int = 0  # of orders in a row
    problem: str = ""  # why the last order failed

    @property
    def pictures(self) -> tuple[str, ...]:
        """The pictures that must stay: the layer, and the style of what is to be painted."""
        style = self.order.style.picture if self.order else None
        return tuple(name for name in (self.picture, style) if name)


@dataclass(frozen=True)
class Results:
    """What a finished mural has, as named in the picture store."""

    preview: str
    png: str
    jpeg: str
    film: str

    @property
    def pictures(self) -> tuple[str, ...]:
        """All four."""
        return self.preview, self.png, self.jpeg, self.film


@dataclass(frozen=True)
class MuralMessage:
    """The message in which a mural grows, and what was sent of it."""

    nonce: str
    began_at: float | None = None  # when the first send began
    message_id: int | None = None
    shown: int = 0  # the `version` of the mural that it shows
    given_up: bool = False  # it can neither be sent nor edited


@dataclass(frozen=True)
class Mural:
    """A mural with its tiles."""

    id: int
    guild_id: int
    channel_id: int  # where it grows
    host_id: int
    state: MuralState
    terms: Terms
    photo: str  # a JPEG that the bot encoded
    seed: int  # of the paintings, and of the random course of the edges between tiles
    created_at: float
    message: MuralMessage
    closed_at: float | None = None
    host_name: str = ""
    age_restricted: bool = False
    version: int = 1  # grows with each change that members see
    results: Results | None = None
    tiles: tuple[Tile, ...] = ()

    def tile(self, number: int) -> Tile | None:
        """A tile that somebody has; None where it is free."""
        return next((tile for tile in self.tiles if tile.number == number), None)

    def is_ordered(self, number: int, job_id: int) -> bool:
        """Whether a tile has an order that this job paints."""
        tile = self.tile(number)
        return tile is not None and tile.order is not None and tile.order.job_id == job_id

    def with_tile(self, changed: Tile) -> "Mural":
        """The mural with this tile in place of the one of its number."""
        tiles = (changed if tile.number == changed.number else tile for tile in self.tiles)
        return replace(self, tiles=tuple(tiles))

    def without(self, numbers: Collection[int]) -> "Mural":
        """The mural with these tiles free."""
        tiles = (tile for tile in self.tiles if tile.number not in numbers)
        return replace(self, tiles=tuple(tiles))

    @property
    def free(self) -> tuple[int, ...]:
        """The numbers of the tiles that nobody has."""
        taken = {tile.number for tile in self.tiles}
        return tuple(n for n in range(1, self.terms.grid.count + 1) if n not in taken)

    @property
    def painted(self) -> tuple[Tile, ...]:
        """The painted tiles, the first painted first."""
        return tuple(sorted((t for t in self.tiles if t.picture), key=lambda tile: tile.turn))

    @property
    def pictures(self) -> tuple[str, ...]:
        """All pictures that the mural refers to."""
        own = (self.photo, self.terms.server_style.picture)
        tiles = (name for tile in self.tiles for name in tile.pictures)
        return (*own, *tiles, *(self.results.pictures if self.results else ()))
