"""The health check of the container."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot.simulator import Simulator
from bot.web.probe import address
from tests.end_to_end.harness import running_bot

PROBE = [sys.executable, "-m", "bot.web.probe"]


async def test_it_follows_the_bot(simulator: Simulator, data_dir: Path) -> None:
    """Exit code 0 while the bot runs, 1 when it has stopped, with a word on standard error."""
    async with running_bot(simulator, data_dir) as bot:
        port = bot.app.pages.url.rpartition(":")[2]
        alive = await asyncio.create_subprocess_exec(*PROBE, env={"MURALSCAPE_WEB__PORT": port})
        assert await alive.wait() == 0
    gone = await asyncio.create_subprocess_exec(
        *PROBE, env={"MURALSCAPE_WEB__PORT": port}, stderr=asyncio.subprocess.PIPE
    )
    _, said = await gone.communicate()
    assert (gone.returncode, said.startswith(b"the bot does not answer: ")) == (1, True)


@pytest.mark.slow
def test_a_bot_that_hangs() -> None:
    """A port that takes connections and says nothing is no living bot."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = str(silent.getsockname()[1])
        run = subprocess.run(
            PROBE, env={"MURALSCAPE_WEB__PORT": port}, capture_output=True, check=False
        )
    assert run.returncode == 1


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("0.0.0.0", "http://127.0.0.1:8080/healthz"),
        ("127.0.0.2", "http://127.0.0.2:8080/healthz"),
        ("::1", "http://[::1]:8080/healthz"),
    ],
)
def test_addresses(monkeypatch: pytest.MonkeyPatch, host: str, expected: str) -> None:
    """It asks where the settings in the environment say that the bot listens."""
    monkeypatch.setenv("MURALSCAPE_WEB__HOST", host)
    for port in ("PORT", "ADMIN_PORT"):
        monkeypatch.delenv(f"MURALSCAPE_WEB__{port}", raising=False)
    assert address() == expected
    monkeypatch.setenv("MURALSCAPE_WEB__ADMIN_PORT", "8081")
    assert address() == expected.replace("8080", "8081")
