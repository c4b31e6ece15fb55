"""The table of servers' settings."""

import sqlalchemy as sa

from bot.storage.metadata import metadata

guild_settings = sa.Table(
    "guild_settings",
    metadata,
    sa.Column("guild_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("settings", sa.JSON, nullable=False),
)
