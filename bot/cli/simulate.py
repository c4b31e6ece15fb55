"""`muralscape simulate`: the bot and a loopback Discord with its web page, in one go."""

import asyncio
import errno
import logging
import signal
import socket
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from pydantic import SecretStr

from bot import logs
from bot.app.choose_executor import local_executor
from bot.app.composition import App
from bot.cli.guard import guard
from bot.cli.options import load_settings
from bot.executors.contract import Executor
from bot.settings import DiscordSettings, Settings
from bot.simulator.server import Simulator
from bot.simulator.site import SamplePicture
from bot.web.server import AddressTaken
from engine import weights
from engine.samples import CONTENTS, STYLES

# Defaults for a trial: a mural is done in a minute, also without a GPU, and Ctrl-C ends at once.
MURAL_TILE = 96  # pixels: a few seconds each
SHUTDOWN_SECONDS = 1.0

FIRST_FREE_PORT = 1024  # Unix keeps those below for the administrator


@click.command(name="simulate")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="Of the page; 0 for any that is free.",
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep database and pictures in this folder instead of a temporary one.",
)
@click.option("--verbose", is_flag=True, help="Show what the bot logs.")
@click.option(
    "--no-bot",
    "alone",
    is_flag=True,
    help="Only the loopback Discord: print its address and token, for a bot elsewhere.",
)
def command(port: int, open_page: bool, data: Path | None, verbose: bool, alone: bool) -> None:
    """Try the bot in a browser, without a Discord account.

    Starts a loopback Discord with its web page and the real bot against it. Settings come from the
    environment as for the bot, except for the address and the token of Discord.

    With --no-bot it prints the settings with which a bot on this machine, such as one in a
    container with the host's network, reaches the loopback Discord. They can be passed on by
    `docker run --env-file` and by a shell's `export`.
    """
    settings = load_settings(None, token_required=False)
    guard()
    logs.set_up("info" if verbose else "warning", settings.log.format)
    # Over loopback an answer can arrive before discord.py records when it sent the heartbeat; it
    # then reports a heartbeat that is a minute late.
    logging.getLogger("discord.gateway").setLevel(logging.INFO if verbose else logging.ERROR)
    with _folder(data) as folder:
        settings = _suited(settings, folder)
        try:
            if alone:
                asyncio.run(_simulate_alone(port, open_page))
            else:
                asyncio.run(_simulate(settings, port, open_page, temporary=data is None))
        except OSError as error:
            kept = error.errno == errno.EACCES and port < FIRST_FREE_PORT
            if error.errno != errno.EADDRINUSE and not kept:
                raise
            why = "needs the administrator's rights" if kept else "is taken"
            raise click.UsageError(
                f"port {port} {why}; name another with --port, or 0 for any that is free"
            ) from None
        except AddressTaken as error:
            raise click.UsageError(error.sentence) from None


async def _simulate_alone(port: int, open_page: bool) -> None:
    stop = _stop_signal()
    async with Simulator(port=port, samples=samples()) as discord:
        given = pointed_at(discord, Settings()).discord
        click.echo(f"# a loopback Discord with its page at {discord.url}; settings for a bot:")
        click.echo(f"MURALSCAPE_DISCORD__TOKEN={discord.world.token}")
        click.echo(f"MURALSCAPE_DISCORD__API_BASE={given.api_base}")
        click.echo(f"MURALSCAPE_DISCORD__CDN_BASE={given.cdn_base}")
        click.echo(f"MURALSCAPE_DISCORD__ATTACHMENT_HOSTS={','.join(given.attachment_hosts)}")
        if open_page:
            await asyncio.to_thread(webbrowser.open, discord.url)
        await stop.wait()


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _simulate(settings: Settings, port: int, open_page: bool, *, temporary: bool) -> None:
    stop = _stop_signal()
    async with Simulator(port=port, samples=samples()) as discord:
        discord.world.bot.global_name = "Muralscape"
        _decorate(discord)
        executor = local_executor(settings)
        app = App(pointed_at(discord, settings), executor)
        _greet(discord.url, settings, temporary=temporary)
        if open_page:
            await asyncio.to_thread(webbrowser.open, discord.url)
        progress = asyncio.create_task(_report(discord, executor))
        try:
            await app.run(stop)
        finally:
            progress.cancel()
    click.echo("Stopped." if temporary else f"Stopped. Everything is in {settings.data_dir}.")


