"""Marks of age and spoilers, upload limits, and the servers that the bot has left."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column(
        "jobs", sa.Column("upload_limit", sa.BigInteger, nullable=False, server_default="0")
    )
    for table, name in (
        ("jobs", "age_restricted"),
        ("jobs", "spoiler"),
        ("challenges", "age_restricted"),
    ):
        column = sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())
        op.add_column(table, column)
    op.create_table(
        "departed_guilds",
        sa.Column("guild_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("left_at", sa.Double, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("departed_guilds")
    op.drop_column("challenges", "age_restricted")
    for name in ("spoiler", "age_restricted", "upload_limit"):
        op.drop_column("jobs", name)
