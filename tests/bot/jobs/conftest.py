"""What tests of jobs share."""

from pathlib import Path

import pytest

from bot.storage.database import Database
from tests.bot.jobs.harness import JobHarness


@pytest.fixture
async def harness(database: Database, tmp_path: Path) -> JobHarness:
    """A job service over an empty database."""
    harness = JobHarness(database, tmp_path / "pictures")
    await harness.pictures.open()
    return harness
