"""Under which name a member entered a challenge, for the gallery."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column(
        "challenge_entries", sa.Column("name", sa.Text, nullable=False, server_default="")
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_column("challenge_entries", "name")
