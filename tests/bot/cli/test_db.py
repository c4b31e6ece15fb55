"""`muralscape db upgrade`."""

import contextlib
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.db import command


@pytest.fixture
def runner(tmp_path: Path) -> CliRunner:
    """A shell with a data folder in its environment that does not exist yet."""
    return CliRunner(env={"MURALSCAPE_DATA_DIR": str(tmp_path / "data")})


def test_upgrade(runner: CliRunner, tmp_path: Path) -> None:
    """The first call makes the database; the second finds it up to date."""
    first, second = (runner.invoke(command, ["upgrade"]) for _ in range(2))
    assert first.output.startswith("The database was upgraded from version none to 0")
    assert second.output.startswith("The database is up to date (version 0")
    assert (tmp_path / "data" / "muralscape.db").is_file()


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("postgresql://bot:s3cret@127.0.0.1:1/m", 1, "bot:***@127.0.0.1:1/m cannot be used ("),
        ("postgres://bot:s3cret@no.such.host.invalid/m", 1, "/m cannot be used ("),
        ("mysql://bot:s3cret@db/m", 2, "database_url"),
        ("nonsense", 2, "database_url"),
    ],
)
def test_a_database_that_cannot_be_used(runner: CliRunner, url: str, code: int, words: str) -> None:
    """An address that leads nowhere is a sentence without its password, not a traceback."""
    result = runner.invoke(command, ["upgrade"], env={"MURALSCAPE_DATABASE_URL": url})
    assert result.exit_code == code, result.output
    assert words in result.output
    assert "s3cret" not in result.output


def test_a_newer_database(runner: CliRunner, tmp_path: Path) -> None:
    """The database of a newer version is left alone, with the sentence of `muralscape run`."""
    runner.invoke(command, ["upgrade"])
    file = tmp_path / "data" / "muralscape.db"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    result = runner.invoke(command, ["upgrade"])
    assert result.exit_code == 2
    assert "was written by a newer Muralscape" in result.output


def test_wrong_settings(runner: CliRunner, tmp_path: Path) -> None:
    """Faults of the settings are told, and nothing is made."""
    (tmp_path / "config.toml").write_text("datadir = 'x'")
    result = runner.invoke(command, ["upgrade", "--config", str(tmp_path / "config.toml")])
    assert result.exit_code == 2
    assert "datadir" in result.output
    assert not (tmp_path / "data").exists()
