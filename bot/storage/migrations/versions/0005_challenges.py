"""Challenges, their entries and votes, and what is to be announced of them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_OPEN = sa.text("state IN ('entering', 'voting')")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "challenges",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("host_id", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("theme", sa.Text, nullable=False),
        sa.Column("style", sa.String(64)),
        sa.Column("entries_until", sa.Double, nullable=False),
        sa.Column("voting_until", sa.Double, nullable=False),
        sa.Column("entries_per_member", sa.Integer, nullable=False),
        sa.Column("entry_role", sa.BigInteger),
        sa.Column("newcomers_vote", sa.Boolean, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("closed_at", sa.Double),
        sa.PrimaryKeyConstraint("id", name="pk_challenges"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_challenges_state", "challenges", ["state"])
    op.create_index(
        "uq_challenges_open",
        "challenges",
        ["guild_id"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_table(
        "challenge_entries",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("challenge_id", sa.Integer, nullable=False),
        sa.Column("member_id", sa.BigInteger, nullable=False),
        sa.Column("job_id", sa.Integer, nullable=False),
        sa.Column("picture", sa.String(64)),
        sa.Column("preview", sa.String(64)),
        sa.Column("entered_at", sa.Double, nullable=False),
        sa.Column("number", sa.Integer),
        sa.Column("removed", sa.Text),
        sa.Column("votes", sa.Integer),
        sa.Column("rank", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_challenge_entries"),
        _challenge_key("challenge_entries"),
        sa.UniqueConstraint("challenge_id", "job_id", name="uq_challenge_entries_challenge_id"),
        sqlite_autoincrement=True,
    )
    for column in ("member_id", "job_id", "picture", "preview"):
        op.create_index(f"ix_challenge_entries_{column}", "challenge_entries", [column])
    op.create_table(
        "challenge_votes",
        sa.Column("challenge_id", sa.Integer, nullable=False),
        sa.Column("voter_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("entry_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("challenge_id", "voter_id", name="pk_challenge_votes"),
        _challenge_key("challenge_votes"),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["challenge_entries.id"],
            name="fk_challenge_votes_entry_id_challenge_entries",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_challenge_votes_voter_id", "challenge_votes", ["voter_id"])
    op.create_table(
        "challenge_notices",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("challenge_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("nonce", sa.String(25), nullable=False),
        sa.Column("began_at", sa.Double),
        sa.Column("channel_id", sa.BigInteger),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("stale", sa.Boolean, nullable=False),
        sa.Column("given_up", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_challenge_notices"),
        _challenge_key("challenge_notices"),
        sa.UniqueConstraint(
            "challenge_id", "kind", "part", name="uq_challenge_notices_challenge_id"
        ),
    )


def _challenge_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["challenge_id"],
        ["challenges.id"],
        name=f"fk_{table}_challenge_id_challenges",
        ondelete="CASCADE",
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("challenge_notices", "challenge_votes", "challenge_entries", "challenges"):
        op.drop_table(table)
