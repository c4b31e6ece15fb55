"""Exports and deletes a member's data from all stores and services that have some."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bot.errors import Refused
from bot.jobs.data import JobData
from bot.languages.speech import _
from bot.people import PersonalDataSource
from bot.pictures.retention import PictureRetention
from bot.privacy.export_files import ExportFiles

STEP = 0.1  # seconds between two checks of paintings that are being cancelled


class PrivacyService:
    """Exports and deletes the data of members.

    `sources` have the names of their parts of the export. A deletion waits up to `timeout` seconds
    for paintings that are being cancelled.
    """

    def __init__(
        self,
        sources: Mapping[str, PersonalDataSource],
        data: JobData,
        retention: PictureRetention,
        timeout: float = 30.0,
    ) -> None:
        self._sources = sources
        self._data = data
        self._retention = retention
        self._timeout = timeout
        self._one_export = asyncio.Lock()
        self._exporting: set[int] = set()  # members

    @asynccontextmanager
    async def export(self, member_id: int, most_bytes: int) -> AsyncIterator[Sequence[Path]]:
        """Write all data about a member, in all servers, to files that exist until the block ends.

        They are JSON, each of at most `most_bytes` bytes; see `ExportFiles`. Raises `Refused` while
        the member's last export is still being made or sent.
        """
        if member_id in self._exporting:
            raise Refused(_("Your data is being put together already; wait for it."))
        self._exporting.add(member_id)
        pictures = self._retention.pictures
        try:
            folder = await pictures.make_work_folder()
            try:
                async with self._one_export:
                    files = await self._write(member_id, folder, most_bytes)
                yield files
            finally:
                await pictures.remove_work_folder(folder)
        finally:
            self._exporting.discard(member_id)

    async def _write(self, member_id: int, folder: Path, most_bytes: int) -> Sequence[Path]:
        """Read in pages and write in a thread, so that others are served meanwhile."""
        export = await asyncio.to_thread(ExportFiles, folder, member_id, most_bytes)
        try:
            for name, source in {"paintings": self._data, **self._sources}.items():
                await asyncio.to_thread(export.begin, name)
                async for page in source.about_member(member_id):
                    await asyncio.to_thread(export.add, page)
            await asyncio.to_thread(export.close)
        finally:
            export.release()
        return export.files

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
            pictures |= await self._data.forget_member(member_id)
            left = await self._data.count_about(member_id)
            if not left or asyncio.get_running_loop().time() >= until:
                break
            await asyncio.sleep(STEP)
        await self._retention.release(pictures)
        return left
