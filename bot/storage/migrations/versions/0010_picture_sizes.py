"""The sizes of the pictures that a job is painted from, and the bytes of all that are stored."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the table. The bot itself fills the table with what lies on the disk."""
    op.add_column("jobs", sa.Column("sizes", sa.JSON, nullable=False, server_default="[]"))
    op.create_table(
        "pictures",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_table("pictures")
    op.drop_column("jobs", "sizes")
