"""How many bytes and pixels each stored picture has, in the database, where they can be summed."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.pictures.model import StoredPicture
from bot.pictures.retention import Names, batches
from bot.pictures.tables import pictures
from bot.storage.database import Database


class PictureLedger:
    """Records what is stored. A picture's bytes never change, since they are its name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, stored: Collection[StoredPicture]) -> None:
        """Record pictures; those that are known stay as they are."""
        rows = [{name: getattr(one, name) for name in pictures.c.keys()} for one in stored]  # noqa: SIM118 - columns, not a dictionary
        if rows:
            async with self._database.write() as connection:
                dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
                await connection.execute(dialect.insert(pictures).on_conflict_do_nothing(), rows)

    async def forget(self, names: Collection[str]) -> None:
        """Forget pictures that were deleted."""
        async with self._database.write() as connection:
            for batch in batches(sorted(names)):
                await connection.execute(sa.delete(pictures).where(pictures.c.name.in_(batch)))

    async def find(self, name: str) -> StoredPicture | None:
        """Give what is recorded of a picture."""
        query = sa.select(pictures).where(pictures.c.name == name)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else StoredPicture(**row)

    async def bytes_of(self, queries: Sequence[Names]) -> int:
        """Sum up the bytes of all pictures that any of these queries names, each once."""
        if not queries:
            return 0
        named = sa.union(*queries).subquery()
        total = sa.select(sa.func.coalesce(sa.func.sum(pictures.c.bytes), 0)).where(
            pictures.c.name.in_(sa.select(named.c[0]))
        )
        async with self._database.read() as connection:
            return int((await connection.execute(total)).scalar_one())
