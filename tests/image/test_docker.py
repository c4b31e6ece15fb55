"""The image in a real Docker engine, against the simulator.

Skipped unless TRY_IMAGE names an image, as `scripts/try_image.sh` and the release workflow do.
TRY_IMAGE_BEFORE names the last release's, to be upgraded from.
"""

import asyncio
import os
import time
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

import pytest

from bot.simulator import Simulator
from engine.samples import CONTENTS, STYLES
from tests.end_to_end.harness import all_settled, muralize
from tests.ports import free_port

IMAGE = os.environ.get("TRY_IMAGE", "")
BEFORE = os.environ.get("TRY_IMAGE_BEFORE", "")
LOCKED = (
    "--read-only",
    "--tmpfs=/tmp:size=256m",
    "--cap-drop=ALL",
    "--pids-limit=512",
    "--security-opt=no-new-privileges:true",
    "--network=host",
)
COUNT_STATES = """
import sqlite3
rows = sqlite3.connect("/data/muralscape.db").execute("SELECT state FROM jobs").fetchall()
print(len(rows), {state for (state,) in rows})
"""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not IMAGE, reason="TRY_IMAGE names no image")]


async def try_docker(
    *arguments: str, stdin: IO[bytes] | None = None, stdout: IO[bytes] | int = PIPE
) -> tuple[int, str]:
    """Run the docker command; give its exit code and what it wrote."""
    process = await asyncio.create_subprocess_exec(
        "docker", *arguments, stdin=stdin, stdout=stdout, stderr=STDOUT
    )
    output, _ = await asyncio.wait_for(process.communicate(), 600)
    return process.returncode or 0, (output or b"").decode().strip()


async def docker(
    *arguments: str, stdin: IO[bytes] | None = None, stdout: IO[bytes] | int = PIPE
) -> str:
    """Run a docker command that has to succeed."""
    code, output = await try_docker(*arguments, stdin=stdin, stdout=stdout)
    assert code == 0, output
    return output


@pytest.fixture
async def volume() -> AsyncIterator[str]:
    """Make a volume, which is removed at the end."""
    name = f"muralscape-try-{time.time_ns()}"
    await docker("volume", "create", name)
    yield name
    await docker("volume", "rm", name)


class Container:
    """A container of the bot."""

    def __init__(self, number: str) -> None:
        self.number = number

    async def inspect(self, what: str) -> str:
        """Read a part of its state."""
        return await docker("inspect", f"--format={{{{{what}}}}}", self.number)

    async def run(self, *command: str) -> str:
        """Run a command inside."""
        return await docker("exec", self.number, *command)

    async def log(self) -> str:
        """Read what it wrote."""
        return await docker("logs", self.number)

    async def healthy(self) -> None:
        """Wait until the command of the image's health check passes."""
        async with asyncio.timeout(90):
            while True:
                code, _ = await try_docker("exec", self.number, "python", "-m", "bot.web.probe")
                if code == 0:
                    return
                assert await self.inspect(".State.Running") == "true", await self.log()
                await asyncio.sleep(0.5)

    async def says(self, words: str) -> str:
        """Wait until its log has these words; give the log."""
        async with asyncio.timeout(90):
            while True:
                log = await self.log()
                if words in log:
                    return log
                await asyncio.sleep(0.5)

    async def stop(self) -> int:
        """Send SIGTERM, and SIGKILL 45 s later; give the exit code."""
        await docker("stop", "--time=45", self.number)
        return int(await self.inspect(".State.ExitCode"))


@asynccontextmanager
async def container(
    simulator: Simulator,
    volume: str,
    *options: str,
    image: str = IMAGE,
    settings: dict[str, str] | None = None,
) -> AsyncIterator[Container]:
    """Run the bot, locked down as compose.yaml does, until the block ends."""
    given = {
        "DISCORD__TOKEN": simulator.world.token,
        "DISCORD__API_BASE": simulator.api_base,
        "DISCORD__ATTACHMENT_HOSTS": '["127.0.0.1"]',
        "ENGINE__DEVICE": "cpu",
        "WEB__PORT": str(free_port()),
    } | (settings or {})
    environment = [f"--env=MURALSCAPE_{name}={value}" for name, value in given.items()]
    number = await docker(
        "run", "--detach", f"--volume={volume}:/data", *LOCKED, *environment, *options, image
    )
    try:
        yield Container(number)
    except BaseException as error:
        error.add_note(await docker("logs", number))
        raise
    finally:
        await docker("rm", "--force", number)


async def paint(simulator: Simulator, count: int = 1) -> None:
    """Have members ask for small paintings of the samples, and wait for them."""
    await simulator.until(lambda: simulator.gateway.connected)
    there = sum(all_settled(simulator, n) for n in range(1, 500))
    for _ in range(count):
        muralize(
            simulator,
            content=CONTENTS[0].path.read_bytes(),
            style=STYLES[0].path.read_bytes(),
            preset="draft",
            size="64",
        )
    await simulator.until(lambda: all_settled(simulator, there + count), 300)


