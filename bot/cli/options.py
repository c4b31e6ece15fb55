"""The option --config and the reading of settings, for several subcommands."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import make_url

from bot.errors import HostNeeded, MuralscapeError
from bot.settings import Settings
from bot.settings_loader import CONFIG_VARIABLE, SettingsError, load

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),  # whether it can be read, `load` says, like other faults
    envvar=CONFIG_VARIABLE,
    show_envvar=True,
    help="A TOML file of settings; config.example.toml explains each.",
)


def load_settings(config: Path | None, *, token_required: bool) -> Settings:
    """Read the settings; print their faults and raise `click.UsageError` where there are any."""
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


@contextmanager
def in_words() -> Iterator[None]:
    """End a command with the sentence of our own errors, with exit code 2 as `run` does, or 1."""
    try:
        yield
    except HostNeeded as fault:
        raise click.UsageError(fault.sentence) from None
    except MuralscapeError as error:  # another try may succeed
        raise click.ClickException(error.sentence) from None


def sqlite_file(settings: Settings) -> Path:
    """Find the database's file. Raises `click.UsageError` where it is not SQLite."""
    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise click.UsageError(
            "database_url is not SQLite, and this command is for SQLite alone: copy the folder "
            "`pictures` of data_dir, then the database with its own tools (pg_dump and "
            "pg_restore), then what came into `pictures` meanwhile"
        )
    return Path(url.database)
