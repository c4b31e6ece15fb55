"""Requests that are accepted but not jobs yet."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "requests",
        sa.Column("interaction_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("request", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("interaction_id", name="pk_requests"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("requests")
