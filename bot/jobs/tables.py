"""The tables of jobs and of the pictures that they need."""

import sqlalchemy as sa

from bot.storage.metadata import metadata

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("parent_id", sa.Integer),
    sa.Column("guild_id", sa.BigInteger, nullable=False),
    sa.Column("channel_id", sa.BigInteger, nullable=False),
    sa.Column("member_id", sa.BigInteger, nullable=False),
    sa.Column("member_name", sa.Text, nullable=False, server_default=""),
    sa.Column("interaction_id", sa.BigInteger, nullable=False, unique=True),
    sa.Column("interaction_token", sa.Text, nullable=False),
    sa.Column("token_expires_at", sa.Double, nullable=False),
    sa.Column("private", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("upload_limit", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("age_restricted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("language", sa.String(10), nullable=False, server_default="en-US"),
    sa.Column("spoiler", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("content", sa.String(64), nullable=False),
    sa.Column("styles", sa.JSON, nullable=False),
    sa.Column("style_name", sa.Text),
    sa.Column("style_author", sa.BigInteger),
    sa.Column("style_author_name", sa.Text, nullable=False, server_default=""),
    sa.Column("content_title", sa.Text, nullable=False, server_default=""),
    sa.Column("style_title", sa.Text, nullable=False, server_default=""),
    sa.Column("alt_text", sa.Text, nullable=False, server_default=""),
    sa.Column("mask", sa.String(64)),
    sa.Column("sizes", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("surroundings", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("settings", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("timelapse", sa.Boolean, nullable=False),
    sa.Column("predicted_seconds", sa.Double, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("started_at", sa.Double),
    sa.Column("painted_at", sa.Double),
    sa.Column("finished_at", sa.Double, index=True),
    sa.Column("starts", sa.Integer, nullable=False),
    sa.Column("times_lost", sa.Integer, nullable=False),
    sa.Column("cancelled_by", sa.BigInteger),
    sa.Column("failure", sa.Text),
    sa.Column("result", sa.JSON(none_as_null=True)),
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
    sa.Index("ix_jobs_state", "state"),
    sa.Index("ix_jobs_member", "guild_id", "member_id"),
    sa.Index("ix_jobs_owner", "member_id"),
    sqlite_autoincrement=True,  # the number of a deleted job is never given again
)

# The pictures that must stay on disk for a job; a row goes when its picture may go.
job_pictures = sa.Table(
    "job_pictures",
    metadata,
    sa.Column("job_id", sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("picture", sa.String(64), primary_key=True, index=True),
    sa.Column("is_result", sa.Boolean, primary_key=True),
)

# The painting time of jobs that their member has deleted: else a deletion would renew it. Kept for
# a day, and only for servers that bound it.
spent_seconds = sa.Table(
    "spent_seconds",
    metadata,
    sa.Column("job_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("guild_id", sa.BigInteger, nullable=False),
    sa.Column("member_id", sa.BigInteger, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Index("ix_spent_seconds_member", "guild_id", "member_id"),
)
