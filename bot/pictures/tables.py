"""The table of stored pictures."""

import sqlalchemy as sa

from bot.storage.metadata import metadata

pictures = sa.Table(
    "pictures",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),  # 0 where it was not measured
    sa.Column("height", sa.Integer, nullable=False),
)
