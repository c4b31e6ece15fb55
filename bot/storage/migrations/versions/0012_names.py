"""Display names of members and titles of pictures, and an index for a member's own paintings."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_NAMES = (
    ("jobs", "member_name"),
    ("jobs", "style_author_name"),
    ("jobs", "content_title"),
    ("jobs", "style_title"),
    ("styles", "author_name"),
    ("challenges", "host_name"),
)


def upgrade() -> None:
    """Add the columns and the index."""
    for table, name in _NAMES:
        op.add_column(table, sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.create_index("ix_jobs_owner", "jobs", ["member_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_jobs_owner", "jobs")
    for table, name in reversed(_NAMES):
        op.drop_column(table, name)
