"""What tests of jobs share."""

from pathlib import Path

import pytest

from bot.storage.database import Database
from tests.bot.jobs.office import Office


@pytest.fixture
async def office(database: Database, tmp_path: Path) -> Office:
    """A job service over an empty database."""
    office = Office(database, tmp_path / "pictures")
    await office.pictures.open()
    return office
