"""`muralscape run`: the bot, until SIGTERM or Ctrl-C."""

import asyncio
import gc
import signal
from pathlib import Path

import click
import discord

from bot import logs
from bot.app import App
from bot.errors import MuralscapeError
from bot.executors.contract import Executor
from bot.executors.engine_process import EngineSetup
from bot.executors.local import LocalExecutor
from bot.executors.several import HereAndElsewhere
from bot.settings import Settings, SettingsError, load


@click.command(name="run")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A TOML file of settings; config.example.toml explains each.",
)
def command(config: Path | None) -> None:
    """Run the bot.

    Settings come from the file, then from the environment, which wins. The token comes from
    MURALSCAPE_DISCORD__TOKEN or from the file that discord.token_file names.
    """
    settings = load_settings(config, token_required=True)
    token = settings.discord.token
    logs.set_up(
        settings.log.level,
        settings.log.format,
        tuple(s.get_secret_value() for s in (token, settings.nats.token) if s is not None),
    )
    try:
        asyncio.run(serve(settings))
    except discord.LoginFailure:
        raise click.UsageError(
            "Discord does not accept the token; copy it again from the developer portal"
        ) from None
    except MuralscapeError as error:
        raise click.UsageError(error.sentence) from None


def load_settings(config: Path | None, *, token_required: bool) -> Settings:
    """Read the settings, or say what is wrong with them and raise `click.UsageError`."""
    try:
        return load(config, token_required=token_required)
    except SettingsError as error:
        for fault in error.faults:
            click.echo(fault, err=True)
        number = len(error.faults)
        raise click.UsageError(
            "there is 1 fault in the settings"
            if number == 1
            else f"there are {number} faults in the settings"
        ) from None


def executor_for(settings: Settings, setup: EngineSetup) -> Executor:
    """Make what paints: this machine, workers elsewhere, or both."""
    nats = settings.nats
    if not nats.url:
        return LocalExecutor([setup])
    try:
        from bot.executors.nats.executor import NatsExecutor
        from bot.executors.nats.link import Access
    except ModuleNotFoundError:
        raise click.UsageError(
            "nats.url needs its client: pip install 'muralscape[nats]'"
        ) from None
    token = nats.token.get_secret_value() if nats.token else ""
    elsewhere = NatsExecutor(Access(nats.url, token, nats.nkey_file, nats.ca_file))
    if not nats.paint_here:
        return elsewhere
    return HereAndElsewhere(LocalExecutor([setup]), elsewhere)


async def serve(settings: Settings) -> None:
    """Run the bot until a signal asks it to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    engine = settings.engine
    setup = EngineSetup(engine.weights, engine.device, engine.precision)
    executor = executor_for(settings, setup)
    app = App(settings, executor)
    # A full collection would look through every module that was imported, which stops the event
    # loop for 150 ms and finds nothing. From here on they are not looked at.
    gc.collect()
    gc.freeze()
    await app.run(stop)
