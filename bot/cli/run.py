"""`muralscape run`: the bot, until SIGTERM or Ctrl-C."""

import asyncio
import gc
import signal
from pathlib import Path

import click
import discord

from bot import logs
from bot.app import App
from bot.cli.executor import executor_for
from bot.cli.guard import guard
from bot.cli.options import config_option, load_settings
from bot.errors import MuralscapeError
from bot.settings import Settings


@click.command(name="run")
@config_option
def command(config: Path | None) -> None:
    """Run the bot.

    Settings come from the file, then from the environment, which wins. The token comes from
    MURALSCAPE_DISCORD__TOKEN or from the file that discord.token_file names.
    """
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
        raise click.UsageError(
            "Discord does not accept the token; copy it again from the developer portal"
        ) from None
    except MuralscapeError as error:
        raise click.UsageError(error.sentence) from None


async def serve(settings: Settings) -> None:
    """Run the bot until a signal asks it to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    app = App(settings, executor_for(settings))
    # A full garbage collection would visit all imported modules, which stops the event loop for
    # 150 ms and finds nothing. Frozen objects are not visited.
    gc.collect()
    gc.freeze()
    await app.run(stop)
