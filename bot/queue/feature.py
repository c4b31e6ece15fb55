"""Builds the feature of `/queue`."""

from collections.abc import Callable

from bot.executors.contract import Executor
from bot.feature import Feature
from bot.guilds.model import Switch
from bot.guilds.service import GuildService
from bot.jobs.admission import Admission
from bot.jobs.service import JobService
from bot.queue.command import make_group


def feature(
    jobs: JobService,
    admission: Admission,
    guilds: GuildService,
    executor: Executor,
    clock: Callable[[], float],
) -> Feature:
    """Build the commands. `clock` gives Unix seconds."""
    return Feature(
        name=Switch.QUEUE, commands=[make_group(jobs, admission, guilds, executor, clock)]
    )