async def test_it_paints_and_stops(simulator: Simulator, volume: str) -> None:
    """On a read-only root, as an ordinary user: healthy, a painting, SIGTERM obeyed in time."""
    async with container(simulator, volume) as bot:
        await bot.healthy()
        assert await bot.run("id", "-u") == "10001"
        assert "Read-only" in (await try_docker("exec", bot.number, "touch", "/opt/x"))[1]
        await paint(simulator)
        assert await bot.run("stat", "--format=%a", "/data/muralscape.db") == "600"
        assert await bot.stop() == 0
        assert "Traceback" not in await bot.log()


async def test_a_wrong_token_is_said_once(simulator: Simulator, volume: str) -> None:
    """The container does not restart on and on: it says what is wrong and waits."""
    wrong = {"DISCORD__TOKEN": "wrong"}
    async with container(simulator, volume, "--restart=unless-stopped", settings=wrong) as bot:
        await bot.says("waiting to be stopped")
        assert await bot.inspect(".RestartCount") == "0"
        assert (await bot.log()).count("does not accept the token") == 1
        assert await bot.stop() == 2


async def test_a_card_that_is_missing(simulator: Simulator, volume: str) -> None:
    """Without NVIDIA's driver it says so once and waits, and does not log in to Discord."""
    async with container(simulator, volume, settings={"ENGINE__DEVICE": "cuda:0"}) as bot:
        log = await bot.says("waiting to be stopped")
        assert "there is no device 'cuda:0' here" in log
        assert not simulator.record.find("GET", "^/users/@me$")
        assert await bot.stop() == 2


async def test_a_folder_of_another_owner(simulator: Simulator, tmp_path: Path) -> None:
    """A folder that the user may not write to is one sentence with the command that mends it."""
    async with container(simulator, str(tmp_path)) as bot:
        log = await bot.says("waiting to be stopped")
        assert "user 10001 cannot write to /data" in log
        assert "chown -R 10001:10001 FOLDER" in log
        assert "bot -R 10001:10001 /data" in log
        assert "Traceback" not in log


async def test_a_secret_and_a_file_of_settings(
    simulator: Simulator, volume: str, tmp_path: Path
) -> None:
    """The token may come from a file beside an empty variable, and config.toml decides the rest."""
    secret, config = tmp_path / "token", tmp_path / "config.toml"
    secret.write_text(simulator.world.token)
    port = free_port()
    config.write_text(f'[discord]\ntoken_file = "/run/secrets/token"\n[web]\nport = {port}\n')
    for file in (secret, config):
        file.chmod(0o644)
    options = [f"--volume={secret}:/run/secrets/token:ro", f"--volume={config}:/config.toml:ro"]
    options += ["--env=MURALSCAPE_CONFIG=/config.toml"]
    given = {"DISCORD__TOKEN": "", "WEB__PORT": str(port)}
    async with container(simulator, volume, *options, settings=given) as bot:
        await bot.healthy()
        await simulator.until(lambda: simulator.gateway.connected)


async def test_back_up_and_restore(simulator: Simulator, volume: str, tmp_path: Path) -> None:
    """A backup through standard output is restored into an emptied volume, and into no other.

    As the handbook says it: what was downloaded stays.
    """
    file = tmp_path / "backup.tar"
    async with container(simulator, volume) as bot:
        await bot.healthy()
        await paint(simulator)
        with file.open("wb") as out:
            await docker("exec", bot.number, "muralscape", "backup", "-", stdout=out)
        await bot.run("mkdir", "-p", "/data/cache/muralscape/weights")
    once = ["run", "--rm", "--interactive", f"--volume={volume}:/data"]
    with file.open("rb") as source:
        code, output = await try_docker(*once, IMAGE, "restore", "-", stdin=source)
    assert code == 2
    assert "is not empty" in output
    empty = ["/data", "-mindepth", "1", "-not", "-path", "/data/cache*", "-delete"]
    await docker(*once, "--entrypoint=find", IMAGE, *empty)
    with file.open("rb") as source:
        await docker(*once, IMAGE, "restore", "-", stdin=source)
    async with container(simulator, volume) as bot:
        await bot.healthy()
        assert await bot.run("python", "-c", COUNT_STATES) == "1 {'done'}"
        assert await bot.run("ls", "/data/cache/muralscape") == "weights"


@pytest.mark.skipif(not BEFORE, reason="TRY_IMAGE_BEFORE names no image")
async def test_an_upgrade_keeps_the_data(simulator: Simulator, volume: str) -> None:
    """What the last release painted is still there, and the next painting works."""
    for image in (BEFORE, IMAGE):
        async with container(simulator, volume, image=image) as bot:
            await bot.healthy()
            await paint(simulator)
            states = await bot.run("python", "-c", COUNT_STATES)
            assert await bot.stop() == 0
    assert states == "2 {'done'}"


async def test_two_hundred_paintings_in_two_gib(simulator: Simulator, volume: str) -> None:
    """With files written and read meanwhile, a limit of 2 GiB refuses no painting."""
    limits = {"LIMITS__JOBS_PER_MEMBER": "50", "LIMITS__JOBS_PER_GUILD": "200"}
    async with container(simulator, volume, "--memory=2g", settings=limits) as bot:
        await bot.healthy()
        await bot.run("dd", "if=/dev/zero", "of=/data/traffic", "bs=1M", "count=3000")
        for _ in range(20):
            await paint(simulator, 10)
            await bot.run("cksum", "/data/traffic")
        assert await bot.run("python", "-c", COUNT_STATES) == "200 {'done'}"
        await bot.run("rm", "/data/traffic")
