"""Fixtures of the end-to-end tests: those of the bot's tests, and a folder that is migrated."""

from pathlib import Path

import pytest

from tests.bot.conftest import migrated_file, simulator, start_simulator
from tests.end_to_end.harness import copy_database

__all__ = ["data_dir", "migrated_file", "simulator", "start_simulator"]


@pytest.fixture
def data_dir(migrated_file: Path, tmp_path: Path) -> Path:
    """Make a bot's folder with an up-to-date database."""
    folder = tmp_path / "data"
    copy_database(migrated_file, folder)
    return folder
