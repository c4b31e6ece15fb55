"""`muralscape worker` as a host starts it, with NKeys and the real engine."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import nkeys
import pytest
from PIL import Image

from bot.executors.contract import PaintOrder, PaintProgress
from bot.executors.nats.access import Access
from bot.executors.nats.executor import NatsExecutor
from engine.request import PaintSettings
from tests.bot.executors.conftest import FAST, until
from tests.bot.executors.nats_server import NatsServer


def make_key(file: Path, seed: bytes) -> str:
    """Write an NKey's seed to a file and return its public half."""
    pair = nkeys.from_seed(nkeys.encode_seed(seed, nkeys.PREFIX_BYTE_USER))
    file.write_bytes(pair.seed)
    return str(pair.public_key.decode())


def start(arguments: list[str]) -> subprocess.Popen[bytes]:
    """Start the command in an environment that holds no secret at all."""
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments],
        env={"PATH": "/usr/bin:/bin"},
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture
def order(tmp_path: Path) -> PaintOrder:
    """A painting of 32 pixels by the real engine."""
    content = tmp_path / "content"
    Image.linear_gradient("L").convert("RGB").resize((48, 32)).save(content, "PNG")
    settings = PaintSettings(size=32, steps=30)
    return PaintOrder(1, settings, content, (content,), tmp_path / "result.png")


@pytest.mark.slow
async def test_paints_with_the_real_engine_and_leaves(tmp_path: Path, order: PaintOrder) -> None:
    """Let in by its NKey, a worker paints with the bundled weights and goes at SIGTERM."""
    keys = tmp_path / "bot.nk", tmp_path / "worker.nk"
    public = [make_key(file, bytes([number] * 32)) for number, file in enumerate(keys)]
    users = ", ".join(f"{{ nkey: {key} }}" for key in public)
    server = NatsServer(tmp_path / "nats", f"authorization {{ users: [ {users} ] }}").start()
    arguments = ["worker", "--nats", server.url, "--device", "cpu", "--weights", "bundled"]
    worker = start([*arguments, "--nkey-file", str(keys[1])])
    executor = NatsExecutor(Access(server.url, nkey_file=keys[0]), FAST)
    try:
        await executor.start()
        await until(lambda: executor.capacity == 1)
        heard: list[PaintProgress] = []
        async with asyncio.timeout(120):
            outcome = await executor.paint(order, heard.append)
        with Image.open(order.result) as picture:
            assert picture.size == (outcome.width, outcome.height)
        assert (outcome.steps, heard[-1].step) == (30, 30)
        worker.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.wait, 120) == 0
        await until(lambda: executor.capacity == 0)
    finally:
        await executor.close()
        worker.kill()
        worker.wait()
        server.kill()
