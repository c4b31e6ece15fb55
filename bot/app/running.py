"""The parts of starting and stopping: logging in, painting, and winding down."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack

import aiohttp

from bot.back_off import BackOff
from bot.discord_io.client import MuralscapeClient
from bot.errors import MuralscapeError
from bot.executors.contract import Executor
from bot.feature import Feature
from bot.jobs.dispatcher import Dispatcher
from bot.jobs.service import JobService
from bot.pictures.intake import open_session
from bot.settings import DiscordSettings

log = logging.getLogger(__name__)

CANCEL_POLL_SECONDS = 2.0  # between two queries for jobs that another shard's bot should cancel
GATEWAY_TIMEOUT = aiohttp.ClientTimeout(total=10.0)


async def log_in(client: MuralscapeClient, discord: DiscordSettings) -> None:
    """Log in, which takes as long as Discord wants: a rate limit may be of minutes."""
    if discord.token is None:
        raise MuralscapeError("There is no token to log in with.")
    await _reach_discord(discord.api_base)
    await client.login(discord.token.get_secret_value())


async def _reach_discord(api_base: str) -> None:
    """Wait until Discord answers.

    A machine that has just started may have no network yet, and discord.py's log-in cannot be
    retried.
    """
    retrying = BackOff().retrying(
        (aiohttp.ClientError, OSError), log=log, what="Discord cannot be reached"
    )
    async with open_session() as session:
        async for attempt in retrying:
            with attempt:
                async with session.get(f"{api_base}/gateway", timeout=GATEWAY_TIMEOUT):
                    pass


async def paint(executor: Executor, dispatcher: Dispatcher, stack: AsyncExitStack) -> None:
    """Load the weights while the bot answers members already, then paint."""
    stack.push_async_callback(executor.close)
    await executor.start()
    here = ", ".join(executor.devices)
    log.info("painting on %s", here or "workers, which may come and go")
    await dispatcher.run()


async def stop_as_asked(jobs: JobService) -> None:
    """Cancel the jobs that members asked another shard's bot to cancel."""
    while jobs.store.shard.count > 1:
        try:
            await jobs.stop_as_asked()
        except Exception:  # the database may be back in a moment
            log.exception("cannot read the jobs to cancel; next try soon")
        await asyncio.sleep(CANCEL_POLL_SECONDS)


async def wind_down(features: Sequence[Feature], dispatcher: Dispatcher, grace: float) -> None:
    """Stop painting, tell members where things stand, and let the sends under way end."""
    log.info("stopping; paintings under way have %.0f s to finish", grace)
    for feature in features:
        if feature.close is not None:
            await feature.close()
    await dispatcher.stop(grace)
    for feature in features:
        if feature.finish is not None:
            await feature.finish(grace)
