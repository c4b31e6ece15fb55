"""Blocks, the moderators' log, and the painting time of deleted jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "blocks",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("subject_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("by_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("until", sa.Double),
        sa.Column("told", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "kind", "subject_id", name="pk_blocks"),
    )
    op.create_table(
        "log_entries",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("actor_id", sa.BigInteger, nullable=False),
        sa.Column("member_id", sa.BigInteger),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("nonce", sa.String(25)),
        sa.Column("began_at", sa.Double),
        sa.PrimaryKeyConstraint("id", name="pk_log_entries"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_log_entries_guild_id", "log_entries", ["guild_id"])
    op.create_table(
        "spent_seconds",
        sa.Column("job_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("member_id", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_spent_seconds"),
    )
    op.create_index("ix_spent_seconds_member", "spent_seconds", ["guild_id", "member_id"])


def downgrade() -> None:
    """Drop them."""
    for table in ("spent_seconds", "log_entries", "blocks"):
        op.drop_table(table)
