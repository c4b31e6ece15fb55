"""The option --config and the reading of settings, for several subcommands."""

from pathlib import Path

import click
from sqlalchemy import make_url

from bot.settings import CONFIG_VARIABLE, Settings, SettingsError, load

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
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
