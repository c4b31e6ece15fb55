"""`muralscape worker`: paints for a bot on another machine, until SIGTERM or Ctrl-C."""

import asyncio
import os
import re
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot import logs
from bot.cli.guard import guard
from bot.cli.options import in_words
from bot.executors.engine_process import EngineSetup
from bot.settings import nats_address
from bot.settings_loader import unreadable

if TYPE_CHECKING:  # it needs the extra `nats`
    from bot.executors.nats.access import Access


@click.command(name="worker")
@click.option("--nats", "url", required=True, help="The NATS server, such as tls://host:4222.")
@click.option("--name", default="", help="Name of this worker; the machine's name by default.")
@click.option("--weights", default="auto", help="auto, or a file of VGG-19 weights.")
@click.option(
    "--device", "devices", multiple=True, help="auto, cpu or cuda:0; several with commas."
)
@click.option(
    "--precision", default="auto", help="Of the convolutions: auto, fp16, bf16, fp32 or tf32."
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="File with the server's token; or set MURALSCAPE_NATS__TOKEN.",
)
@click.option(
    "--nkey-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="File with this worker's NKey seed.",
)
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Certificate authorities for the server's certificate; the system's by default.",
)
@click.option("--grace", default=20.0, show_default=True, help="Seconds to finish on SIGTERM.")
@click.option("--painter", default=EngineSetup.painter, hidden=True)  # tests have a clock paint
def command(
    url: str,
    name: str,
    weights: str,
    devices: tuple[str, ...],
    precision: str,
    token_file: Path | None,
    nkey_file: Path | None,
    ca_file: Path | None,
    grace: float,
    painter: str,
) -> None:
    """Paint for a bot on another machine.

    Needs the package and the weights; neither Discord's token nor the database. The bot finds it by
    itself. On SIGTERM it finishes what it paints, or hands it back after --grace seconds.
    """
    try:
        from bot.executors.nats.access import Access
    except ModuleNotFoundError:
        raise click.UsageError("NATS needs its client: pip install 'muralscape[nats]'") from None
    token = _token(token_file)
    try:
        url = nats_address(url)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--nats") from None
    guard()
    logs.set_up("info", "auto", (token,))
    access = Access(url, token, nkey_file, ca_file)
    words = [word.strip() for text in devices or ("auto",) for word in text.split(",")]
    setups = [EngineSetup(weights, device, precision, painter) for device in words]
    with in_words():
        asyncio.run(_serve(access, setups, _id_of(name or socket.gethostname()), grace))


async def _serve(access: "Access", setups: list[EngineSetup], name: str, grace: float) -> None:
    from bot.executors.nats.worker import Worker

    worker = Worker(access, setups, name)
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    running = asyncio.create_task(worker.run())
    asking = asyncio.create_task(asked.wait())
    await asyncio.wait({running, asking}, return_when=asyncio.FIRST_COMPLETED)
    if not running.done():
        await worker.leave(grace)
    asking.cancel()
    await running


def _token(file: Path | None) -> str:
    if file is None:
        return os.environ.get("MURALSCAPE_NATS__TOKEN", "").strip()
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{file}: {unreadable(error)}") from None


def _id_of(name: str) -> str:
    """Make a name fit into a NATS subject."""
    return re.sub(r"[^\w-]+", "-", name)[:60] or "worker"
