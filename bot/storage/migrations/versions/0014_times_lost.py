"""How often a job's executor was lost, under a name that does not mean the losses of a painting."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rename the column."""
    op.execute("ALTER TABLE jobs RENAME COLUMN losses TO times_lost")


def downgrade() -> None:
    """Give it its old name."""
    op.execute("ALTER TABLE jobs RENAME COLUMN times_lost TO losses")
