"""`muralscape run` in a process of its own, as a host starts it, with its log in a file."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from bot.simulator import Simulator
from tests import log_guard
from tests.ports import free_port

# The executor's own word for a death that it has dealt with; deaths are part of the traffic.
REPLACED = "It is replaced."


@dataclass(frozen=True)
class Host:
    """A bot that runs. `pages` is the address of its own pages."""

    process: asyncio.subprocess.Process
    pages: str
    log: Path
    data: Path

    def disk(self) -> int:
        """Sum up the bytes of the files in the data folder."""
        total = 0
        for file in self.data.rglob("*"):
            with suppress(FileNotFoundError):  # it was deleted between the two
                total += file.stat().st_size if file.is_file() else 0
        return total

    @property
    def bot(self) -> psutil.Process:
        """The bot's own process."""
        return psutil.Process(self.process.pid)

    @property
    def engine(self) -> psutil.Process | None:
        """The process that paints; None while it is being replaced."""
        for child in self.bot.children():
            try:
                if "bot.executors" in child.cmdline():
                    return child
            except psutil.Error:  # it ended between the two
                continue
        return None

    def kill_engine(self) -> None:
        """End the engine process as the kernel's memory killer would."""
        engine = self.engine
        if engine is not None:
            engine.send_signal(signal.SIGKILL)

    def errors(self) -> list[str]:
        """List what the log says went wrong, engine deaths that we caused aside."""
        found = []
        for line in self.log.read_text().splitlines():
            if not line.startswith("{"):
                found.append(line)
                continue
            record = json.loads(line)
            if record["level"] in ("error", "critical") and REPLACED not in record["message"]:
                found.append(record["message"])
        return found


@asynccontextmanager
async def hosted(simulator: Simulator, folder: Path) -> AsyncIterator[Host]:
    """Run a bot until the block ends; it must then exit cleanly on SIGTERM."""
    port = free_port()
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MURALSCAPE_")}
    given = {
        "DISCORD__TOKEN": simulator.world.token,
        "DISCORD__API_BASE": simulator.api_base,
        "DISCORD__ATTACHMENT_HOSTS": '["127.0.0.1"]',
        "DATA_DIR": str(folder / "data"),
        "LIMITS__JOBS_PER_MEMBER": "20",
        "LOG__FORMAT": "json",
        "WEB__PORT": str(port),
    }
    log = folder / "bot.log"
    with log.open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run"),
            env=inherited | {f"MURALSCAPE_{name}": value for name, value in given.items()},
            stdout=written,
            stderr=written,
        )
    try:
        await simulator.until(lambda: simulator.gateway.connected)
        yield Host(process, f"http://127.0.0.1:{port}", log, folder / "data")
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 120)
    log_guard.look_through(log.read_text(), str(log))
    if process.returncode != 0:
        raise RuntimeError(f"the bot ended with exit code {process.returncode}; see {log}")
