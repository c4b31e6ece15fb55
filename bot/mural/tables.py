"""The tables of murals. Keys make a second claim of a tile impossible."""

import sqlalchemy as sa

from bot.storage.metadata import metadata

_unfinished = sa.text("state IN ('open', 'finishing', 'assembling')")

murals = sa.Table(
    "murals",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("guild_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("channel_id", sa.BigInteger, nullable=False),
    sa.Column("host_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("host_name", sa.Text, nullable=False, server_default=""),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("terms", sa.JSON, nullable=False),
    sa.Column("photo", sa.String(64), nullable=False),
    sa.Column("server_style", sa.String(64), nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("closed_at", sa.Double),
    sa.Column("age_restricted", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("preview", sa.String(64)),
    sa.Column("png", sa.String(64)),
    sa.Column("jpeg", sa.String(64)),
    sa.Column("film", sa.String(64)),
    sa.Column("nonce", sa.String(25), nullable=False),
    sa.Column("began_at", sa.Double),
    sa.Column("message_id", sa.BigInteger),
    sa.Column("shown", sa.Integer, nullable=False),
    sa.Column("given_up", sa.Boolean, nullable=False),
    # one unfinished mural in a server at a time
    sa.Index(
        "uq_murals_unfinished",
        "guild_id",
        unique=True,
        sqlite_where=_unfinished,
        postgresql_where=_unfinished,
    ),
    sqlite_autoincrement=True,  # ids are in custom ids of buttons, so they are never reused
)

tiles = sa.Table(
    "mural_tiles",
    metadata,
    sa.Column("mural_id", sa.ForeignKey("murals.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("member_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("claimed_until", sa.Double),
    sa.Column("style", sa.String(64)),
    sa.Column("style_name", sa.Text),
    sa.Column("order_key", sa.BigInteger),
    sa.Column("wanted_at", sa.Double),
    sa.Column("order_job_id", sa.Integer),
    sa.Column("picture", sa.String(64), index=True),
    sa.Column("painted_in", sa.Text, nullable=False),
    sa.Column("painted_at", sa.Double),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("job_id", sa.Integer, index=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
)
