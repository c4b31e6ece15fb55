"""Murals and their tiles, and what surrounds the picture of a job."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None

_UNFINISHED = sa.text("state IN ('open', 'finishing', 'assembling')")


def upgrade() -> None:
    """Create the tables, and add the column."""
    op.add_column("jobs", sa.Column("surroundings", sa.JSON, nullable=False, server_default="[]"))
    op.create_table(
        "murals",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("host_id", sa.BigInteger, nullable=False),
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
        sa.PrimaryKeyConstraint("id", name="pk_murals"),
        sqlite_autoincrement=True,
    )
    for column in ("guild_id", "host_id"):
        op.create_index(f"ix_murals_{column}", "murals", [column])
    op.create_index(
        "uq_murals_unfinished",
        "murals",
        ["guild_id"],
        unique=True,
        sqlite_where=_UNFINISHED,
        postgresql_where=_UNFINISHED,
    )
    op.create_table(
        "mural_tiles",
        sa.Column("mural_id", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("member_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("claimed_until", sa.Double),
        sa.Column("style", sa.String(64)),
        sa.Column("style_name", sa.Text),
        sa.Column("order_key", sa.BigInteger),
        sa.Column("wanted_at", sa.Double),
        sa.Column("order_job_id", sa.Integer),
        sa.Column("picture", sa.String(64)),
        sa.Column("painted_in", sa.Text, nullable=False),
        sa.Column("painted_at", sa.Double),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("job_id", sa.Integer),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("mural_id", "number", name="pk_mural_tiles"),
        sa.ForeignKeyConstraint(
            ["mural_id"],
            ["murals.id"],
            name="fk_mural_tiles_mural_id_murals",
            ondelete="CASCADE",
        ),
    )
    for column in ("member_id", "picture", "job_id"):
        op.create_index(f"ix_mural_tiles_{column}", "mural_tiles", [column])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("mural_tiles")
    op.drop_table("murals")
    op.drop_column("jobs", "surroundings")
