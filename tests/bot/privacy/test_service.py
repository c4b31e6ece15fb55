"""Exporting a member's data, and forgetting a member, against jobs in every state."""

import asyncio
import gc
import json
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest

from bot.errors import Refused
from bot.jobs.data import PAGE
from bot.jobs.model import NOBODY, JobState
from bot.people import Member
from bot.privacy.service import PrivacyService
from tests.bot.jobs.harness import ANN, BOB, GUILD, JobHarness

MOST = 200_000  # bytes


async def exported(privacy: PrivacyService, member_id: int) -> list[dict[str, Any]]:
    """Read the files of an export; each is JSON of its own and within the bound."""
    async with privacy.export(member_id, MOST) as files:
        texts = [file.read_bytes() for file in files]
    assert all(len(text) <= MOST for text in texts)
    assert not any(file.exists() for file in files)
    return [json.loads(text) for text in texts]


async def test_a_painting_that_will_not_stop_is_reported(harness: JobHarness) -> None:
    """What cannot be stopped in time is counted, asked to stop, and gone at the next call."""
    privacy = PrivacyService({}, harness.data, harness.retention, timeout=0.0)
    await harness.job_in(JobState.DONE)
    job = await harness.job_in(JobState.PAINTING)
    assert await privacy.delete(ANN) == 1
    assert (await harness.service.get(job.id) or job).cancelled_by == NOBODY
    await harness.service.stopped(job.id)
    await harness.service.delivered(job.id, 20, 700)
    assert await privacy.delete(ANN) == 0
    assert await exported(privacy, ANN) == [{"member_id": ANN, "paintings": []}]
    assert await harness.pictures.names() == []


async def test_other_members_keep_theirs(harness: JobHarness) -> None:
    """Others' data stays, except for the id of a deleted member who cancelled their painting."""
    privacy = PrivacyService({}, harness.data, harness.retention, timeout=0.0)
    job = await harness.submit(BOB)
    await harness.service.cancel(job.id, Member(ANN, GUILD, moderates=True))
    await harness.service.delivered(job.id, 20, 700)
    assert await privacy.delete(ANN) == 0
    left = await harness.service.get(job.id)
    assert left is not None
    assert left.cancelled_by == 0
    ((about,),) = [part["paintings"] for part in await exported(privacy, BOB)]
    assert "interaction_token" not in about["origin"]


class Seen(dict[str, Any]):
    """A row that notes in which threads it is read."""

    threads: set[int] = set()  # noqa: RUF012 - of all rows

    def items(self) -> Any:  # noqa: ANN401 - dict's own type cannot be written
        """Give the values."""
        self.threads.add(threading.get_ident())
        return super().items()


class Rows:
    """Keeps many rows about everybody."""

    async def about_member(self, member_id: int) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        """Yield pages of rows."""
        for page in range(60):
            yield [Seen(number=50 * page + row, text="x" * 300) for row in range(50)]

    async def forget_member(self, member_id: int) -> set[str]:
        """Keep them."""
        return set()


async def test_a_large_export_comes_whole(harness: JobHarness) -> None:
    """Three thousand rows come complete, in files within the bound, written outside the loop."""
    privacy = PrivacyService({"rows": Rows()}, harness.data, harness.retention)
    job = await harness.job_in(JobState.DONE)
    parts = await exported(privacy, ANN)
    assert len(parts) > 4
    assert [part["member_id"] for part in parts] == [ANN] * len(parts)
    assert [row["id"] for row in parts[0]["paintings"]] == [job.id]
    numbers = [row["number"] for part in parts for row in part["rows"]]
    assert numbers == list(range(3000))
    assert threading.get_ident() not in Seen.threads


async def test_one_export_at_a_time(harness: JobHarness) -> None:
    """A member whose export is on its way gets no second one; then the files are gone."""
    privacy = PrivacyService({}, harness.data, harness.retention)
    async with privacy.export(ANN, MOST):
        with pytest.raises(Refused, match="already"):
            async with privacy.export(ANN, MOST):
                pass
        async with privacy.export(BOB, MOST):
            pass
    async with privacy.export(ANN, MOST):
        pass


async def test_jobs_come_in_pages(harness: JobHarness) -> None:
    """However many jobs a member has, they are read in pages, each once."""
    for _ in range(PAGE + 3):
        await harness.submit(ANN)
    pages = [page async for page in harness.data.about_member(ANN)]
    assert [len(page) for page in pages] == [PAGE, 3]
    assert len({job["id"] for page in pages for job in page}) == PAGE + 3


class Endless(Rows):
    """Has a page, and then another that does not come."""

    def __init__(self) -> None:
        self.waiting = asyncio.Event()

    async def about_member(self, member_id: int) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        """Yield a page, and wait."""
        yield [{"number": 1}]
        self.waiting.set()
        await asyncio.Event().wait()


async def test_an_export_that_is_cancelled_leaves_nothing(harness: JobHarness) -> None:
    """A bot that stops while it writes an export closes the file and deletes it."""
    rows = Endless()
    privacy = PrivacyService({"rows": rows}, harness.data, harness.retention)
    exporting = asyncio.create_task(exported(privacy, ANN))
    async with asyncio.timeout(120):
        await rows.waiting.wait()
    exporting.cancel()
    with suppress(asyncio.CancelledError):
        await exporting
    del exporting, privacy
    gc.collect()  # of an open file Python warns, and a warning is an error
    assert await harness.pictures.names() == []
