"""The painting time that a member has used: kept for a day where their data is deleted."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from bot.guilds.service import GuildService
from bot.jobs.data import JobData


class PaintingTime:
    """Keeps how long paintings took in servers that bound that; else a deletion would renew it.

    To be asked before the jobs are deleted.
    """

    def __init__(self, guilds: GuildService, data: JobData) -> None:
        self._guilds = guilds
        self._data = data

    async def about_member(self, member_id: int) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        """Yield what is kept of deleted paintings: the server, the time and the seconds."""
        yield await self._data.kept_uses(member_id)

    async def forget_member(self, member_id: int) -> set[str]:
        """Keep the times alone; the jobs are deleted after this."""
        await self._data.keep_uses(await self._guilds.with_allowances(), member_id)
        return set()
