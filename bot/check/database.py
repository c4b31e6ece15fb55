"""Checks that the database answers, accepts writes, and has the tables of this version."""

import asyncio
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.check.findings import Finding, failed, passed, warned
from bot.storage.database import Database, DriverMissing, first_line, known_versions

NAME = "database"


async def check_database(url: str, busy_seconds: float = 3.0) -> Finding:
    """Open the database as the bot does, without changing it.

    `busy_seconds` is how long to wait for the write of another process.
    """
    try:
        parsed = make_url(url)
        if await asyncio.to_thread(_is_new, parsed):
            return passed(NAME, f"{parsed.database} will be made at the first start")
        database = Database(url, busy_seconds)
    except OSError as error:
        advice = "see the data folder, above"
        return failed(NAME, f"{parsed.database} cannot be looked at ({error.strerror})", advice)
    except DriverMissing as error:
        return failed(NAME, error.sentence, "install it")
    except SQLAlchemyError as error:
        return failed(NAME, f"database_url cannot be used ({first_line(error)})", "correct it")
    is_file = parsed.get_backend_name() == "sqlite"
    where = str(parsed.database) if is_file else parsed.render_as_string(hide_password=True)
    try:
        version = await database.version()
        if version is not None:
            await database.probe()
    except (SQLAlchemyError, OSError) as error:
        return failed(
            NAME,
            f"{where} does not accept writes ({first_line(error)})",
            "check that the server runs and the address is right; for SQLite, that the file "
            "belongs to this user and its disk is not full",
        )
    finally:
        await database.close()
    return _judge(where, version)


def _is_new(url: URL) -> bool:
    return url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file()


def _judge(where: str, version: str | None) -> Finding:
    newest, *older = known_versions()
    if version == newest:
        return passed(NAME, f"{where} accepts writes and is up to date (version {version})")
    if version is None:
        return passed(NAME, f"{where} is empty; its tables will be made at the first start")
    if version in older:
        return warned(
            NAME,
            f"{where} is at version {version} of {newest}",
            "back it up with `muralscape backup FILE`; the next start upgrades it",
        )
    return failed(
        NAME,
        f"{where} was written by a newer Muralscape (version {version}, this one knows {newest})",
        "run that newer Muralscape, or restore the backup from before it",
    )
