"""`muralscape db upgrade`."""

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


def test_wrong_settings(runner: CliRunner, tmp_path: Path) -> None:
    """Faults of the settings are told, and nothing is made."""
    (tmp_path / "config.toml").write_text("datadir = 'x'")
    result = runner.invoke(command, ["upgrade", "--config", str(tmp_path / "config.toml")])
    assert result.exit_code == 2
    assert "datadir" in result.output
    assert not (tmp_path / "data").exists()
