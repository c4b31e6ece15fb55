"""How throughput grows with workers, each a process of its own paced by the clock.

    python -m tests.benchmarks.workers

An engine that sleeps needs no processor, so this measures what the bot, the server and the
network add: with none of that, eight workers are eight times one. The bot's own processor time for
a job is measured in the same run. Then one and two workers of one thread each paint with the real
engine, in turns, so that what else the machine does slows both alike; two cores should be free. Two
processes that paint the same without a bot say how much of twice the machine has to give.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bot.executors.contract import PaintOrder
from bot.executors.nats.access import Access
from bot.executors.nats.executor import NatsExecutor
from engine.request import PaintSettings
from engine.samples import CONTENTS, STYLES
from tests.bot.executors.clockwork import Script
from tests.bot.executors.nats_server import NatsServer

SCRIPT = Script(steps=20, step_seconds=0.1)
ROUNDS = 5  # jobs for each worker
PAINTER = "tests.bot.executors.clockwork:load"

ENGINE_SIDE, ENGINE_STEPS = 192, 60
ENGINE_TURNS = 3
ALONE = f"""
import time
from engine import images
from engine.request import PaintSettings, StylizeRequest
from engine.samples import CONTENTS, STYLES
from engine.stylize import stylize
from engine.vgg19 import load_encoder

encoder = load_encoder("bundled", "cpu")
pictures = images.read(CONTENTS[0].path), (images.read(STYLES[0].path),)
request = StylizeRequest(*pictures, PaintSettings(size={ENGINE_SIDE}, steps={ENGINE_STEPS}))
stylize(request, encoder)  # so that libraries are loaded
began = time.monotonic()
for _ in range({ROUNDS}):
    stylize(request, encoder)
print(time.monotonic() - began)
"""


async def measure(workers: int, engine: bool = False) -> tuple[float, float]:
    """Return jobs per second, and the bot's processor seconds for each job.

    Workers are paced by the clock, or paint with the `engine` in one thread each.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = NatsServer(folder / "nats").start()
        command = [sys.executable, "-m", "bot", "worker", "--nats", server.url]
        command += ["--device", "cpu"] if engine else ["--painter", PAINTER]
        processes = [
            subprocess.Popen(  # noqa: ASYNC220 - nothing else goes on yet
                command, env=os.environ | {"OMP_NUM_THREADS": "1"}, stderr=subprocess.DEVNULL
            )
            for _ in range(workers)
        ]
        executor = NatsExecutor(Access(server.url))
        await executor.start()
        try:
            while executor.capacity < workers:  # noqa: ASYNC110 - by its API
                await asyncio.sleep(0.1)
            return await _paint_all(executor, folder, workers, engine)
        finally:
            await executor.close()
            for process in processes:
                process.kill()
                process.wait()
            server.kill()


async def _paint_all(
    executor: NatsExecutor, folder: Path, workers: int, engine: bool
) -> tuple[float, float]:
    room = asyncio.Semaphore(workers)
    content, style = folder / "content", folder / "content"
    settings = PaintSettings()
    if engine:
        content, style = CONTENTS[0].path, STYLES[0].path
        settings = PaintSettings(size=ENGINE_SIDE, steps=ENGINE_STEPS)
    else:
        content.write_bytes(SCRIPT.bytes())

    async def paint(number: int) -> None:
        result = folder / f"{number}.png"
        order = PaintOrder(number, settings, content, (style,), result)
        async with room:
            await executor.paint(order, lambda _: None)

    jobs = workers * ROUNDS
    began, used = time.monotonic(), sum(os.times()[:2])
    await asyncio.gather(*(paint(number) for number in range(jobs)))
    seconds = time.monotonic() - began
    return jobs / seconds, (sum(os.times()[:2]) - used) / jobs


def main() -> None:
    """Print a table."""
    print("workers  jobs/s  times one  bot's CPU ms per job")
    one = 0.0
    for workers in (1, 2, 8):
        rate, used = asyncio.run(measure(workers))
        one = one or rate
        print(f"{workers:7}  {rate:6.3f}  {rate / one:9.2f}  {used * 1000:20.1f}")
    print("\nWith the engine, one thread each; load is that of the last minute before it began")
    print("one, jobs/s  two, jobs/s  times one  two without a bot, times one  load")
    for _ in range(ENGINE_TURNS):
        load = os.getloadavg()[0]
        alone, pair = (asyncio.run(measure(workers, engine=True))[0] for workers in (1, 2))
        machine = without_bot(2) / without_bot(1)
        print(f"{alone:11.3f}  {pair:11.3f}  {pair / alone:9.2f}  {machine:27.2f}  {load:4.1f}")


def without_bot(processes: int) -> float:
    """Return the paintings per second of so many processes of one thread each, side by side."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", ALONE], env=os.environ | {"OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE, text=True,
        )
        for _ in range(processes)
    ]  # fmt: skip
    return sum(ROUNDS / float(process.communicate()[0]) for process in running)


if __name__ == "__main__":
    main()
