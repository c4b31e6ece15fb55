"""Disasters for a bot in its own process: kills, lost networks, a full disk, wrong clocks."""

import asyncio
import contextlib
import random
import resource
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import psutil

from bot.simulator import Simulator
from bot.simulator.faults import CdnFault, RestFault
from tests.end_to_end import bot_process

DISK = 24 * 2**20  # bytes; room for two hundred small jobs
NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Put a small disk at `folder`; False where this user may not mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@dataclass
class Victim:
    """A bot and everything that can happen to it. Each disaster is over when it returns."""

    simulator: Simulator
    data_dir: Path
    moments: random.Random
    mounted: bool  # the data folder is a disk of its own
    clock_ahead: float = 0.0
    happened: list[str] = field(default_factory=list)
    bot: ForkServerProcess | None = None

    @property
    def process(self) -> psutil.Process:
        """The bot's process."""
        assert self.bot is not None
        return psutil.Process(self.bot.pid)

    async def start(self) -> None:
        """Start the bot and wait until it is connected."""
        token, base = self.simulator.world.token, self.simulator.api_base
        self.bot = bot_process.start(
            token, base, self.data_dir, "load_brisk", clock_ahead=self.clock_ahead
        )
        await self.simulator.until(lambda: self.simulator.gateway.connected)

    async def stop(self) -> int | None:
        """Ask it to stop; return its exit code."""
        assert self.bot is not None
        self.bot.terminate()
        await asyncio.to_thread(self.bot.join, 120)
        await self.simulator.until(lambda: not self.simulator.gateway.connected)
        return self.bot.exitcode

    async def kill_bot(self) -> None:
        """Kill it; when it comes back its host has set the clock by some minutes."""
        assert self.bot is not None
        self.bot.kill()
        await asyncio.to_thread(self.bot.join)
        await self.simulator.until(lambda: not self.simulator.gateway.connected)
        self.clock_ahead = self.moments.uniform(-600, 600)
        await self.start()

    async def kill_engine(self) -> None:
        """Kill the process that paints."""
        for child in self.process.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if "multiprocessing.spawn" in " ".join(child.cmdline()):
                    child.kill()

    async def cut_network(self) -> None:
        """Break all connections to Discord and let none through for a while."""
        async with self._faults(RestFault(hang_up=True), CdnFault(cut_at=0)):
            self.simulator.gateway.drop()
            await asyncio.sleep(self.moments.uniform(0.2, 1.0))

    async def lose_answers(self) -> None:
        """Let requests reach Discord, but lose the answers."""
        async with self._faults(RestFault(hang_up=True, after=True, every=2)):
            await asyncio.sleep(self.moments.uniform(0.2, 1.0))

    async def slow_network(self) -> None:
        """Make every request take a second."""
        async with self._faults(RestFault(delay=1.0)):
            await asyncio.sleep(self.moments.uniform(0.5, 1.5))

    async def fill_disk(self) -> None:
        """Leave no byte to write for a while."""
        if self.mounted:
            ballast = self.data_dir / "ballast"
            with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as full:
                while True:
                    full.write(bytes(4096))
            await asyncio.sleep(self.moments.uniform(0.3, 1.0))
            ballast.unlink()
            return
        # no file of the bot can grow: the same fault with another number (EFBIG)
        self.process.rlimit(psutil.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        await asyncio.sleep(self.moments.uniform(0.3, 1.0))
        self.process.rlimit(psutil.RLIMIT_FSIZE, NO_LIMIT)

    async def move_clock(self) -> None:
        """Let Discord's clock pass the life of every token that was given out."""
        self.simulator.clock.advance(901)

    async def befall(self, name: str) -> None:
        """Let one of the above happen."""
        self.happened.append(name)
        await getattr(self, name)()

    @asynccontextmanager
    async def _faults(self, *faults: RestFault | CdnFault) -> AsyncIterator[None]:
        for fault in faults:
            if isinstance(fault, RestFault):
                self.simulator.faults.add(fault)
            else:
                self.simulator.faults.download(fault)
        yield
        for fault in faults:
            self.simulator.faults.lift(fault)
