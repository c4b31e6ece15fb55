"""`muralscape restore`: restores a backup into an empty data folder."""

import sys
from pathlib import Path

import click

from bot.cli.guard import guard
from bot.cli.options import config_option, load_settings, sqlite_file
from bot.storage.backup import BackupError, restore
from bot.storage.database import known_versions


@click.command(name="restore")
@click.argument(
    "file", type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True)
)
@config_option
def command(file: Path, config: Path | None) -> None:
    """Restore the backup in FILE, written by `muralscape backup`; - is standard input.

    The data folder must be empty. A backup that is damaged in any place is refused as a whole.
    """
    settings = load_settings(config, token_required=False)
    guard()
    database = sqlite_file(settings)
    try:
        if str(file) == "-":
            manifest = restore(sys.stdin.buffer, settings.data_dir, database, known_versions())
        else:
            with file.open("rb") as source:
                manifest = restore(source, settings.data_dir, database, known_versions())
    except BackupError as error:
        raise click.UsageError(error.sentence) from None
    except OSError as error:
        raise click.UsageError(f"the backup cannot be restored: {error}") from None
    click.echo(
        f"Restored the database (version {manifest.database_version}) and "
        f"{manifest.pictures} pictures into {settings.data_dir.absolute()}.",
        err=True,
    )
