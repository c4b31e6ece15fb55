"""Builds the feature of `/queue`."""

from collections.abc import Callable

from bot.executors.contract import Executor
from bot.feature import Feature
from bot.jobs.service import JobService
from bot.queue.command import make_group


def feature(jobs: JobService, executor: Executor, clock: Callable[[], float]) -> Feature:
    """Build the commands. `clock` gives Unix seconds."""
    return Feature(commands=[make_group(jobs, executor, clock)])
