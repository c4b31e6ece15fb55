"""Exports and deletes a member's data from all stores and services that have some."""

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.jobs.service import JobService
from bot.people import PersonalDataSource
from bot.pictures.retention import PictureRetention

STEP = 0.1  # seconds between two checks of paintings that are being cancelled


class PrivacyService:
    """Exports and deletes the data of members.

    `sources` have the names of their parts of the export. A deletion waits up to `timeout` seconds
    for paintings that are being cancelled.
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
        """Collect all data about a member, in all servers."""
        kept: dict[str, Any] = {"member_id": member_id}
        for name, source in {"paintings": self._jobs, **self._sources}.items():
            kept[name] = list(await source.about_member(member_id))
        return kept

    async def delete(self, member_id: int) -> int:
        """Delete all data about a member, in all servers.

        Queued and running paintings are cancelled first. Returns how many of them could not be
        cancelled in time: they are kept, and another call deletes them.
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
