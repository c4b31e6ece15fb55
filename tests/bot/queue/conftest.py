"""Fixtures of the /queue tests: those of the jobs' tests."""

from tests.bot.jobs.conftest import harness

__all__ = ["harness"]
