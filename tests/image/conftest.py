"""The simulator, for the tests with a real Docker engine."""

from tests.bot.conftest import simulator, start_simulator

__all__ = ["simulator", "start_simulator"]
