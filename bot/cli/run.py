"""`muralscape run`: the bot, until SIGTERM or Ctrl-C."""

import asyncio
import gc
import signal
from pathlib import Path

import click
import discord

from bot import logs
from bot.app import App
from bot.cli.guard import guard
from bot.cli.options import config_option, load_settings
from bot.errors import HostNeeded, MuralscapeError
from bot.executors.composite import CompositeExecutor
from bot.executors.contract import Executor
from bot.executors.engine_process import EngineSetup
from bot.executors.local import LocalExecutor
from bot.settings import Settings

AUTHENTICATION_FAILED = 4004  # the gateway's close code for a token that was reset
STOPPING = {signal.SIGTERM, signal.SIGINT}


class TokenRefused(HostNeeded):
    """Discord does not accept the token."""

    def __init__(self) -> None:
        super().__init__(
            "Discord does not accept the token; copy it again from the developer portal"
        )


@click.command(name="run")
@config_option
@click.option(
    "--hold",
    is_flag=True,
    help="After a fault that only the host can mend, wait for SIGTERM before ending.",
)
@click.pass_context
def command(context: click.Context, config: Path | None, hold: bool) -> None:
    """Run the bot.

    Settings come from the file, then from the environment, which wins. The token comes from
    MURALSCAPE_DISCORD__TOKEN or from the file that discord.token_file names.

    --hold is for containers that are restarted whatever their exit code: a wrong token, for
    example, is then said once and not tried again with every restart. Exit code 2 after such a
    fault, 1 after one that may pass, such as a database that does not answer.
    """
    try:
        _run(config)
    except (click.UsageError, HostNeeded) as fault:
        told = fault if isinstance(fault, click.UsageError) else click.UsageError(fault.sentence)
        if not hold:
            raise told from None
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        click.echo(f"muralscape: {told.format_message()}", err=True)
        click.echo("Mend that and start again; waiting to be stopped.", err=True)
        signal.sigwait(STOPPING)
        context.exit(2)
    except MuralscapeError as error:  # another start may succeed, so the exit code is 1
        raise click.ClickException(error.sentence) from None


def _run(config: Path | None) -> None:
    settings = load_settings(config, token_required=True)
    guard()
    token = settings.discord.token
    logs.set_up(
        settings.log.level,
        settings.log.format,
        tuple(s.get_secret_value() for s in (token, settings.nats.token) if s is not None),
    )
    try:
        asyncio.run(serve(settings))
    except discord.LoginFailure:
        raise TokenRefused from None
    except discord.ConnectionClosed as error:
        if error.code != AUTHENTICATION_FAILED:
            raise
        raise TokenRefused from None


def executor_for(settings: Settings, setup: EngineSetup) -> Executor:
    """Make the executor: this machine, workers over NATS, or both."""
    nats = settings.nats
    if not nats.url:
        return LocalExecutor([setup])
    try:
        from bot.executors.nats.access import Access
        from bot.executors.nats.executor import NatsExecutor
    except ModuleNotFoundError:
        raise click.UsageError(
            "nats.url needs its client: pip install 'muralscape[nats]'"
        ) from None
    token = nats.token.get_secret_value() if nats.token else ""
    elsewhere = NatsExecutor(Access(nats.url, token, nats.nkey_file, nats.ca_file))
    if not nats.paint_here:
        return elsewhere
    return CompositeExecutor(LocalExecutor([setup]), elsewhere)


async def serve(settings: Settings) -> None:
    """Run the bot until a signal asks it to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in STOPPING:
        loop.add_signal_handler(number, stop.set)
    engine = settings.engine
    setup = EngineSetup(engine.weights, engine.device, engine.precision)
    executor = executor_for(settings, setup)
    app = App(settings, executor)
    # A full garbage collection would visit all imported modules, which stops the event loop for
    # 150 ms and finds nothing. Frozen objects are not visited.
    gc.collect()
    gc.freeze()
    await app.run(stop)
