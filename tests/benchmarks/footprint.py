"""What one job leaves and takes: bytes on disk and in the database, rows, writes, calls to Discord.
Real paintings of the bundled pictures through the real bot against the simulator."""

import asyncio
import re
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from functools import partial
from pathlib import Path

from sqlalchemy import event

from bot.app.timing import Timing
from bot.settings import LimitSettings
from bot.simulator import Simulator
from engine.device import Device
from engine.samples import CONTENTS, STYLES
from tests.end_to_end.harness import all_settled, muralize, running_bot

JOBS = 3
COPIES = 1000  # of a finished job's rows, to see what one takes in the file
PAINTERS = {"real": None, "quick": "load_quick"}
# "Interaction endpoints are not bound to the bot's Global Rate Limit."
# https://discord.com/developers/docs/topics/rate-limits
INTERACTION = re.compile(r"^/(interactions|webhooks)/")


def run(_: Device | None = None) -> dict[str, float]:
    """Figures a job, of real paintings and, for the calls, of ones that take no time."""
    figures: dict[str, float] = {}
    for name, painter in PAINTERS.items():
        with tempfile.TemporaryDirectory() as folder:
            figures |= asyncio.run(_measure(name, painter, Path(folder)))
    for name, value in figures.items():
        print(f"{name:45} {value:12.4g}")
    return figures


async def _measure(name: str, painter: str | None, folder: Path) -> dict[str, float]:
    commits: list[object] = []
    async with (
        Simulator() as simulator,
        running_bot(
            simulator, folder, painter=painter, timing=Timing(), limits=LimitSettings()
        ) as bot,
    ):
        await simulator.until(lambda: bot.executor.devices, 120)
        event.listen(bot.app.core.database._engine.sync_engine, "commit", commits.append)
        before = len(simulator.record.calls)
        for number in range(JOBS):  # one after the other: cards of jobs that wait are edited too
            pictures = CONTENTS[number].path.read_bytes(), STYLES[number].path.read_bytes()
            muralize(simulator, content=pictures[0], style=pictures[1])
            await simulator.until(partial(all_settled, simulator, number + 1), 600)
        calls = Counter(
            "interactions" if INTERACTION.match(call.path) else "others"
            for call in list(simulator.record.calls)[before:]
        )
    figures = {
        f"footprint_{name}_calls_for_interactions": calls["interactions"] / JOBS,
        f"footprint_{name}_other_calls": calls["others"] / JOBS,
        f"footprint_{name}_writes": len(commits) / JOBS,
    }
    return figures | _stored(folder) if name == "real" else figures


def _stored(folder: Path) -> dict[str, float]:
    """What is on disk, a job."""
    with closing(sqlite3.connect(folder / "muralscape.db")) as connection, connection:
        (seconds,) = connection.execute("SELECT avg(painted_at - started_at) FROM jobs").fetchone()
        rows = connection.execute("SELECT count(*) FROM job_pictures").fetchone()[0] / JOBS + 1
        names = connection.execute("SELECT picture FROM job_pictures WHERE is_result")
        results = [folder / "pictures" / name[:2] / name for (name,) in names]
        bytes_a_job = _grow(connection)
    return {
        "footprint_seconds": seconds,
        "footprint_rows": rows,
        "footprint_database_bytes": bytes_a_job,
        "footprint_result_bytes": sum(file.stat().st_size for file in results) / JOBS,
    }


def _grow(connection: sqlite3.Connection) -> float:
    """Copy the rows of the jobs many times, and say by how many bytes the file grew for each."""
    before = _bytes(connection)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(jobs)") if row[1] != "id"]
    own = [name for name in columns if name != "interaction_id"]
    listed = ", ".join(own)
    copies = COPIES // JOBS
    for copy in range(1, copies + 1):
        connection.execute(
            f"INSERT INTO jobs (id, interaction_id, {listed}) "
            f"SELECT id + {JOBS} * ?, interaction_id + {JOBS} * ?, {listed} "
            f"FROM jobs WHERE id <= {JOBS}",
            (copy, copy),
        )
        connection.execute(
            "INSERT INTO job_pictures SELECT job_id + ? * ?, picture, is_result "
            "FROM job_pictures WHERE job_id <= ?",
            (JOBS, copy, JOBS),
        )
    return (_bytes(connection) - before) / (copies * JOBS)


def _bytes(connection: sqlite3.Connection) -> int:
    pages, size = (
        connection.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "page_size")
    )
    return int(pages * size)
