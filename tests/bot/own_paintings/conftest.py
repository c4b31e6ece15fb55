"""Fixtures of the tests of `/paintings`: those of the jobs' tests."""

from tests.bot.jobs.conftest import harness

__all__ = ["harness"]
