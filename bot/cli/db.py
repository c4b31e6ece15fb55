"""`muralscape db`: the database's migrations."""

import asyncio
from pathlib import Path

import click

from bot.cli.options import config_option
from bot.settings import Settings, SettingsError, load
from bot.storage.database import Database


@click.group(name="db")
def command() -> None:
    """Manage the database."""


@command.command()
@config_option
def upgrade(config: Path | None) -> None:
    """Bring the tables up to this version; the bot does so at every start.

    The database is the one that the settings name, by data_dir or database_url.
    """
    try:
        settings = load(config)
    except SettingsError as error:
        raise click.UsageError("; ".join(error.faults)) from None
    before, after = asyncio.run(_upgrade(settings))
    if before == after:
        click.echo(f"The database is up to date (version {after}).")
    else:
        click.echo(f"The database was upgraded from version {before or 'none'} to {after}.")


async def _upgrade(settings: Settings) -> tuple[str | None, str | None]:
    await asyncio.to_thread(settings.data_dir.mkdir, parents=True, exist_ok=True)
    database = Database(settings.database)
    try:
        before = await database.version()
        await database.upgrade()
        return before, await database.version()
    finally:
        await database.close()
