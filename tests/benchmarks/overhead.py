"""The bot's own processor time for a job: Discord, database, NATS and the pictures' decoding.

    python -m tests.benchmarks.overhead

The bot, as `muralscape run` starts it, leaves the painting to workers that are paced by the clock,
2 s a job; members send commands through the simulator. What it uses is read from the system, its
main thread apart from the others, which decode pictures, write files and run SQLite. Pictures of
48 pixels show what a job costs without them, a photograph's what decoding adds.
"""

import asyncio
import io
import tempfile
from pathlib import Path

import psutil
from PIL import Image

from bot.simulator import Simulator
from bot.storage.database import Database, sqlite_url
from tests.end_to_end.harness import muralize, picture, results
from tests.end_to_end.remote import Site, running_site

JOBS, WARM_UP, WORKERS = 60, 8, 6
IDLE_SECONDS = 5.0
PHOTOGRAPH = (2048, 1536)  # pixels


async def measure(content: bytes) -> dict[str, float]:
    """Return milliseconds for each job, by thread, and those for each second of doing nothing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data_dir = folder / "data"
        data_dir.mkdir()
        database = Database(sqlite_url(data_dir / "muralscape.db"))
        await database.upgrade()
        await database.close()
        async with Simulator() as simulator, running_site(simulator, data_dir, folder) as site:
            names = [site.add_worker("load_unhurried").name for _ in range(WORKERS)]
            await site.until_listed(*names)
            await _paint(simulator, content, WARM_UP)
            before = _used(site)
            await asyncio.sleep(IDLE_SECONDS)
            idle = sum(_used(site)) - sum(before)
            before = _used(site)
            await _paint(simulator, content, JOBS)
            main, others = (after - was for was, after in zip(before, _used(site), strict=True))
    return {
        "event loop": main / JOBS * 1000,
        "other threads": others / JOBS * 1000,
        "in all": (main + others) / JOBS * 1000,
        "idle, a second": idle / IDLE_SECONDS * 1000,
    }


async def _paint(simulator: Simulator, content: bytes, jobs: int) -> None:
    there = len(results(simulator))
    for number in range(jobs):
        muralize(simulator, ("ada", "ben")[number % 2], content=content, style=content)
        await asyncio.sleep(0.1)
    await simulator.until(lambda: len(results(simulator)) >= there + jobs, 300)
    await asyncio.sleep(0.5)  # the last one is written down


def _used(site: Site) -> tuple[float, float]:
    """Processor seconds so far: of the event loop's thread, and of the others, ended ones too."""
    process = psutil.Process(site.bot.pid)
    total = process.cpu_times()
    main = next(thread for thread in process.threads() if thread.id == process.pid)
    loop = main.user_time + main.system_time
    return loop, total.user + total.system - loop


def photograph() -> bytes:
    """Encode a JPEG as large as a member's, with detail everywhere."""
    noise = Image.effect_noise((PHOTOGRAPH[0] // 8, PHOTOGRAPH[1] // 8), 60).convert("RGB")
    buffer = io.BytesIO()
    noise.resize(PHOTOGRAPH, Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def main() -> None:
    """Print a table."""
    print("CPU ms per job          event loop  other threads    in all  idle, a second")
    for name, content in {"pictures of 48 pixels": picture(), "photographs": photograph()}.items():
        found = asyncio.run(measure(content))
        print(
            f"{name:22}  {found['event loop']:10.1f}  {found['other threads']:13.1f}"
            f"  {found['in all']:8.1f}  {found['idle, a second']:14.1f}"
        )


if __name__ == "__main__":
    main()
