"""The SQL of murals."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.tables import jobs
from bot.mural.model import (
    ALIVE,
    UNFINISHED,
    ChosenStyle,
    Mural,
    MuralMessage,
    MuralState,
    Results,
    StyleRule,
    Terms,
    Tile,
    TileOrder,
)
from bot.mural.tables import murals, tiles
from bot.pictures.retention import Names
from bot.storage.database import Database
from bot.storage.shard import WHOLE, Shard

# Columns that hold the field of the same name.
_PLAIN = (
    *("guild_id", "channel_id", "host_id", "host_name", "photo", "seed", "created_at"),
    *("closed_at", "age_restricted", "version"),
)
_OF_TILE = (
    *("number", "member_id", "name", "claimed_until", "picture", "painted_in", "painted_at"),
    *("turn", "job_id", "failures", "problem"),
)
_RESULTS = tuple(Results.__dataclass_fields__)
_MESSAGE = tuple(MuralMessage.__dataclass_fields__)
_PICTURES = (murals.c.photo, murals.c.server_style, *(murals.c[name] for name in _RESULTS))
_TILE_PICTURES = (tiles.c.picture, tiles.c.style)


class MuralStore:
    """Reads and writes murals. Methods that take a connection are part of its transaction.

    `alive` reads the murals of the shard's servers.
    """

    def __init__(self, database: Database, shard: Shard = WHOLE) -> None:
        self.database = database
        self._shard = shard

    async def add(self, connection: AsyncConnection, mural: Mural) -> Mural:
        """Insert a mural and return it with its new id; the given id is ignored."""
        query = sa.insert(murals).values(_row(mural)).returning(murals.c.id)
        return replace(mural, id=(await connection.execute(query)).scalar_one())

    async def get(self, mural_id: int) -> Mural | None:
        """Read a mural in a transaction of its own."""
        async with self.database.read() as connection:
            return await self.find(connection, mural_id)

    async def find(self, connection: AsyncConnection, mural_id: int) -> Mural | None:
        """Read a mural."""
        # BIGINT, because a member may send a number that is too large for PostgreSQL's INTEGER
        found = await self._read(connection, murals.c.id == sa.literal(mural_id, sa.BigInteger))
        return found[0] if found else None

    async def find_unfinished(self, connection: AsyncConnection, guild_id: int) -> Mural | None:
        """Read a server's mural that is not over."""
        where = (murals.c.guild_id == guild_id) & murals.c.state.in_(UNFINISHED)
        found = await self._read(connection, where)
        return found[0] if found else None

    async def unfinished(self, guild_id: int) -> Mural | None:
        """Read a server's mural that is not over, in a transaction of its own."""
        async with self.database.read() as connection:
            return await self.find_unfinished(connection, guild_id)

    async def last(self, guild_id: int) -> Mural | None:
        """Read a server's newest mural."""
        newest = sa.select(sa.func.max(murals.c.id)).where(murals.c.guild_id == guild_id)
        async with self.database.read() as connection:
            found = await self._read(connection, murals.c.id == newest.scalar_subquery())
        return found[0] if found else None

    async def alive(self) -> list[Mural]:
        """Read the shard's murals that are not over, or of which the message is out of date."""
        stale = (murals.c.shown < murals.c.version) & ~murals.c.given_up
        where = (murals.c.state.in_(ALIVE) | stale) & self._shard.where(murals.c.guild_id)
        async with self.database.read() as connection:
            return await self._read(connection, where)

    async def save(self, connection: AsyncConnection, before: Mural, after: Mural) -> None:
        """Write the changes between two states of a mural."""
        row = _row(after)
        if row != _row(before):
            query = sa.update(murals).where(murals.c.id == before.id)
            await connection.execute(query.values(row))
        kept = {tile.number for tile in after.tiles}
        gone = [tile.number for tile in before.tiles if tile.number not in kept]
        if gone:
            where = (tiles.c.mural_id == before.id) & tiles.c.number.in_(gone)
            await connection.execute(sa.delete(tiles).where(where))
        for tile in after.tiles:
            old_tile = before.tile(tile.number)
            if old_tile is None:
                values = {**_tile_row(tile), "mural_id": before.id}
                await connection.execute(sa.insert(tiles).values(values))
            elif tile != old_tile:
                where = (tiles.c.mural_id == before.id) & (tiles.c.number == tile.number)
                await connection.execute(sa.update(tiles).where(where).values(_tile_row(tile)))

    async def set_message(self, mural_id: int, **values: object) -> None:
        """Change columns of a mural's message."""
        async with self.database.write() as connection:
            query = sa.update(murals).where(murals.c.id == mural_id)
            await connection.execute(query.values(**values))

    async def deleted_paintings(self) -> list[tuple[int, int]]:
        """List mural and job of each tile of which the owner deleted the painting."""
        query = (
            sa.select(tiles.c.mural_id, tiles.c.job_id)
            .join_from(tiles, jobs, tiles.c.job_id == jobs.c.id)
            .join(murals, murals.c.id == tiles.c.mural_id)
            .where(jobs.c.result_deleted, tiles.c.picture.is_not(None))
            .where(self._shard.where(murals.c.guild_id))
        )
        async with self.database.read() as connection:
            return [(row[0], row[1]) for row in await connection.execute(query)]

    async def of_member(self, member_id: int) -> list[int]:
        """List the murals that a member started or has a tile of."""
        painted = sa.select(tiles.c.mural_id).where(tiles.c.member_id == member_id)
        where = (murals.c.host_id == member_id) | murals.c.id.in_(painted)
        async with self.database.read() as connection:
            query = sa.select(murals.c.id).where(where).order_by(murals.c.id)
            return list((await connection.execute(query)).scalars())

    async def guild_ids(self) -> set[int]:
        """Give the shard's servers that have murals."""
        query = sa.select(murals.c.guild_id).where(self._shard.where(murals.c.guild_id)).distinct()
        async with self.database.read() as connection:
            return set((await connection.execute(query)).scalars())

    async def forget_guild(self, guild_id: int) -> set[str]:
        """Delete a server's murals; return their pictures."""
        theirs = murals.c.guild_id == guild_id
        async with self.database.write() as connection:
            found = {name for one in await self._read(connection, theirs) for name in one.pictures}
            await connection.execute(sa.delete(murals).where(theirs))
        return found

    async def pictures_in_use(self, among: Collection[str]) -> set[str]:
        """Give those of these pictures that a mural refers to."""
        found: set[str] = set()
        async with self.database.read() as connection:
            for column in (*_PICTURES, *_TILE_PICTURES):
                query = sa.select(column).where(column.in_(among)).distinct()
                found |= {name for name in (await connection.execute(query)).scalars() if name}
        return found

    def pictures_held(self, guild_id: int, member_id: int | None) -> Sequence[Names]:
        """Query the pictures of a server's murals, or only of a member's there."""
        here = murals.c.guild_id == guild_id
        started = here if member_id is None else here & (murals.c.host_id == member_id)
        painted = here if member_id is None else here & (tiles.c.member_id == member_id)
        return [
            *(sa.select(column).where(started) for column in _PICTURES),
            *(sa.select(column).join(murals).where(painted) for column in _TILE_PICTURES),
        ]

    async def _read(
        self, connection: AsyncConnection, where: sa.ColumnElement[bool]
    ) -> list[Mural]:
        query = sa.select(murals).where(where).order_by(murals.c.id)
        rows = (await connection.execute(query)).mappings().all()
        tiles_by_mural: dict[int, list[Tile]] = {row["id"]: [] for row in rows}
        query = sa.select(tiles).where(tiles.c.mural_id.in_(tiles_by_mural))
        for tile in (await connection.execute(query.order_by(tiles.c.number))).mappings():
            tiles_by_mural[tile["mural_id"]].append(_tile(tile))
        return [_mural(row, tuple(tiles_by_mural[row["id"]])) for row in rows]


