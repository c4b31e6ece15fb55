"""Departures from servers, where Discord's events and the comparison meet."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from bot.departures.service import DepartureService
from bot.departures.store import DepartureStore
from bot.pictures.ledger import PictureLedger
from bot.pictures.retention import PictureRetention
from bot.pictures.store import PictureStore
from bot.storage.database import Database
from bot.storage.shard import WHOLE
from tests.bot.conftest import ON_SQLITE

pytestmark = ON_SQLITE

BACK, STAYED, LEFT = 1, 2, 3  # servers


@dataclass
class SlowSource:
    """Keeps something of all servers, and lists them when the test says so."""

    ended: list[int] = field(default_factory=list)
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def guild_ids(self) -> set[int]:
        """Wait, then list them."""
        self.is_asked.set()
        await self.may_answer.wait()
        return {BACK, STAYED, LEFT}

    async def end_in(self, guild_id: int) -> None:
        """Record that a server counts as left."""
        self.ended.append(guild_id)

    async def forget_guild(self, _guild_id: int) -> set[str]:
        """Nothing is deleted here."""
        raise AssertionError


async def test_a_return_during_the_comparison(database: Database, tmp_path: Path) -> None:
    """A server that the bot comes back to while it compares does not count as left again."""
    store, source = DepartureStore(database), SlowSource()
    pictures = PictureStore(tmp_path / "pictures")
    retention = PictureRetention(pictures, PictureLedger(database), [], lambda: 0.0)
    departures = DepartureService(store, [source], retention, WHOLE, lambda: 1000.0, 60.0)
    await store.add(BACK, 900.0)
    present = {STAYED}

    comparing = asyncio.create_task(departures.compare(lambda number: number in present))
    await source.is_asked.wait()
    present.add(BACK)
    await departures.back(BACK)
    source.may_answer.set()
    await comparing

    assert source.ended == [LEFT]
    assert (await store.all()).keys() == {LEFT}
