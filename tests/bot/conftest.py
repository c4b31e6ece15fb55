"""What tests of the bot share."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.simulator import DiscordLimits, Simulator
from bot.storage.database import Database, sqlite_url
from tests.bot.clients import StartSimulator, patient
from tests.bot.discord_schema import schema_errors
from tests.bot.postgres_server import PostgresServer, find_programs

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


async def migrate(url: str) -> None:
    """Make the tables."""
    database = Database(url)
    await database.upgrade()
    await database.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database at the newest version; copied, because migrating takes longer."""
    file = tmp_path_factory.mktemp("database") / "empty.db"
    asyncio.run(migrate(sqlite_url(file)))
    return file


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server."""
    programs = find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    server = PostgresServer(programs)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> str:
    """A PostgreSQL database at the newest version, emptied before each use."""
    name = postgres.make_database()
    asyncio.run(migrate(postgres.url(name)))
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a migrated database of this test's own, of both kinds in turn.

    A test that is about one kind says so: `@ON_SQLITE` or `@ON_POSTGRES`.
    """
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        name: str = request.getfixturevalue("migrated_postgres")
        server.empty(name)
        return server.url(name)
    file = tmp_path / "muralscape.db"
    shutil.copy(request.getfixturevalue("migrated_file"), file)
    return sqlite_url(file)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database of this test's own, of both kinds in turn."""
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def start_simulator() -> AsyncIterator[StartSimulator]:
    """Start patient simulators with limits of their own, such as `DiscordLimits(token_life=1)`.

    At the end they are stopped, and everything a client sent and was answered must be as Discord's
    API description has it.
    """
    started: list[Simulator] = []
    async with AsyncExitStack() as stack:

        async def start(limits: DiscordLimits | None = None) -> Simulator:
            simulator = Simulator(limits=patient(limits))
            started.append(simulator)
            return await stack.enter_async_context(simulator)

        yield start
    assert [error for simulator in started for error in schema_errors(simulator.record.calls)] == []


@pytest.fixture
async def simulator(start_simulator: StartSimulator, pytestconfig: pytest.Config) -> Simulator:
    """A simulated Discord with the guild "Atelier"; see `start_simulator`.

    `make test` leaves out Discord's rate limits, which are nothing but waiting; `make test-all`
    has them.
    """
    in_a_hurry = pytestconfig.getoption("markexpr") == "not slow"
    return await start_simulator(DiscordLimits(rate_limits=False) if in_a_hurry else None)