def _decorate(discord: Simulator) -> None:
    """Give the members avatars, and the server an emoji and a sticker, to point at."""
    found = {sample.name: sample.path.read_bytes() for sample in (*CONTENTS, *STYLES)}
    assert discord.atelier is not None  # noqa: S101 - it is furnished
    for member, name in zip(discord.atelier.members, ("grace_hopper", "dogs"), strict=False):
        member.avatar = found[name]
    discord.world.add_emoji(discord.atelier.guild, "cat", found["cat"])
    discord.world.add_sticker(discord.atelier.guild, "Pencil cat", found["pencil_cat"])


def samples() -> list[SamplePicture]:
    """List the project's sample pictures, each for an option of /muralize."""
    kinds = {"content": CONTENTS, "style": STYLES}
    return [
        SamplePicture(sample.name, sample.title, option, sample.path)
        for option, found in kinds.items()
        for sample in found
    ]


def pointed_at(discord: Simulator, settings: Settings) -> Settings:
    """Point the settings at the simulator, with its address and token."""
    section = DiscordSettings(
        token=SecretStr(discord.world.token),
        api_base=discord.api_base,
        cdn_base=discord.cdn_base,
        attachment_hosts=("127.0.0.1",),
    )
    return settings.model_copy(update={"discord": section})


def _suited(settings: Settings, folder: Path) -> Settings:
    """Put the data in `folder`, and replace defaults by those for a trial."""
    given = settings.limits.model_fields_set
    wanted = {
        "mural_tile": MURAL_TILE,
        "shutdown_seconds": SHUTDOWN_SECONDS,
    }
    limits = settings.limits.model_copy(
        update={name: value for name, value in wanted.items() if name not in given}
    )
    changes: dict[str, object] = {"data_dir": folder, "database_url": "", "limits": limits}
    if not {"port", "public_url"} & settings.web.model_fields_set:
        port = _free_port()  # a real bot may have 8080
        web = {"port": port, "public_url": f"http://127.0.0.1:{port}"}
        changes["web"] = settings.web.model_copy(update=web)
    return settings.model_copy(update=changes)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        yield data
        return
    # files that are written while the process ends must not cause a traceback
    with tempfile.TemporaryDirectory(prefix="muralscape-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _greet(url: str, settings: Settings, *, temporary: bool) -> None:
    data = "a temporary folder, deleted at the end" if temporary else str(settings.data_dir)
    lines = {
        "Page": click.style(url, fg="cyan", bold=True),
        "Weights": weights.find(settings.engine.weights).description,
        "Sizes": f"{settings.limits.usual_size} pixels unless you ask for more",
        "Data": data,
    }
    click.secho("\n  Muralscape in a simulated Discord\n", bold=True)
    for name, value in lines.items():
        click.echo(f"  {name:<9} {value}")
    click.echo(
        "\n  Try first: open the page and press “Fill in /muralize”, then Send.\n"
        "  Together: as Mo, send /mural start with a sample picture, 3 columns and 3 rows; then\n"
        "  take tiles as others.\n"
        "  Act as somebody else with the name at the bottom left. Ctrl-C stops everything.\n"
    )


async def _report(discord: Simulator, executor: Executor) -> None:
    """Print when the bot is connected, and when the engine is ready."""
    await discord.until(lambda: discord.gateway.connected, within=120)
    names = ", ".join(_typed(c.name, c.type) for c in discord.commands.registered())
    click.echo(f"  {'Bot':<9} connected · {names}")
    await discord.until(lambda: executor.devices, within=600)
    click.echo(f"  {'Engine':<9} ready on {', '.join(executor.devices)}")


def _typed(name: str, kind: int) -> str:
    return f"/{name}" if kind == 1 else f"“{name}”"
