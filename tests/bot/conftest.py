"""What tests of the bot share."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.simulator import Limits, Simulator
from bot.storage.database import Database, sqlite_url
from tests.bot.clients import StartSimulator
from tests.bot.discord_schema import schema_errors


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


@pytest.fixture
async def start_simulator() -> AsyncIterator[StartSimulator]:
    """Start simulators with limits of one's own: `await start_simulator(Limits(token_life=1))`.

    At the end they are stopped, and everything a client sent and was answered must be as Discord's
    API description has it.
    """
    started: list[Simulator] = []
    async with AsyncExitStack() as stack:

        async def start(limits: Limits | None = None) -> Simulator:
            simulator = Simulator(limits=limits)
            started.append(simulator)
            return await stack.enter_async_context(simulator)

        yield start
    assert [error for simulator in started for error in schema_errors(simulator.record.calls)] == []


@pytest.fixture
async def simulator(start_simulator: StartSimulator) -> Simulator:
    """A simulated Discord with the guild "Atelier"; see `start_simulator`."""
    return await start_simulator()
