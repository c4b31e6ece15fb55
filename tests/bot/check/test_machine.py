"""The checks of the machine: folder, disk, address, database."""

import os
import socket
import sqlite3
from pathlib import Path

import pytest

from bot.check.database import check_database
from bot.check.findings import Level
from bot.check.machine import check_disk, check_folder, check_pages
from bot.storage.database import Database, known_versions, sqlite_url
from tests.bot.conftest import ON_SQLITE


def test_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    """A folder that can be made passes and is not made."""
    found = check_folder(tmp_path / "a" / "data")
    assert (found.level, found.text.endswith("first start")) == (Level.PASS, True)
    assert not (tmp_path / "a").exists()
    assert check_disk(tmp_path / "a" / "data").text.endswith("GiB free")


def test_a_folder_that_can_be_written(tmp_path: Path) -> None:
    """A folder that takes a file passes and is left as it was."""
    assert check_folder(tmp_path).level is Level.PASS
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written() -> None:
    """Where not even root may write, the finding says which user has to."""
    found = check_folder(Path("/proc/self"))
    assert found.level is Level.FAIL
    assert f"user {os.getuid()}" in found.advice
    assert f"chown -R {os.getuid()}:{os.getgid()}" in found.advice


def test_pages_for_this_machine_alone() -> None:
    """Health and metrics for other machines are warned of; a taken address has advice."""
    assert check_pages("127.0.0.1", 0).level is Level.PASS
    assert check_pages("127.0.0.1", 0, 0).level is Level.PASS
    assert check_pages("0.0.0.0", 0).level is Level.PASS  # they are served to this machine alone
    everyone = check_pages("0.0.0.0", 0, 0, [])
    assert everyone.level is Level.WARN
    assert check_pages("0.0.0.0", 0, 0, [Path("/")]).level is Level.PASS
    assert "other machines" in everyone.text
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = check_pages("127.0.0.1", taken.getsockname()[1])
    assert found.level is Level.WARN
    assert "Address already in use" in found.text
    assert check_pages("no.such.host.invalid", 1).level is Level.WARN


async def test_a_database_of_this_version(database_url: str) -> None:
    """A database that is up to date passes."""
    found = await check_database(database_url)
    assert found.level is Level.PASS
    assert f"version {known_versions()[0]}" in found.text


async def test_no_database_yet(tmp_path: Path) -> None:
    """A database that does not exist is not made by the check."""
    file = tmp_path / "new.db"
    found = await check_database(sqlite_url(file))
    assert (found.level, file.exists()) == (Level.PASS, False)


@pytest.mark.parametrize(
    ("version", "level", "words"),
    [("0001", Level.WARN, "next start upgrades"), ("9999", Level.FAIL, "newer Muralscape")],
)
@ON_SQLITE
async def test_another_version(
    database: Database, tmp_path: Path, version: str, level: Level, words: str
) -> None:
    """An older database warns that it will be upgraded; a newer one fails."""
    async with database.write() as connection:
        await connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{version}'")
    found = await check_database(sqlite_url(tmp_path / "muralscape.db"))
    assert found.level is level
    assert words in found.advice


@ON_SQLITE
async def test_a_locked_database(database: Database, tmp_path: Path) -> None:
    """A database that somebody else holds fails, with the database's own words."""
    await database.version()
    other = sqlite3.connect(tmp_path / "muralscape.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    found = await check_database(sqlite_url(tmp_path / "muralscape.db"), busy_seconds=0.1)
    other.close()
    assert found.level is Level.FAIL
    assert "database is locked" in found.text


async def test_a_broken_file(tmp_path: Path) -> None:
    """A file that is no database fails, and is not touched."""
    file = tmp_path / "broken.db"
    file.write_bytes(b"no database" * 1000)
    found = await check_database(sqlite_url(file))
    assert (found.level, "not a database" in found.text) == (Level.FAIL, True)
    assert file.read_bytes() == b"no database" * 1000


async def test_a_file_that_cannot_be_looked_for(tmp_path: Path) -> None:
    """Where not even the file's existence can be asked for, that fails and raises nothing."""
    found = await check_database(sqlite_url(tmp_path / ("long" * 100)))
    assert (found.level, "cannot be looked at" in found.text) == (Level.FAIL, True)


async def test_addresses_that_lead_nowhere() -> None:
    """What is no address fails, and a server's password is never shown."""
    assert (await check_database("nonsense")).level is Level.FAIL
    found = await check_database("postgresql+asyncpg://bot:s3cret@127.0.0.1:1/muralscape")
    assert found.level is Level.FAIL
    assert "s3cret" not in found.text
