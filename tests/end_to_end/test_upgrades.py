"""This version of the bot starts on what each earlier version left."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.simulator import Simulator
from bot.storage.database import Database, known_versions, sqlite_url
from tests.bot.storage.test_paint_settings_migration import ROW, insert, migrate
from tests.end_to_end.harness import UNTOLD, all_settled, muralize, query, running_bot
from tests.end_to_end.test_run import output_of, start

FIRST = known_versions()[-1]


async def made_by(version: str, data_dir: Path) -> None:
    """Make a data folder with a painting that was delivered, as of a version."""
    database = Database(sqlite_url(data_dir / "muralscape.db"))
    await migrate(database, FIRST)
    async with database.read() as connection:
        found = (await connection.exec_driver_sql("PRAGMA table_info(jobs)")).mappings()
        columns = {column["name"] for column in found}
    row = {name: value for name, value in ROW.items() if name in columns}
    done = {"interaction_id": 500, "result": None, "state": "cancelled", "told_at": 2.0}
    await insert(database, "jobs", row | done)
    await migrate(database, version)
    await database.close()


@pytest.mark.slow
@pytest.mark.parametrize("version", known_versions()[1:])
async def test_it_starts_on_what_an_older_version_left(
    simulator: Simulator, tmp_path: Path, version: str
) -> None:
    """Old jobs are still there, and new ones are painted."""
    data_dir = tmp_path
    await made_by(version, data_dir)
    async with running_bot(simulator, data_dir):
        muralize(simulator)
        await simulator.until(lambda: all_settled(simulator, 1))
        await simulator.until(lambda: not query(data_dir, UNTOLD))
    states = query(data_dir, "SELECT state FROM jobs ORDER BY id")
    assert [state for (state,) in states] == ["cancelled", "done"]
    (now,) = query(data_dir, "SELECT version_num FROM alembic_version")
    assert now["version_num"] == known_versions()[0]


async def test_it_refuses_what_a_newer_version_left(simulator: Simulator, data_dir: Path) -> None:
    """A newer database is left alone, with one sentence that says what to do."""
    with closing(sqlite3.connect(data_dir / "muralscape.db", timeout=120)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    process = await start(
        DISCORD__TOKEN=simulator.world.token,
        DISCORD__API_BASE=simulator.api_base,
        DATA_DIR=str(data_dir),
        LOG__FORMAT="text",
    )
    output = (await output_of(process)).decode()
    assert process.returncode == 2
    assert "was written by a newer Muralscape (version 9999" in output.splitlines()[-1]
    assert "Traceback" not in output
