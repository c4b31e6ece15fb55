"""Fixtures of the soak's tests: those of the end-to-end tests."""

from tests.bot.conftest import migrated_file, simulator, start_simulator
from tests.end_to_end.conftest import data_dir

__all__ = ["data_dir", "migrated_file", "simulator", "start_simulator"]
