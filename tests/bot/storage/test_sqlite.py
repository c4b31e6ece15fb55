"""Our connection to SQLite: its thread ends however a close goes."""

import asyncio
from pathlib import Path

from sqlalchemy import make_url

from bot.storage import sqlite
from bot.storage.database import sqlite_url


async def test_a_cancelled_close_ends(tmp_path: Path) -> None:
    """A close during which the thread is stopped, and one after that, both end."""
    url = make_url(sqlite_url(tmp_path / "a.sqlite3"))
    connection = await sqlite.connect(url, 1.0)
    closing = asyncio.create_task(connection.close())
    await asyncio.sleep(0)  # it has asked the thread to close the file
    connection.stop()  # what SQLAlchemy does when its own wait for the close is cancelled
    await asyncio.wait_for(closing, 120)
    await asyncio.wait_for(connection.close(), 120)
