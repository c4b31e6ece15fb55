"""The tables of the style libraries."""

import sqlalchemy as sa

from bot.storage.metadata import metadata

# A server has a row once the starters are in its library, so that deleted ones stay deleted.
libraries = sa.Table(
    "style_libraries",
    metadata,
    sa.Column("guild_id", sa.BigInteger, primary_key=True, autoincrement=False),
)

styles = sa.Table(
    "styles",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("guild_id", sa.BigInteger, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("picture", sa.String(64), nullable=False, index=True),
    sa.Column("preview", sa.String(64), nullable=False, index=True),
    sa.Column("author_id", sa.BigInteger, index=True),
    sa.Column("author_name", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.UniqueConstraint("guild_id", "key"),
)
