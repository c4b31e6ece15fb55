"""The database: SQLAlchemy over SQLite in WAL mode, or PostgreSQL by its URL.

A committed write survives a kill -9 and, with SQLite's synchronous=FULL, a power cut. There is one
writer at a time (on PostgreSQL by an advisory lock), so the rows that a transaction has read do not
change until it commits, even where several processes share the database.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import HostNeeded, MuralscapeError
from bot.storage import sqlite

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}

# A PostgreSQL advisory lock has two numbers: the first is ours, the second says what it locks.
LOCKS = 0x6D757261
WRITING = 0
LOST_SECONDS = 60  # until a transaction without any traffic is aborted

# Of the database or the disk; they may pass. PoolTimeout: all connections wait for the database.
STORAGE_FAULTS = (DBAPIError, PoolTimeout, OSError)


class DatabaseTooNew(HostNeeded):
    """The database was written by a newer version of the program."""


class DriverMissing(HostNeeded):
    """The Python package that speaks to this kind of database is not installed."""


class DatabaseUnusable(MuralscapeError):
    """The database cannot be opened or written to; it may be in a moment."""


def sqlite_url(file: Path) -> str:
    """Give the URL of a SQLite database in a file."""
    return f"sqlite:///{file}"


class Database:
    """Connections to one database, for reading and for writing.

    `url` is SQLAlchemy's; the driver may be left out. A write waits up to `busy_seconds` for a
    write of another process, and all wait so long for a connection to PostgreSQL. Raises
    `DriverMissing`.
    """

    def __init__(self, url: str, busy_seconds: float = 10.0) -> None:
        parsed = make_url(url)
        parsed = parsed.set(drivername=DRIVERS.get(parsed.drivername, parsed.drivername))
        self._sqlite = parsed.get_backend_name() == "sqlite"
        if self._sqlite:
            self._engine = create_async_engine(
                parsed, async_creator=lambda: sqlite.connect(parsed, busy_seconds)
            )
        else:
            try:
                self._engine = create_async_engine(
                    parsed,
                    connect_args=_postgres_arguments(busy_seconds),
                    pool_pre_ping=True,  # the server may have been restarted
                    pool_timeout=busy_seconds,
                )
            except ModuleNotFoundError as error:
                raise DriverMissing(
                    f"database_url needs the driver {error.name}: "
                    "pip install 'muralscape[postgres]', or leave it out for SQLite"
                ) from None
        self._reading = self._writing = self._engine
        # This lock is first come, first served; SQLite's own would be polled.
        self._write_lock = asyncio.Lock()
        if self._sqlite:
            self._writing = self._engine.execution_options(begin="BEGIN IMMEDIATE")
            event.listen(self._engine.sync_engine, "connect", _prepare)
            event.listen(self._engine.sync_engine, "begin", _begin)
        else:  # snapshot isolation, which SQLite has by default
            self._reading = self._engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Read one snapshot of the database."""
        async with self._reading.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Read and write in one transaction: committed at the end, rolled back on an error."""
        async with self._write_lock, self._writing.begin() as connection:
            if not self._sqlite:
                await connection.exec_driver_sql(
                    f"SELECT pg_advisory_xact_lock({LOCKS}, {WRITING})"
                )
            yield connection

    @property
    def shared(self) -> bool:
        """Whether bots on several machines can share the database."""
        return not self._sqlite

    async def session(self) -> AsyncConnection:
        """Open a connection in autocommit mode, to hold a lock; the caller closes it."""
        return await self._engine.execution_options(isolation_level="AUTOCOMMIT").connect()

    async def upgrade(self) -> None:
        """Run the missing migrations in one transaction.

        Raises `DatabaseTooNew` and `DatabaseUnusable`.
        """
        try:
            async with self.write() as connection:
                await connection.run_sync(_upgrade)
        except STORAGE_FAULTS as error:
            raise self.unusable(error) from error

    def unusable(self, error: Exception) -> DatabaseUnusable:
        """Make the error for what the driver raised, without the password."""
        where = self._engine.url.render_as_string(hide_password=True)
        return DatabaseUnusable(f"the database at {where} cannot be used ({first_line(error)})")

    async def probe(self) -> None:
        """Make a write without effect. Raises the errors of a write."""
        async with self.write() as connection:
            await connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")

    async def version(self) -> str | None:
        """Give the last migration of the tables; None for an empty database."""
        async with self.read() as connection:
            return await connection.run_sync(_version)

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


def alembic_config(connection: Connection | None = None) -> Config:
    """Configure Alembic to run our migrations over `connection`."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def known_versions() -> list[str]:
    """List the migrations of this version of the program, newest first."""
    script = ScriptDirectory.from_config(alembic_config())
    return [migration.revision for migration in script.walk_revisions()]


def first_line(error: Exception) -> str:
    """Give the first line of the driver's own words."""
    original = getattr(error, "orig", None) or error
    return (str(original).strip().splitlines() or [type(original).__name__])[0]


def _upgrade(connection: Connection) -> None:
    found, known = _version(connection), known_versions()
    if found is not None and found not in known:
        raise DatabaseTooNew(
            f"the database was written by a newer Muralscape (version {found}, this one knows "
            f"{known[0]}); run that newer Muralscape, or restore the backup from before it"
        )
    command.upgrade(alembic_config(connection), "head")


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _postgres_arguments(busy_seconds: float) -> dict[str, Any]:
    milliseconds = {
        "lock_timeout": 1000 * busy_seconds,
        "idle_in_transaction_session_timeout": 1000 * LOST_SECONDS,
    }
    settings = {name: str(round(value)) for name, value in milliseconds.items()}
    # the server releases the locks of a dead machine within a minute
    settings |= {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10"}
    settings |= {"tcp_keepalives_count": "3"}
    return {
        "timeout": busy_seconds,
        "command_timeout": LOST_SECONDS,
        "server_settings": {"application_name": "muralscape", **settings},
    }


def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")  # readers and the writer do not block each other
    cursor.execute("PRAGMA synchronous = FULL")  # a job we acknowledged survives a power cut
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A transaction that begins with a read cannot always go on to write (SQLITE_BUSY_SNAPSHOT), so
    # a writing one begins with BEGIN IMMEDIATE.
    driver = cast(sqlite.OneTripConnection, connection.connection.driver_connection)
    driver.begin_with(connection.get_execution_options().get("begin", "BEGIN"))
