"""The bot in a process of its own, to be killed and to be measured."""

import asyncio
import gc
import multiprocessing
import signal
import time
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from bot import logs
from bot.app.composition import App
from bot.app.timing import Timing
from bot.executors.engine_process import EngineSetup
from bot.executors.local import LocalExecutor
from bot.settings import LimitSettings, Settings, WebSettings
from tests.end_to_end.harness import ANY_PORT, FAST, PAINTERS, ROOMY, Share, settings

# Forked from a server that has imported everything, a bot starts in no time, ten times over.
_context: ForkServerContext = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.end_to_end.bot_process"])


def start(
    token: str,
    api_base: str,
    data_dir: Path,
    painter: str,
    timing: Timing = FAST,
    clock_ahead: float = 0.0,
    share: Share | None = None,
    limits: LimitSettings = ROOMY,
    web: WebSettings = ANY_PORT,
) -> ForkServerProcess:
    """Start a bot with a clock that is ahead by some seconds; the caller ends it."""
    chosen = settings(token, api_base, data_dir, limits, web, share=share)
    process = _context.Process(target=_run, args=(chosen, painter, timing, clock_ahead))
    process.start()
    return process


def _run(chosen: Settings, painter: str, timing: Timing, ahead: float) -> None:
    asyncio.run(_serve(chosen, painter, timing, ahead))


async def _serve(chosen: Settings, painter: str, timing: Timing, ahead: float) -> None:
    token = chosen.discord.token
    logs.set_up("info", "text", (token.get_secret_value(),) if token else ())
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    executor = LocalExecutor([EngineSetup(device="cpu", painter=PAINTERS + painter, niceness=0)])
    app = App(chosen, executor, timing, lambda: time.time() + ahead)
    app.client._connection.guild_ready_timeout = 0.05
    gc.collect()
    gc.freeze()  # as `muralscape run` does
    await app.run(stop)
