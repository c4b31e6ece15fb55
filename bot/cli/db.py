"""`muralscape db`: the database's migrations."""

import asyncio
from pathlib import Path

import click

from bot.cli.options import config_option, in_words, load_settings
from bot.settings import Settings
from bot.storage.database import STORAGE_FAULTS, Database
from bot.storage.folder import make_ready


@click.group(name="db")
def command() -> None:
    """Manage the database."""


@command.command()
@config_option
def upgrade(config: Path | None) -> None:
    """Bring the tables up to this version.

    The bot does so at every start. The database is the one that the settings name, by data_dir or
    database_url.
    """
    settings = load_settings(config, token_required=False)
    with in_words():
        before, after = asyncio.run(_upgrade(settings))
    if before == after:
        click.echo(f"The database is up to date (version {after}).")
    else:
        click.echo(f"The database was upgraded from version {before or 'none'} to {after}.")


async def _upgrade(settings: Settings) -> tuple[str | None, str | None]:
    await asyncio.to_thread(make_ready, settings.data_dir)
    database = Database(settings.database)
    try:
        before = await database.version()
        await database.upgrade()
        return before, await database.version()
    except STORAGE_FAULTS as error:
        raise database.unusable(error) from None
    finally:
        await database.close()
