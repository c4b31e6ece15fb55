"""What other users of the host, and the bot's own children, can read."""

import os
import signal
import stat
from pathlib import Path

import psutil
import pytest

from bot.check.findings import Level
from bot.check.machine import check_folder
from bot.simulator import Simulator
from tests.end_to_end.harness import muralize
from tests.end_to_end.test_run import output_of, start

SECRET = "a-secret-of-the-nats-server"
OTHER_SECRET = "a-secret-that-no-list-of-ours-names"


@pytest.mark.slow
async def test_files_and_environments_are_private(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file is the bot's user's alone, and no child has a token, under a lax umask too.

    Children get the variables on a list of ours, so that a secret under any name stays outside.
    """
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", OTHER_SECRET)
    data_dir = tmp_path / "data"
    before = os.umask(0o022)
    try:
        bot = await start(
            DISCORD__TOKEN=simulator.world.token,
            DISCORD__API_BASE=simulator.api_base,
            DISCORD__ATTACHMENT_HOSTS='["127.0.0.1"]',
            NATS__TOKEN=SECRET,
            DATA_DIR=str(data_dir),
            LIMITS__SHUTDOWN_SECONDS="0",
        )
    finally:
        os.umask(before)
    await simulator.until(lambda: simulator.gateway.connected)
    asked = muralize(simulator)
    await simulator.until(lambda: asked.original and "№" in asked.original.content)
    children = psutil.Process(bot.pid).children(recursive=True)
    environments = [environment_of(one.pid) for one in children]
    names = [" ".join(one.cmdline()) for one in children]
    bot.send_signal(signal.SIGTERM)
    await output_of(bot)
    assert any("engine.decoding" in name for name in names)
    assert any("bot.executors" in name for name in names)
    for text in environments:
        assert SECRET.encode() not in text
        assert OTHER_SECRET.encode() not in text
        assert simulator.world.token.encode() not in text
    found = [data_dir, *data_dir.rglob("*")]
    assert len(found) > 5
    assert [path for path in found if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def environment_of(pid: int) -> bytes:
    """Read the environment with which a process was started."""
    return Path(f"/proc/{pid}/environ").read_bytes()


@pytest.mark.parametrize(("mode", "level"), [(0o700, Level.PASS), (0o755, Level.WARN)])
def test_check_tells_of_a_readable_folder(tmp_path: Path, mode: int, level: Level) -> None:
    """`muralscape check` warns of a data folder that others can read, and says what to do."""
    tmp_path.chmod(mode)
    found = check_folder(tmp_path)
    assert found.level is level
    assert level is Level.PASS or "chmod" in found.advice
