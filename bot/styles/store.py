"""The SQL of the style libraries."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.tables import jobs
from bot.pictures.retention import Names
from bot.storage.database import Database
from bot.styles.model import Style
from bot.styles.tables import libraries, styles


class StyleStore:
    """Reads and writes styles. Methods that take a connection are part of its transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def has_starters(self, guild_id: int) -> bool:
        """Say whether a server got its starters."""
        known = sa.select(libraries).where(libraries.c.guild_id == guild_id)
        async with self.database.read() as connection:
            return (await connection.execute(known)).first() is not None

    async def opened(self, connection: AsyncConnection, guild_id: int) -> bool:
        """Say whether a server has its starters, and record that it has them from now on."""
        known = sa.select(libraries).where(libraries.c.guild_id == guild_id)
        if (await connection.execute(known)).first() is not None:
            return True
        await connection.execute(sa.insert(libraries).values(guild_id=guild_id))
        return False

    async def add(self, connection: AsyncConnection, style: Style) -> Style:
        """Insert a style and return it with its new id; the given id is ignored."""
        row = {**vars(style)}
        del row["id"]
        query = sa.insert(styles).values(row).returning(styles.c.id)
        return replace(style, id=(await connection.execute(query)).scalar_one())

    async def count(self, connection: AsyncConnection, guild_id: int) -> int:
        """Count a server's styles."""
        query = sa.select(sa.func.count()).where(styles.c.guild_id == guild_id)
        return int((await connection.execute(query)).scalar_one())

    async def rename(self, connection: AsyncConnection, style: Style) -> None:
        """Write the name and the key of a style."""
        query = sa.update(styles).where(styles.c.id == style.id)
        await connection.execute(query.values(name=style.name, key=style.key))

    async def delete(self, connection: AsyncConnection, style_id: int) -> None:
        """Delete a style."""
        await connection.execute(sa.delete(styles).where(styles.c.id == style_id))

    async def find(self, guild_id: int, key: str) -> Style | None:
        """Read the style with a key."""
        where = (styles.c.guild_id == guild_id) & (styles.c.key == key)
        async with self.database.read() as connection:
            found = await _select(connection, where)
        return found[0] if found else None

    async def all(self, guild_id: int) -> Sequence[Style]:
        """Read a server's styles, sorted by key."""
        async with self.database.read() as connection:
            return await _select(connection, styles.c.guild_id == guild_id)

    async def guild_ids(self) -> set[int]:
        """Read which servers have a library."""
        async with self.database.read() as connection:
            return set((await connection.execute(sa.select(libraries.c.guild_id))).scalars())

    async def forget_guild(self, guild_id: int) -> set[str]:
        """Delete a server's library; return its pictures."""
        async with self.database.write() as connection:
            theirs = await _select(connection, styles.c.guild_id == guild_id)
            await connection.execute(sa.delete(styles).where(styles.c.guild_id == guild_id))
            await connection.execute(sa.delete(libraries).where(libraries.c.guild_id == guild_id))
        return {picture for style in theirs for picture in style.pictures}

    async def pictures_in_use(self, among: Collection[str]) -> set[str]:
        """Give those of these pictures that a style refers to."""
        found: set[str] = set()
        async with self.database.read() as connection:
            for column in (styles.c.picture, styles.c.preview):
                query = sa.select(column).where(column.in_(among)).distinct()
                found |= set((await connection.execute(query)).scalars())
        return found

    def pictures_held(self, guild_id: int, member_id: int | None) -> Sequence[Names]:
        """Query the pictures of a server's styles, or only of those that a member saved."""
        where = styles.c.guild_id == guild_id
        if member_id is not None:
            where &= styles.c.author_id == member_id
        return [sa.select(column).where(where) for column in (styles.c.picture, styles.c.preview)]

    async def about_member(self, member_id: int) -> AsyncIterator[list[Mapping[str, Any]]]:
        """Yield the styles that a member saved; libraries are small."""
        async with self.database.read() as connection:
            yield [vars(style) for style in await _by(connection, member_id)]

    async def forget_member(self, member_id: int) -> set[str]:
        """Delete the styles that a member saved, and their credits; return the pictures."""
        async with self.database.write() as connection:
            theirs = await _by(connection, member_id)
            await connection.execute(sa.delete(styles).where(styles.c.author_id == member_id))
            credited = sa.update(jobs).where(jobs.c.style_author == member_id)
            await connection.execute(credited.values(style_author=None, style_author_name=""))
        return {picture for style in theirs for picture in style.pictures}


async def _by(connection: AsyncConnection, member_id: int) -> list[Style]:
    return await _select(connection, styles.c.author_id == member_id)


async def _select(connection: AsyncConnection, where: sa.ColumnElement[bool]) -> list[Style]:
    query = sa.select(styles).where(where).order_by(styles.c.guild_id, styles.c.key)
    return [Style(**row) for row in (await connection.execute(query)).mappings()]
