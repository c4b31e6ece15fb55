"""How many jobs a member and a server may have."""

from dataclasses import dataclass


@dataclass(frozen=True)
class JobQuotas:
    """How many jobs may be queued or painting at a time in one server."""

    per_member: int
    per_guild: int
