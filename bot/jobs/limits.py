"""The limits of jobs in a server."""

from dataclasses import dataclass


@dataclass(frozen=True)
class JobLimits:
    """How many jobs may be queued or painting at a time in one server."""

    per_member: int
    per_guild: int
