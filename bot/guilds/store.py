"""The SQL of servers' settings."""

import sqlalchemy as sa

from bot.guilds.model import GuildSettings
from bot.guilds.tables import guild_settings
from bot.storage.database import Database


class GuildStore:
    """Reads and writes the settings that servers have chosen."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, guild_id: int) -> GuildSettings:
        """Read a server's settings; the defaults where it has chosen nothing."""
        query = sa.select(guild_settings.c.settings).where(guild_settings.c.guild_id == guild_id)
        async with self._database.read() as connection:
            stored = (await connection.execute(query)).scalar_one_or_none()
        return GuildSettings.from_json(stored) if stored is not None else GuildSettings()

    async def guild_ids(self) -> set[int]:
        """Read which servers have chosen something."""
        async with self._database.read() as connection:
            found = await connection.execute(sa.select(guild_settings.c.guild_id))
            return set(found.scalars())

    async def forget(self, guild_id: int) -> None:
        """Delete a server's settings."""
        async with self._database.write() as connection:
            await connection.execute(
                sa.delete(guild_settings).where(guild_settings.c.guild_id == guild_id)
            )

    async def save(self, guild_id: int, settings: GuildSettings) -> None:
        """Write a server's settings."""
        async with self._database.write() as connection:
            await connection.execute(
                sa.delete(guild_settings).where(guild_settings.c.guild_id == guild_id)
            )
            row = {"guild_id": guild_id, "settings": settings.to_json()}
            await connection.execute(sa.insert(guild_settings).values(row))
