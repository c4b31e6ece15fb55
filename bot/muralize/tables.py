"""The table of requests."""

import sqlalchemy as sa

from bot.storage.metadata import metadata

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("interaction_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("resumed", sa.Integer, nullable=False, server_default="0"),  # times, by a start
)
