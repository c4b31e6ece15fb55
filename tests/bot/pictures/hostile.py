"""Hostile files by the thousand through the intake: `python -m tests.bot.pictures.hostile [COUNT]`.

The files are made and served in this process and taken in by another, so that the peak of memory
is the intake's alone.
"""

import asyncio
import json
import sys
from dataclasses import dataclass

from aiohttp import web

from tests.engine.hostile_files import hostile_file

MOST_MIB = 256  # of the whole process; one bomb that is unpacked would take 300 more
_SEED = 6


@dataclass(frozen=True)
class Outcome:
    """What became of the files."""

    pictures: int
    refused: int
    unfetched: int  # none, or the web server here is at fault
    peak_mib: int  # of the whole process that took them in
    slowest_seconds: float  # from asking for a file to its outcome, turns waited for included


async def bombard(count: int, seed: int = _SEED) -> Outcome:
    """Serve so many files to an intake and return its outcome.

    Raises AssertionError where the intake ended in any other way than by counting them.
    """

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=hostile_file(seed, int(request.match_info["number"])))

    app = web.Application()
    app.router.add_get("/{number}/{name}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.bot.pictures.hostile_intake",
            f"http://127.0.0.1:{runner.addresses[0][1]}",
            str(count),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        answered, errors = await process.communicate()
    finally:
        await runner.cleanup()
    assert process.returncode == 0, errors.decode()
    return Outcome(**json.loads(answered))


async def main(count: int) -> None:
    """Print the outcome of so many files; fail where memory was not bounded."""
    outcome = await bombard(count)
    sys.stdout.write(f"{outcome}\n")
    assert outcome.pictures + outcome.refused == count, "some could not be fetched"
    assert outcome.peak_mib < MOST_MIB


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if sys.argv[1:] else 10_000))
