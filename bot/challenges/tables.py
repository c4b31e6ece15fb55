"""The tables of challenges. Constraints make a second vote, entry or announcement impossible."""

import sqlalchemy as sa

from bot.storage.metadata import metadata

_open_states = sa.text("state IN ('entering', 'voting')")

challenges = sa.Table(
    "challenges",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("guild_id", sa.BigInteger, nullable=False),
    sa.Column("channel_id", sa.BigInteger, nullable=False),
    sa.Column("host_id", sa.BigInteger, nullable=False),
    sa.Column("host_name", sa.Text, nullable=False, server_default=""),
    sa.Column("state", sa.String(10), nullable=False, index=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("theme", sa.Text, nullable=False),
    sa.Column("style", sa.String(64)),
    sa.Column("entries_until", sa.Double, nullable=False),
    sa.Column("voting_until", sa.Double, nullable=False),
    sa.Column("entries_per_member", sa.Integer, nullable=False),
    sa.Column("entry_role", sa.BigInteger),
    sa.Column("newcomers_vote", sa.Boolean, nullable=False),
    sa.Column("age_restricted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("closed_at", sa.Double),
    # one open challenge in a server at a time
    sa.Index(
        "uq_challenges_open",
        "guild_id",
        unique=True,
        sqlite_where=_open_states,
        postgresql_where=_open_states,
    ),
    sqlite_autoincrement=True,  # ids are in custom ids of buttons, so they are never reused
)

entries = sa.Table(
    "challenge_entries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("challenge_id", sa.ForeignKey("challenges.id", ondelete="CASCADE"), nullable=False),
    sa.Column("member_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("job_id", sa.Integer, nullable=False, index=True),
    sa.Column("picture", sa.String(64), index=True),
    sa.Column("preview", sa.String(64), index=True),
    sa.Column("entered_at", sa.Double, nullable=False),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("number", sa.Integer),
    sa.Column("removed", sa.Text),
    sa.Column("votes", sa.Integer),
    sa.Column("rank", sa.Integer),
    sa.UniqueConstraint("challenge_id", "job_id"),
    sqlite_autoincrement=True,
)

votes = sa.Table(
    "challenge_votes",
    metadata,
    sa.Column("challenge_id", sa.ForeignKey("challenges.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("voter_id", sa.BigInteger, primary_key=True, autoincrement=False, index=True),
    sa.Column(
        "entry_id", sa.ForeignKey("challenge_entries.id", ondelete="CASCADE"), nullable=False
    ),
)

announcements = sa.Table(
    "challenge_notices",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("challenge_id", sa.ForeignKey("challenges.id", ondelete="CASCADE"), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("part", sa.Integer, nullable=False),
    sa.Column("nonce", sa.String(25), nullable=False),
    sa.Column("began_at", sa.Double),
    sa.Column("channel_id", sa.BigInteger),
    sa.Column("message_id", sa.BigInteger),
    sa.Column("stale", sa.Boolean, nullable=False),
    sa.Column("given_up", sa.Boolean, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_try", sa.Double),
    sa.Column("problem", sa.Text, nullable=False, server_default=""),
    sa.Column("told", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("wanted_again", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("challenge_id", "kind", "part"),
)
