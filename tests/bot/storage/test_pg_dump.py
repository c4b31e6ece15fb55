"""A PostgreSQL database as docs/hosting.md says to back it up."""

from pathlib import Path

from bot.jobs.model import JobState
from bot.storage.database import Database
from tests.bot.jobs.harness import ANN, JobHarness
from tests.bot.postgres_server import PostgresServer


async def test_a_dump_is_brought_back(
    postgres: PostgresServer, migrated_postgres: str, tmp_path: Path
) -> None:
    """What pg_restore makes of pg_dump's file has the jobs, and numbers new ones after them."""
    postgres.empty(migrated_postgres)
    before = JobHarness(Database(postgres.url(migrated_postgres)), tmp_path / "pictures")
    await before.pictures.open()
    job = await before.job_in(JobState.DELIVERING)
    await before.database.close()
    postgres.run("pg_dump", "--format=custom", "--file=muralscape.dump", migrated_postgres)
    restored = postgres.make_database()
    postgres.run("pg_restore", "--no-owner", f"--dbname={restored}", "muralscape.dump")
    after = JobHarness(
        Database(postgres.url(restored)), tmp_path / "pictures", first_interaction=900
    )
    await after.database.upgrade()
    assert await after.service.get(job.id) == job
    assert (await after.submit(ANN)).id == job.id + 1
    await after.database.close()
