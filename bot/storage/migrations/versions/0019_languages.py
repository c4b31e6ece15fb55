"""The language of a job's member."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. Members of earlier jobs go on reading English."""
    column = sa.Column("language", sa.String(10), nullable=False, server_default="en-US")
    op.add_column("jobs", column)


def downgrade() -> None:
    """Drop it."""
    op.drop_column("jobs", "language")
