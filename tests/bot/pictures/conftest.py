"""A ledger of pictures in a database of its own."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.pictures.ledger import PictureLedger
from bot.storage.database import Database, sqlite_url


@pytest.fixture
async def ledger(tmp_path: Path, migrated_file: Path) -> AsyncIterator[PictureLedger]:
    """An empty ledger."""
    file = tmp_path / "ledger.db"
    shutil.copy(migrated_file, file)
    database = Database(sqlite_url(file))
    yield PictureLedger(database)
    await database.close()
