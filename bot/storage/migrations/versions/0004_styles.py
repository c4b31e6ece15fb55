"""Servers' style libraries, and the author of a painting's style."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and the column."""
    op.create_table(
        "style_libraries",
        sa.Column("guild_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("guild_id", name="pk_style_libraries"),
    )
    op.create_table(
        "styles",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("picture", sa.String(64), nullable=False),
        sa.Column("preview", sa.String(64), nullable=False),
        sa.Column("author_id", sa.BigInteger),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_styles"),
        sa.UniqueConstraint("guild_id", "key", name="uq_styles_guild_id"),
    )
    for column in ("picture", "preview", "author_id"):
        op.create_index(f"ix_styles_{column}", "styles", [column])
    op.add_column("jobs", sa.Column("style_author", sa.BigInteger))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("jobs", "style_author")
    op.drop_table("styles")
    op.drop_table("style_libraries")
