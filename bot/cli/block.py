"""`muralscape block`: keeps members and servers from using the bot."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from bot.cli.options import config_option, in_words, load_settings
from bot.errors import HostNeeded
from bot.moderation.model import HOST, Block, BlockKind
from bot.moderation.rules import LONGEST_REASON, holds
from bot.moderation.store import BlockStore
from bot.storage.database import STORAGE_FAULTS, Database, known_versions
from bot.texts import clean

Result = TypeVar("Result")

DAY = 86_400.0  # seconds
LONGEST_DAYS = 36_500.0

_kind = click.argument("kind", type=click.Choice([kind.value for kind in BlockKind]))
_id = click.argument("number", metavar="ID", type=click.IntRange(min=1, max=2**63 - 1))


@click.group(name="block")
def command() -> None:
    """Keep members and servers from using the bot.

    This holds in all servers, at once: a bot that runs needs no restart. A server's own moderators
    have /block in Discord.
    """


@command.command()
@_kind
@_id
@click.option("--reason", default="", help="Why; members concerned read this once.")
@click.option(
    "--days",
    type=click.FloatRange(min=0, max=LONGEST_DAYS, min_open=True),
    help="For how many days; without it, until it is lifted.",
)
@config_option
def add(kind: str, number: int, reason: str, days: float | None, config: Path | None) -> None:
    """Block a member or a server, by its Discord id.

    Their paintings under way are cancelled.
    """
    if len(reason) > LONGEST_REASON:
        raise click.UsageError(f"a reason may have at most {LONGEST_REASON} characters")
    now = time.time()
    until = None if days is None else now + days * DAY
    why = clean(reason).rstrip(" .")
    block = Block(HOST, BlockKind(kind), number, created_at=now, reason=why, until=until)

    async def write(store: BlockStore) -> None:
        async with store.database.write() as connection:
            await store.put(connection, block)

    _do(config, write)
    click.echo(f"Blocked: {_line(block)}.")


@command.command()
@_kind
@_id
@config_option
def lift(kind: str, number: int, config: Path | None) -> None:
    """Lift a block."""

    async def write(store: BlockStore) -> bool:
        async with store.database.write() as connection:
            return await store.lift(connection, HOST, BlockKind(kind), number)

    if not _do(config, write):
        raise click.ClickException(f"{kind} {number} is not blocked")
    click.echo(f"Not blocked any more: {kind} {number}.")


@command.command(name="list")
@config_option
def show(config: Path | None) -> None:
    """List the host's blocks, the oldest first."""

    async def read(store: BlockStore) -> Sequence[Block]:
        return await store.all()

    found = [one for one in _do(config, read) if one.by_host and holds(one, time.time())]
    for block in found:
        click.echo(_line(block))
    if not found:
        click.echo("The host has blocked nobody.")


def _do(config: Path | None, act: Callable[[BlockStore], Awaitable[Result]]) -> Result:
    settings = load_settings(config, token_required=False)

    async def run() -> Result:
        database = Database(settings.database)
        try:
            if await database.version() != known_versions()[0]:
                raise HostNeeded(
                    "the database is of another version; start the bot once, or run "
                    "`muralscape db upgrade`"
                )
            return await act(BlockStore(database))
        except STORAGE_FAULTS as error:
            raise database.unusable(error) from None
        finally:
            await database.close()

    with in_words():
        return asyncio.run(run())


def _line(block: Block) -> str:
    until = "until it is lifted"
    if block.until is not None:
        until = f"until {datetime.fromtimestamp(block.until, UTC):%Y-%m-%d %H:%M} UTC"
    reason = f" ({block.reason})" if block.reason else ""
    return f"{block.kind} {block.subject_id} {until}{reason}"
