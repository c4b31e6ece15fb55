"""`muralscape run`: the bot, until SIGTERM or Ctrl-C."""

import asyncio
import gc
import signal
from pathlib import Path

import click
import discord

from bot import logs
from bot.app.choose_executor import executor_for
from bot.app.composition import App
from bot.cli.guard import guard
from bot.cli.options import config_option, load_settings
from bot.errors import HostNeeded, MuralscapeError
from bot.settings import Settings

# The gateway's close codes after which discord.py does not connect again, and what they mean.
# https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes
AUTHENTICATION_FAILED = 4004
FOR_GOOD = {
    4010: "invalid shard; correct discord.shard_id and discord.shard_count",
    4011: "too many servers for one shard; run several bots by discord.shard_count",
    4012: "its gateway's version is gone; update Muralscape",
    4013: "invalid intents; update Muralscape",
    4014: "intents that are not allowed; update Muralscape",
}
STOPPING = {signal.SIGTERM, signal.SIGINT}


class TokenRefused(HostNeeded):
    """Discord does not accept the token."""

    def __init__(self) -> None:
        super().__init__(
            "Discord does not accept the token; copy it again from the developer portal"
        )


class ConnectionRefused(HostNeeded):
    """Discord has closed the connection for good, with a code of `FOR_GOOD`."""

    def __init__(self, code: int | None) -> None:
        why = FOR_GOOD.get(code or 0, "see Discord's list of close codes")
        super().__init__(f"Discord has closed the connection for good, by code {code}: {why}")


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
    logs.set_up(settings.log.level, settings.log.format, settings.secrets)
    try:
        asyncio.run(serve(settings))
    except discord.LoginFailure:
        raise TokenRefused from None
    except discord.ConnectionClosed as error:
        if error.code != AUTHENTICATION_FAILED:
            raise ConnectionRefused(error.code) from None
        raise TokenRefused from None
    except discord.PrivilegedIntentsRequired:
        raise ConnectionRefused(4014) from None


async def serve(settings: Settings) -> None:
    """Run the bot until a signal asks it to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in STOPPING:
        loop.add_signal_handler(number, stop.set)
    app = App(settings, executor_for(settings))
    # A full garbage collection would visit all imported modules, which stops the event loop for
    # 150 ms and finds nothing. Frozen objects are not visited.
    gc.collect()
    gc.freeze()
    await app.run(stop)
