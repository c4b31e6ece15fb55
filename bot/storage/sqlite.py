"""aiosqlite in fewer trips to SQLite's thread.

A trip there and back costs more than finding a job does. For one SELECT SQLAlchemy makes four of
them (cursor, statement, rows, end), and one for the BEGIN before it; here all that is one.
"""

import functools
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import aiosqlite
from sqlalchemy import URL

Parameters = Sequence[Any]
Work = Callable[[sqlite3.Connection], sqlite3.Cursor]


class PromptConnection(aiosqlite.Connection):
    """A connection whose statements bring their rows along.

    `begin` is what starts the next transaction; it runs with that one's first statement.
    """

    begin: str | None = None
    _used = False  # since the last commit or rollback

    def cursor(self) -> "PromptCursor":  # type: ignore[override]
        """Make a cursor, without a trip."""
        return PromptCursor(self)

    async def commit(self) -> None:
        """Commit what was begun."""
        await self._end(super().commit)

    async def rollback(self) -> None:
        """Roll back what was begun; SQLAlchemy asks for it after each commit, too."""
        await self._end(super().rollback)

    async def _end(self, end: Callable[[], Awaitable[None]]) -> None:
        self.begin = None
        if self._used:  # not `in_transaction`: a BEGIN may be on its way to the thread
            await end()
        self._used = False

    async def run(self, work: Work) -> tuple[sqlite3.Cursor, list[Any]]:
        """Do something in SQLite's thread; return the cursor, and all rows that it had."""
        begin, self.begin, self._used = self.begin, None, True

        def run() -> tuple[sqlite3.Cursor, list[Any]]:
            if begin is not None:
                self._conn.execute(begin)
            cursor = work(self._conn)
            return cursor, cursor.fetchall()

        done: tuple[sqlite3.Cursor, list[Any]] = await self._execute(run)  # type: ignore[no-untyped-call]
        return done


class PromptCursor:
    """What SQLAlchemy asks of a cursor."""

    description: Any = None
    rowcount = -1
    lastrowid: int | None = None
    arraysize = 1

    def __init__(self, connection: PromptConnection) -> None:
        self._connection = connection
        self._rows: Sequence[Any] = ()

    async def __aenter__(self) -> "PromptCursor":
        """Be ready at once."""
        return self

    async def execute(self, sql: str, parameters: Parameters = ()) -> "PromptCursor":
        """Run a statement and fetch its rows."""
        return await self._run(lambda sqlite: sqlite.execute(sql, parameters))

    async def executemany(self, sql: str, parameters: Sequence[Parameters]) -> "PromptCursor":
        """Run a statement with each of several rows."""
        return await self._run(lambda sqlite: sqlite.executemany(sql, parameters))

    async def fetchall(self) -> Sequence[Any]:
        """Hand over the rows."""
        rows, self._rows = self._rows, ()
        return rows

    async def close(self) -> None:
        """Forget the rows."""
        self._rows = ()

    async def _run(self, work: Work) -> "PromptCursor":
        done, self._rows = await self._connection.run(work)
        self.description, self.rowcount = done.description, done.rowcount
        self.lastrowid = done.lastrowid
        return self


async def connect(url: URL, busy_seconds: float) -> PromptConnection:
    """Open the database that a URL names, and say how long to wait for another process's write."""
    arguments, options = url.get_dialect()().create_connect_args(url)
    # isolation_level None: we begin transactions ourselves
    options.update(timeout=busy_seconds, isolation_level=None)
    connection = PromptConnection(functools.partial(sqlite3.connect, *arguments, **options), 64)
    connection._thread.daemon = True  # as SQLAlchemy has it: it must keep no process alive
    await connection
    return connection