def _row(mural: Mural) -> dict[str, Any]:
    """The columns of a mural. Those of its message only where it is new: see `set_message`."""
    results = vars(mural.results) if mural.results else dict.fromkeys(_RESULTS)
    terms = {**asdict(mural.terms), "style_names": list(mural.terms.style_names)}
    row = {
        **{name: getattr(mural, name) for name in _PLAIN},
        **results,
        "state": mural.state,
        "terms": terms,
        "server_style": mural.terms.server_style.picture,
    }
    is_new = mural.id == 0
    return {**row, **vars(mural.message)} if is_new else row


def _mural(row: Mapping[Any, Any], its_tiles: tuple[Tile, ...]) -> Mural:
    terms = dict(row["terms"])
    terms["server_style"] = ChosenStyle(**terms["server_style"])
    terms["style_names"] = tuple(terms["style_names"])
    terms["styles"] = StyleRule(terms["styles"])
    results = None
    if row["png"] is not None:
        results = Results(**{name: row[name] for name in _RESULTS})
    return Mural(
        id=row["id"],
        state=MuralState(row["state"]),
        terms=Terms(**terms),
        message=MuralMessage(**{name: row[name] for name in _MESSAGE}),
        results=results,
        tiles=its_tiles,
        **{name: row[name] for name in _PLAIN},
    )


def _tile_row(tile: Tile) -> dict[str, Any]:
    order = tile.order
    return {
        **{name: getattr(tile, name) for name in _OF_TILE},
        "style": order.style.picture if order else None,
        "style_name": order.style.name if order else None,
        "order_key": order.key if order else None,
        "wanted_at": order.wanted_at if order else None,
        "order_job_id": order.job_id if order else None,
    }


def _tile(row: Mapping[Any, Any]) -> Tile:
    order = None
    if row["order_key"] is not None:
        style = ChosenStyle(row["style"], row["style_name"] or "")
        order = TileOrder(style, row["order_key"], row["wanted_at"], row["order_job_id"])
    return Tile(order=order, **{name: row[name] for name in _OF_TILE})
