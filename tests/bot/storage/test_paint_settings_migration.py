"""Jobs and requests that older versions wrote are read as what they were."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.runtime.migration import MigrationContext

from bot.jobs.model import Job, JobResult, Sources
from bot.jobs.store import JobStore
from bot.muralize.request import Repeat, Request
from bot.muralize.store import RequestStore
from bot.people import Origin
from bot.pictures.model import UploadedFile
from bot.storage.database import Database, alembic_config, sqlite_url
from engine.request import Losses, PaintOutcome, PaintSettings

RESULT = {
    "picture": "e" * 64,
    "width": 64,
    "height": 48,
    "loss": 12.5,
    "content_loss": 2.5,
    "style_loss": 10.0,
    "steps": 300,
    "seconds": 9.5,
    "weights": "bundled VGG-19",
    "device": "cpu",
    "precision": "fp32",
    "curve": [[1, 100.0], [300, 12.5]],
    "scale_starts": [1, 150],
    "timelapse": "f" * 64,
}
ROW: dict[str, Any] = {
    "state": "done",
    "guild_id": 10,
    "channel_id": 20,
    "member_id": 30,
    "interaction_token": "token",
    "token_expires_at": 900.0,
    "private": False,
    "content": "c" * 64,
    "styles": json.dumps(["d" * 64]),
    "preset": "gatys",
    "size": 300,
    "strength": 1.5,
    "keep_colors": True,
    "seed": 7,
    "timelapse": True,
    "predicted_seconds": 9.0,
    "created_at": 1.0,
    "starts": 1,
    "losses": 0,
    "result_deleted": False,
    "nonce": "1",
    "delivery_tries": 0,
    "kept": False,
}
SETTINGS = PaintSettings(
    preset="gatys", size=300, steps=None, strength=1.5, keep_colors=True, seed=7
)
OUTCOME = PaintOutcome(
    width=64,
    height=48,
    preset="gatys",
    steps=300,
    losses=Losses(total=12.5, content=2.5, style=10.0),
    seconds=9.5,
    device="cpu",
    precision="fp32",
    weights="bundled VGG-19",
    seed=7,
    curve=((1, 100.0), (300, 12.5)),
    scale_starts=(1, 150),
)
ORIGIN = Origin(10, 20, 30, 600, "token", 900.0)
FILE = UploadedFile("The content picture", "https://cdn.example/1.png", 10)
OPTIONS = {"preset": None, "size": 256, "strength": 2.0, "keep_colors": True}


def old_request(number: int, guild: int) -> dict[str, Any]:
    """A request as version 0006 kept it."""
    origin = {**vars(ORIGIN), "interaction_id": number, "guild_id": guild}
    asked = {"content": vars(FILE), "style": None, "style_name": "waves", "options": OPTIONS}
    return {"origin": origin, **asked}


OLD_REPEAT = {"origin": {**vars(ORIGIN), "interaction_id": 602}, "job_id": 5, "change": "softer"}


async def migrate(database: Database, version: str) -> None:
    """Bring a database up, or down, to a version."""

    def run(connection: sa.Connection) -> None:
        current = MigrationContext.configure(connection).get_current_revision()
        step = command.downgrade if current and current > version else command.upgrade
        step(alembic_config(connection), version)

    async with database.write() as connection:
        await connection.run_sync(run)


async def insert(database: Database, table: str, *rows: dict[str, Any]) -> None:
    """Write rows as they are."""
    async with database.write() as connection:
        for row in rows:
            names = ", ".join(row)
            values = ", ".join(f":{name}" for name in row)
            await connection.execute(
                sa.text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row
            )


@pytest.fixture
async def old(database: Database) -> Database:
    """A database as version 0006 left it, with what members had asked for by then."""
    await migrate(database, "0006")
    await insert(
        database,
        "jobs",
        {**ROW, "interaction_id": 500, "result": json.dumps(RESULT)},
        {**ROW, "interaction_id": 501, "result": None, "state": "queued"},
    )
    guild = {"guild_id": 10, "settings": json.dumps({"default_preset": "draft"})}
    await insert(database, "guild_settings", guild)
    kept = [(600, old_request(600, 10)), (601, old_request(601, 11)), (602, OLD_REPEAT)]
    rows = [{"interaction_id": number, "request": json.dumps(request)} for number, request in kept]
    await insert(database, "requests", *rows)
    return database


async def job_of(database: Database, interaction: int) -> Job:
    """Read a job."""
    async with database.read() as connection:
        job = await JobStore(database).of_interaction(connection, interaction)
    assert job is not None
    return job


async def test_jobs_are_read_as_they_were(old: Database) -> None:
    """Settings, sources and results of older jobs are those that they had."""
    await old.upgrade()

    done, queued = await job_of(old, 500), await job_of(old, 501)

    assert done.settings == queued.settings == SETTINGS
    assert done.sources == queued.sources == Sources("c" * 64, ("d" * 64,))
    assert done.timelapse
    assert done.result == JobResult("e" * 64, OUTCOME, "f" * 64)
    assert queued.result is None


async def test_requests_are_read_as_they_were(old: Database) -> None:
    """Requests that were no jobs yet keep their options; the preset is the server's own."""
    await old.upgrade()

    first, second, third = await RequestStore(old).all()

    for request, preset in ((first, "draft"), (second, "mural")):
        assert isinstance(request, Request)
        assert request.settings == PaintSettings(preset, 256, strength=2.0, keep_colors=True)
        assert (request.content, request.style_name, request.mask) == (FILE, "waves", None)
    assert isinstance(third, Repeat)
    assert third.change == "softer"


async def test_a_migration_up_down_and_up_changes_nothing(old: Database) -> None:
    """What the older version reads after a downgrade is what it wrote."""
    await old.upgrade()
    await migrate(old, "0006")
    async with old.read() as connection:
        columns = "preset, size, steps, strength, keep_colors, seed, result"
        query = sa.text(f"SELECT {columns} FROM jobs WHERE interaction_id = 500")
        row = dict((await connection.execute(query)).mappings().one())
    result = row.pop("result")
    assert (json.loads(result) if isinstance(result, str) else result) == RESULT
    assert row == {**{name: ROW.get(name) for name in row}, "keep_colors": row["keep_colors"]}
    assert row["keep_colors"]

    await test_jobs_are_read_as_they_were(old)


async def test_many_jobs(tmp_path: Path) -> None:
    """More jobs than are converted at a time are all converted, and keep their pictures."""
    database = Database(sqlite_url(tmp_path / "many.db"))
    await database.upgrade()
    await migrate(database, "0006")
    rows = [{**ROW, "interaction_id": number, "result": None} for number in range(1201)]
    await insert(database, "jobs", *rows)
    await insert(
        database,
        "job_pictures",
        *(
            {"job_id": number + 1, "picture": "c" * 64, "is_result": False}
            for number in range(1201)
        ),
    )
    await database.upgrade()
    async with database.read() as connection:
        count = sa.text("SELECT count(*) FROM jobs WHERE settings LIKE '%gatys%'")
        assert (await connection.execute(count)).scalar() == 1201
        count = sa.text("SELECT count(*) FROM job_pictures")
        assert (await connection.execute(count)).scalar() == 1201
    await database.close()
