"""Tries of announcements that failed, and whether one is to be posted again."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLE = "challenge_notices"


def upgrade() -> None:
    """Add the columns."""
    for column in (
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_try", sa.Double),
        sa.Column("problem", sa.Text, nullable=False, server_default=""),
        sa.Column("told", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("wanted_again", sa.Boolean, nullable=False, server_default=sa.false()),
    ):
        op.add_column(TABLE, column)


def downgrade() -> None:
    """Drop them."""
    for name in ("wanted_again", "told", "problem", "next_try", "failures"):
        op.drop_column(TABLE, name)
