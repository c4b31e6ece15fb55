"""The bot and its workers as a host starts them, each a process of its own, with NATS between."""

import asyncio
import itertools
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil
from prometheus_client.parser import text_string_to_metric_families

from bot.simulator import Simulator
from tests import log_guard
from tests.bot.executors.nats_server import NatsServer
from tests.end_to_end.harness import PAINTERS
from tests.end_to_end.painters import steps_done

ROOT = Path(__file__).parents[2]
PAGES = re.compile(r"health and metrics at (http://[^\s\"]+)")


@dataclass
class RemoteWorker:
    """`muralscape worker`. Its temporary files are in a folder of its own."""

    name: str
    folder: Path
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """Kill it and its engine process, as the end of their machine would."""
        worker = psutil.Process(self.process.pid)
        for process in (worker, *worker.children(recursive=True)):
            process.kill()
        self.process.wait()

    @property
    def steps_done(self) -> int:
        """How far the painting is, or was when it died; 0 where it had none."""
        found = list(self.folder.glob("muralscape-worker-*/checkpoint.pth"))
        return steps_done(found[0]) if found else 0


@dataclass
class Site:
    """A NATS server, a bot that leaves all painting to workers, and its workers."""

    folder: Path
    server: NatsServer
    bot: subprocess.Popen[bytes]
    url: str = ""  # of the bot's pages
    workers: list[RemoteWorker] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def log(self) -> str:
        """What the bot has said so far."""
        return (self.folder / "bot.log").read_text()

    def add_worker(self, painter: str | None, *arguments: str) -> RemoteWorker:
        """Start a worker; `painter` is one of `painters`, or None for the engine."""
        name = f"worker{next(self._numbers)}"
        folder = self.folder / name
        folder.mkdir()
        command = [sys.executable, "-m", "bot", "worker", "--nats", self.server.url]
        command += ["--name", name, *arguments]
        command += ["--painter", PAINTERS + painter] if painter is not None else []
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | {"TMPDIR": str(folder)}, stderr=log
            )
        self.workers.append(RemoteWorker(name, folder, process))
        return self.workers[-1]

    def kill_worker(self, worker: RemoteWorker) -> None:
        """Kill one of the workers."""
        self.workers.remove(worker)
        worker.kill()

    async def numbers(self) -> dict[tuple[str, ...], float]:
        """Read /metrics: by name and the values of the labels in alphabetical order."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/metrics") as page:
            families = text_string_to_metric_families(await page.text())
        return {
            (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
            for family in families
            for sample in family.samples
        }

    async def listed(self) -> set[str]:
        """Name the workers that /metrics knows."""
        names = {key[2] for key in await self.numbers() if key[0] == "muralscape_worker_paintings"}
        return {name.rpartition(".")[0] for name in names}

    async def until_listed(self, *names: str, within: float = 120.0) -> None:
        """Wait until /metrics knows these workers and no others."""
        async with asyncio.timeout(within):
            while await self.listed() != set(names):  # noqa: ASYNC110 - by its page
                await asyncio.sleep(0.1)

    async def stop_bot(self) -> int:
        """Ask the bot to stop; return its exit code."""
        self.bot.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.bot.wait, 120)

    def end(self) -> None:
        """Kill what is left, and look for secrets in what the bot said."""
        self.bot.kill()
        self.bot.wait()
        for worker in tuple(self.workers):
            self.kill_worker(worker)
        self.server.kill()
        log_guard.look_through(self.log, "the bot's log")


@asynccontextmanager
async def running_site(
    simulator: Simulator, data_dir: Path, folder: Path, more: Mapping[str, str] | None = None
) -> AsyncIterator[Site]:
    """Run a server and a bot, until the block ends; `more` are settings as the environment's."""
    server = NatsServer(folder / "nats").start()
    settings = {
        "DISCORD__TOKEN": simulator.world.token,
        "DISCORD__API_BASE": simulator.api_base,
        "DISCORD__ATTACHMENT_HOSTS": '["127.0.0.1"]',
        "DATA_DIR": str(data_dir),
        "LIMITS__JOBS_PER_MEMBER": "50",
        "LIMITS__JOBS_PER_GUILD": "1000",
        "LIMITS__SHUTDOWN_SECONDS": "5",
        "LOG__FORMAT": "text",
        "NATS__URL": server.url,
        "NATS__PAINT_HERE": "false",
        "WEB__PORT": "0",
        **(more or {}),
    }
    with (folder / "bot.log").open("wb") as log:
        bot = subprocess.Popen(  # noqa: ASYNC220 - starting it takes no time
            [sys.executable, "-m", "bot", "run"],
            cwd=ROOT,
            env=os.environ | {f"MURALSCAPE_{name}": value for name, value in settings.items()},
            stderr=log,
        )
    site = Site(folder, server, bot)
    try:
        await simulator.until(lambda: simulator.gateway.connected)
        found = PAGES.search(site.log)
        assert found is not None, site.log
        site.url = found[1]
        yield site
    finally:
        site.end()
