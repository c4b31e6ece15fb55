"""The database keeps what it was given, whatever happens to the process."""

import asyncio
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bot.storage.database import Database, known_versions
from bot.storage.metadata import metadata
from tests.bot.conftest import ON_POSTGRES, ON_SQLITE
from tests.bot.postgres_server import PostgresServer

WRITER = """
import asyncio, sys
import sqlalchemy as sa
from bot.storage.database import Database

async def write():
    database = Database(sys.argv[1])
    for number in range(10_000):
        async with database.write() as connection:
            await connection.execute(sa.text(f"INSERT INTO numbers VALUES ({number})"))
        print(number, flush=True)

asyncio.run(write())
"""


async def make_numbers(database: Database) -> None:
    """Make a table to write to."""
    async with database.write() as connection:
        await connection.execute(sa.text("CREATE TABLE IF NOT EXISTS numbers (number INTEGER)"))


async def numbers(database: Database) -> list[int]:
    """Read that table."""
    async with database.read() as connection:
        rows = await connection.execute(sa.text("SELECT number FROM numbers"))
        return list(rows.scalars())  # in the order in which they were written


async def test_migrations_and_tables_agree(database: Database) -> None:
    """The migrated database has exactly the tables, columns and indexes of each `tables.py`."""
    for path in (Path(__file__).parents[3] / "bot").glob("*/tables.py"):
        import_module(f"bot.{path.parent.name}.tables")

    def differences(connection: sa.Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_upgrade_twice(database: Database) -> None:
    """Upgrading a database that is up to date changes nothing."""
    before = await database.version()
    await database.upgrade()
    assert await database.version() == before == known_versions()[0]


async def test_upgrades_at_the_same_moment(postgres: PostgresServer) -> None:
    """Of bots that start at once on an empty PostgreSQL one makes the tables, and all have them."""
    url = postgres.url(postgres.make_database())
    databases = [Database(url) for _ in range(4)]
    await asyncio.gather(*(database.upgrade() for database in databases))
    assert {await database.version() for database in databases} == {known_versions()[0]}
    for database in databases:
        await database.close()


@ON_SQLITE
async def test_sqlite_is_set_up_for_durability(database: Database) -> None:
    """Every connection has the write-ahead log, full synchronisation and foreign keys."""
    pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
    async with database.read() as connection:
        for pragma, value in pragmas.items():
            assert (await connection.execute(sa.text(f"PRAGMA {pragma}"))).scalar() == value


async def test_committed_writes_survive_kill_9(database: Database, database_url: str) -> None:
    """What a process reported as written is there after it was killed, in order."""
    await make_numbers(database)
    writer = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs on this loop
        [sys.executable, "-c", WRITER, database_url],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    for line in writer.stdout:
        if line == "30\n":
            break
    writer.send_signal(signal.SIGKILL)
    reported = [int(line) for line in writer.stdout.read().split()]
    writer.wait()
    writer.stdout.close()
    kept = await numbers(database)
    assert kept == list(range(len(kept)))
    assert len(kept) > max(reported, default=30)


async def test_a_failed_write_leaves_nothing(database: Database) -> None:
    """An error inside a write rolls all of it back, and the next write works."""
    await make_numbers(database)

    async def write_and_fail() -> None:
        async with database.write() as connection:
            await connection.execute(sa.text("INSERT INTO numbers VALUES (1)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_and_fail()
    async with database.write() as connection:
        await connection.execute(sa.text("INSERT INTO numbers VALUES (2)"))
    assert await numbers(database) == [2]


async def test_writers_wait_for_each_other(database: Database, database_url: str) -> None:
    """Many writes that read first, over two pools to one database, see all those before them."""
    await make_numbers(database)
    other = Database(database_url)

    async def add_one(writer: Database) -> None:
        async with writer.write() as connection:
            rows = await connection.execute(sa.text("SELECT count(*) FROM numbers"))
            await connection.execute(sa.text(f"INSERT INTO numbers VALUES ({rows.scalar()})"))

    await asyncio.gather(*(add_one(writer) for writer in (database, other) * 20))
    await other.close()
    assert await numbers(database) == list(range(40))


async def test_reading_goes_on_while_somebody_writes(database: Database) -> None:
    """A reader sees the last committed state and does not wait for a writer."""
    await make_numbers(database)
    async with database.write() as connection:
        await connection.execute(sa.text("INSERT INTO numbers VALUES (1)"))
        assert await asyncio.wait_for(numbers(database), 120) == []
    assert await numbers(database) == [1]


async def test_a_reading_is_of_one_moment(database: Database) -> None:
    """Two looks in one reading see the same, whatever is written between them."""
    await make_numbers(database)
    count = sa.text("SELECT count(*) FROM numbers")
    async with database.read() as connection:
        before = (await connection.execute(count)).scalar()
        async with database.write() as other:
            await other.execute(sa.text("INSERT INTO numbers VALUES (1)"))
        assert (await connection.execute(count)).scalar() == before == 0


@ON_POSTGRES
async def test_a_server_that_was_restarted(database: Database) -> None:
    """Connections that the server has closed meanwhile are made anew."""
    await make_numbers(database)
    close = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
    with pytest.raises(sa.exc.DBAPIError):
        async with database.read() as connection:
            await connection.execute(sa.text(f"{close}current_database()"))
    assert await numbers(database) == []


async def test_a_write_that_was_given_up_leaves_no_lock(database: Database) -> None:
    """A writer that is cancelled at whatever moment has written all or nothing, and others can."""
    await make_numbers(database)

    async def write(number: int) -> None:
        async with database.write() as connection:
            await connection.execute(sa.text("SELECT count(*) FROM numbers"))
            await connection.execute(sa.text(f"INSERT INTO numbers VALUES ({number})"))
            await connection.execute(sa.text(f"INSERT INTO numbers VALUES ({number})"))

    for number in range(60):
        writing = asyncio.create_task(write(number))
        for _ in range(number):
            await asyncio.sleep(0)
        writing.cancel()
        await asyncio.wait({writing})
    async with asyncio.timeout(120):
        await write(60)
    found = await numbers(database)
    assert found[-2:] == [60, 60]
    assert found == sorted(found)
    assert all(found.count(number) == 2 for number in found)
