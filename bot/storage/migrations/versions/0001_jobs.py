"""Jobs and their pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("parent_id", sa.Integer),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("member_id", sa.BigInteger, nullable=False),
        sa.Column("interaction_id", sa.BigInteger, nullable=False),
        sa.Column("interaction_token", sa.Text, nullable=False),
        sa.Column("token_expires_at", sa.Double, nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("styles", sa.JSON, nullable=False),
        sa.Column("style_name", sa.Text),
        sa.Column("preset", sa.Text, nullable=False),
        sa.Column("size", sa.Integer),
        sa.Column("steps", sa.Integer),
        sa.Column("strength", sa.Double, nullable=False),
        sa.Column("keep_colors", sa.Boolean, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("timelapse", sa.Boolean, nullable=False),
        sa.Column("predicted_seconds", sa.Double, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("started_at", sa.Double),
        sa.Column("painted_at", sa.Double),
        sa.Column("finished_at", sa.Double),
        sa.Column("starts", sa.Integer, nullable=False),
        sa.Column("losses", sa.Integer, nullable=False),
        sa.Column("cancelled_by", sa.BigInteger),
        sa.Column("failure", sa.Text),
        sa.Column("result", sa.JSON),
        sa.Column("result_deleted", sa.Boolean, nullable=False),
        sa.Column("nonce", sa.String(25), nullable=False),
        sa.Column("card_channel_id", sa.BigInteger),
        sa.Column("card_message_id", sa.BigInteger),
        sa.Column("delivery_tries", sa.Integer, nullable=False),
        sa.Column("delivery_route", sa.Text),
        sa.Column("delivery_tried_at", sa.Double),
        sa.Column("delivered_channel_id", sa.BigInteger),
        sa.Column("delivered_message_id", sa.BigInteger),
        sa.Column("told_at", sa.Double),
        sa.Column("kept", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("interaction_id", name="uq_jobs_interaction_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_jobs_state", "jobs", ["state"])
    op.create_index("ix_jobs_finished_at", "jobs", ["finished_at"])
    op.create_index("ix_jobs_member", "jobs", ["guild_id", "member_id"])
    op.create_table(
        "job_pictures",
        sa.Column("job_id", sa.Integer, nullable=False),
        sa.Column("picture", sa.String(64), nullable=False),
        sa.Column("is_result", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("job_id", "picture", "is_result", name="pk_job_pictures"),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_job_pictures_job_id_jobs", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_job_pictures_picture", "job_pictures", ["picture"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("job_pictures")
    op.drop_table("jobs")
