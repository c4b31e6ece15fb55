"""What tests of the bot share."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.database import Database, sqlite_url


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database at the newest version; copied, because migrating takes longer."""
    file = tmp_path_factory.mktemp("database") / "empty.db"

    async def migrate() -> None:
        database = Database(sqlite_url(file))
        await database.upgrade()
        await database.close()

    asyncio.run(migrate())
    return file


@pytest.fixture
async def database(migrated_file: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """A database of this test's own."""
    file = tmp_path / "muralscape.db"
    shutil.copy(migrated_file, file)
    database = Database(sqlite_url(file))
    yield database
    await database.close()
