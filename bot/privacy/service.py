"""Gathers what is kept about a member from everything that keeps it, and has it removed."""

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.jobs.service import JobService
from bot.people import PersonalDataSource
from bot.pictures.retention import PictureRetention

STEP = 0.1  # seconds between two looks at paintings that are being stopped


class PrivacyService:
    """Answers members who ask what is kept about them.

    `sources` are named as the member reads it. `timeout` is how many seconds a removal waits for
    paintings that are being stopped.
    """

    def __init__(
        self,
        sources: Mapping[str, PersonalDataSource],
        jobs: JobService,
        retention: PictureRetention,
        timeout: float = 30.0,
    ) -> None:
        self._sources = sources
        self._jobs = jobs
        self._retention = retention
        self._timeout = timeout

    async def export(self, member_id: int) -> dict[str, Any]:
        """Gather everything that is kept about a member, in all servers."""
        kept: dict[str, Any] = {"member_id": member_id}
        for name, source in {"paintings": self._jobs, **self._sources}.items():
            kept[name] = list(await source.about_member(member_id))
        return kept

    async def delete(self, member_id: int) -> int:
        """Remove everything that is kept about a member, in all servers.

        Paintings that wait or are being painted are stopped first. Returns how many of them could
        not be stopped in time: they are there still, and another call will find them ended.
        """
        pictures: set[str] = set()
        for source in self._sources.values():
            pictures |= await source.forget_member(member_id)
        until = asyncio.get_running_loop().time() + self._timeout
        while True:
            pictures |= await self._jobs.forget_member(member_id)
            left = len(await self._jobs.about_member(member_id))
            if not left or asyncio.get_running_loop().time() >= until:
                break
            await asyncio.sleep(STEP)
        await self._retention.release(pictures)
        return left
