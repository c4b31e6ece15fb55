"""`muralscape backup`: the database and the pictures in one file, while the bot runs."""

import os
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import click

from bot.cli.guard import guard
from bot.cli.options import config_option, load_settings, sqlite_file
from bot.settings import Settings
from bot.storage.backup import BackupError, Manifest, back_up


@click.command(name="backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@config_option
def command(file: Path, config: Path | None) -> None:
    """Write the database and the pictures to FILE, a tar file; - is standard output.

    The bot may be running. FILE is replaced when the new backup is whole, not before.
    """
    settings = load_settings(config, token_required=False)
    guard()
    try:
        manifest = _write(file, settings)
    except BackupError as error:
        raise click.UsageError(error.sentence) from None
    except OSError as error:
        raise click.UsageError(f"the backup cannot be written: {error}") from None
    click.echo(
        f"Backed up the database (version {manifest.database_version}) and "
        f"{manifest.pictures} pictures.",
        err=True,
    )


def _write(file: Path, settings: Settings) -> Manifest:
    database = sqlite_file(settings)
    made_by = f"muralscape {version('muralscape')}"
    if str(file) == "-":
        return back_up(settings.data_dir, database, sys.stdout.buffer, time.time(), made_by)
    folder = file.absolute().parent
    try:
        descriptor, part = tempfile.mkstemp(prefix=f".{file.name}-", dir=folder)
    except OSError as error:  # it names the temporary file
        raise click.UsageError(f"{folder} cannot be written to ({error.strerror})") from None
    try:
        with os.fdopen(descriptor, "wb") as out:
            manifest = back_up(settings.data_dir, database, out, time.time(), made_by)
            out.flush()
            os.fsync(out.fileno())
        Path(part).replace(file)
    finally:
        Path(part).unlink(missing_ok=True)
    return manifest
