"""The table of the servers that the bot has left."""

import sqlalchemy as sa

from bot.storage.metadata import metadata

departed = sa.Table(
    "departed_guilds",
    metadata,
    sa.Column("guild_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("left_at", sa.Double, nullable=False),
)
