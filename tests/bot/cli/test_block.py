"""`muralscape block`."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.block import command
from tests.end_to_end.harness import copy_database


@pytest.fixture
def runner(tmp_path: Path, migrated_file: Path) -> CliRunner:
    """A shell with a bot's data folder in its environment."""
    copy_database(migrated_file, tmp_path / "data")
    return CliRunner(env={"MURALSCAPE_DATA_DIR": str(tmp_path / "data")})


def test_blocked_listed_and_lifted(runner: CliRunner) -> None:
    """A block stands in the list with its reason and end until it is lifted."""
    added = runner.invoke(command, ["add", "member", "77", "--reason", "Spam.", "--days", "2"])
    assert added.output.startswith("Blocked: member 77 until 2")
    runner.invoke(command, ["add", "server", "88"])
    listed = runner.invoke(command, ["list"]).output.splitlines()
    assert listed[0].endswith("UTC (Spam)")
    assert listed[1] == "server 88 until it is lifted"
    assert runner.invoke(command, ["lift", "member", "77"]).exit_code == 0
    again = runner.invoke(command, ["lift", "member", "77"])
    assert (again.exit_code, again.output) == (1, "Error: member 77 is not blocked\n")
    assert runner.invoke(command, ["list"]).output == "server 88 until it is lifted\n"


def test_without_a_database(runner: CliRunner, tmp_path: Path) -> None:
    """Where the bot has not made its tables yet, the host is told what to do."""
    (tmp_path / "data" / "muralscape.db").unlink()
    result = runner.invoke(command, ["list"])
    assert result.exit_code == 2
    assert "muralscape db upgrade" in result.output
