"""What tests of murals share."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from bot.guilds.limits import Ceilings
from bot.guilds.service import GuildService
from bot.guilds.store import GuildStore
from bot.mural.data import MuralData
from bot.mural.model import ChosenStyle
from bot.mural.service import MuralService
from bot.mural.store import MuralStore
from bot.mural.workshop import Workshop
from bot.pictures.decoder import Decoder
from bot.storage.database import Database
from tests.bot.jobs.harness import JobHarness
from tests.bot.mural.harness import Murals


@pytest.fixture
async def murals(database: Database, tmp_path: Path) -> AsyncIterator[Murals]:
    """A service over an empty database."""
    harness = JobHarness(database, tmp_path / "pictures")
    await harness.pictures.open()
    store = MuralStore(database)
    harness.retention.add_users([store])
    async with Decoder() as decoder:
        guilds = GuildService(GuildStore(database), Ceilings(5, 50, 1024, 100))
        service = MuralService(
            store,
            harness.retention,
            decoder,
            guilds,
            harness.service,
            harness.admission,
            harness.clock,
            Random(0),
            tile_side=512,
            hold=600.0,
        )
        buffer = io.BytesIO()
        Image.new("RGB", (300, 200), "teal").save(buffer, "PNG")
        photo = await harness.pictures.put(buffer.getvalue())
        style = await harness.pictures.put(b"style")
        workshop = Workshop(harness.retention)
        data = MuralData(service, harness.clock)
        yield Murals(harness, service, data, ChosenStyle(style, "Night"), photo, guilds, workshop)
