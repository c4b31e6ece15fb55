"""`muralscape run` as a host starts it: from the environment, until SIGTERM."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from bot.cli.run import FOR_GOOD
from bot.executors.preconditions import has_driver
from bot.simulator import Simulator
from tests import log_guard
from tests.end_to_end.harness import muralize, running_bot


async def start(*arguments: str, **settings: str) -> asyncio.subprocess.Process:
    """Start `muralscape run` with these settings in its environment and no others."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MURALSCAPE_")}
    settings = {"WEB__PORT": "0"} | settings
    given = {f"MURALSCAPE_{name}": value for name, value in settings.items()}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run", *arguments),
        env=inherited | given | {"PYTHONFAULTHANDLER": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def output_of(process: asyncio.subprocess.Process, within: float = 120) -> bytes:
    """Wait for a process to end and return what it wrote, with no secret in it.

    One that does not end writes where its threads are, and the test fails with that.
    """
    ended = asyncio.create_task(process.communicate())
    done, _ = await asyncio.wait([ended], timeout=within)
    if not done:
        process.send_signal(signal.SIGABRT)
    output, _ = await ended
    log_guard.look_through(output.decode(), "a bot's output")
    assert done, output.decode()
    return output


async def test_runs_from_the_environment_until_sigterm(
    simulator: Simulator, data_dir: Path
) -> None:
    """It comes up, answers, and exits 0 on SIGTERM; its log has one JSON line each and no token."""
    process = await start(
        DISCORD__TOKEN=simulator.world.token,
        DISCORD__API_BASE=simulator.api_base,
        DISCORD__ATTACHMENT_HOSTS='["127.0.0.1"]',
        DATA_DIR=str(data_dir),
        LIMITS__SHUTDOWN_SECONDS="0",
        LOG__LEVEL="debug",
    )
    await simulator.until(lambda: simulator.gateway.connected)
    asked = muralize(simulator)
    await simulator.until(lambda: asked.original and "№ 1" in asked.original.content)
    process.send_signal(signal.SIGTERM)
    output = await output_of(process)
    assert process.returncode == 0, output.decode()
    assert simulator.world.token.encode() not in output
    assert asked.token.encode() not in output
    assert all(line.startswith(b"{") for line in output.splitlines()), output.decode()


async def test_faults_are_told_all_at_once(tmp_path: Path) -> None:
    """Wrong settings end it with exit code 2 and a line for each fault."""
    config = tmp_path / "config.toml"
    config.write_text("[limits]\npixels = 3\n[web]\nprot = 1\n")
    process = await start("--config", str(config), ENGINE__DEVICE="toaster")
    output = await output_of(process)
    lines = output.decode().splitlines()
    assert process.returncode == 2
    assert len(lines) == 4
    assert lines[-1] == "muralscape: there are 3 faults in the settings"
    for name in ("limits.pixels", "web.prot", "engine.device"):
        assert any(line.startswith(name) for line in lines)


async def test_held_after_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A file of settings that is a folder is a fault in the settings, and held as such."""
    process = await start("--hold", "--config", str(tmp_path), DISCORD__TOKEN="a.b.c")
    assert process.stdout is not None
    lines = [(await asyncio.wait_for(process.stdout.readline(), 120)).decode() for _ in range(3)]
    assert lines[0].startswith(f"{tmp_path}: cannot be read")
    assert lines[1] == "muralscape: there is 1 fault in the settings\n"
    assert lines[2].endswith("waiting to be stopped.\n")
    process.send_signal(signal.SIGTERM)
    await output_of(process)
    assert process.returncode == 2


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"ENGINE__WEIGHTS": "/nope.safetensors"}, "no file of weights at /nope.safetensors"),
        ({"ENGINE__DEVICE": "cpu,cuda:7"}, "there is no device 'cuda:7' here"),
    ],
    ids=["weights", "card"],
)
async def test_an_engine_that_can_never_paint(
    simulator: Simulator, data_dir: Path, settings: dict[str, str], sentence: str
) -> None:
    """Missing weights, or one missing card, end it with code 2 before it logs in to Discord."""
    if "ENGINE__DEVICE" in settings and has_driver():
        pytest.skip("this machine has NVIDIA's driver")
    process = await start(
        DISCORD__TOKEN=simulator.world.token,
        DISCORD__API_BASE=simulator.api_base,
        DATA_DIR=str(data_dir),
        **settings,
    )
    output = await output_of(process)
    assert process.returncode == 2
    assert sentence in output.decode().splitlines()[-1]
    assert not simulator.record.find("GET", "^/users/@me$")


async def test_a_wrong_token_is_told_in_words(simulator: Simulator, data_dir: Path) -> None:
    """A token that Discord does not accept ends it with one line that says so."""
    process = await start(
        DISCORD__TOKEN="wrong",
        DISCORD__API_BASE=simulator.api_base,
        DATA_DIR=str(data_dir),
        LOG__FORMAT="text",
        LOG__LEVEL="error",
    )
    output = await output_of(process)
    assert process.returncode == 2
    assert output.decode().splitlines() == [
        "muralscape: Discord does not accept the token; copy it again from the developer portal"
    ]


@pytest.mark.parametrize("code", [4011, 4014])
async def test_a_connection_closed_for_good(
    simulator: Simulator, data_dir: Path, code: int
) -> None:
    """A close code after which no other try helps ends it with one line that says what does."""
    process = await start(
        DISCORD__TOKEN=simulator.world.token,
        DISCORD__API_BASE=simulator.api_base,
        DATA_DIR=str(data_dir),
        LOG__FORMAT="text",
        LOG__LEVEL="error",
    )
    await simulator.until(lambda: simulator.gateway.connected)
    await simulator.gateway.close(code)
    output = await output_of(process)
    assert process.returncode == 2
    assert output.decode().splitlines() == [
        f"muralscape: Discord has closed the connection for good, by code {code}: {FOR_GOOD[code]}"
    ]


async def test_a_stop_during_a_rate_limit(simulator: Simulator, data_dir: Path) -> None:
    """SIGTERM ends it at once where Discord has it wait for minutes with its log-in."""
    simulator.faults.rate_limit(300.0, path="^/users/@me$")
    process = await start(
        DISCORD__TOKEN=simulator.world.token,
        DISCORD__API_BASE=simulator.api_base,
        DATA_DIR=str(data_dir),
    )
    await simulator.until(lambda: simulator.record.find("GET", "^/users/@me$"))
    process.send_signal(signal.SIGTERM)
    assert b"Traceback" not in await output_of(process)
    assert process.returncode == 0


async def test_held_after_a_wrong_token(simulator: Simulator, data_dir: Path) -> None:
    """With --hold it says so once and waits to be stopped, so that Docker restarts nothing."""
    process = await start(
        "--hold",
        DISCORD__TOKEN="wrong",
        DISCORD__API_BASE=simulator.api_base,
        DATA_DIR=str(data_dir),
        LOG__FORMAT="text",
        LOG__LEVEL="error",
    )
    assert process.stdout is not None
    said = [await asyncio.wait_for(process.stdout.readline(), 120) for _ in range(2)]
    assert b"does not accept the token" in said[0]
    process.send_signal(signal.SIGTERM)
    assert await output_of(process) == b""
    assert process.returncode == 2
    assert len(simulator.record.find("GET", "^/users/@me$")) == 1


async def test_a_folder_of_another_user(simulator: Simulator) -> None:
    """A data folder that cannot be written to is one sentence that names user and folder."""
    process = await start(
        DISCORD__TOKEN=simulator.world.token,
        DISCORD__API_BASE=simulator.api_base,
        DATA_DIR="/proc/self",
    )
    output = await output_of(process)
    assert process.returncode == 2
    *_, line = output.decode().splitlines()
    assert b"Traceback" not in output
    assert line.startswith(f"muralscape: user {os.getuid()} cannot write to /proc/self (")


async def test_a_database_that_cannot_be_reached(simulator: Simulator, data_dir: Path) -> None:
    """A PostgreSQL that does not answer is one sentence without its password."""
    process = await start(
        DISCORD__TOKEN=simulator.world.token,
        DISCORD__API_BASE=simulator.api_base,
        DATA_DIR=str(data_dir),
        DATABASE_URL="postgresql://bot:s3cret@127.0.0.1:1/muralscape",
        LOG__FORMAT="text",
    )
    output = await output_of(process)
    assert process.returncode == 1
    line = output.decode().splitlines()[-1]
    assert line.startswith("muralscape: the database at postgresql+asyncpg://bot:***@127.0.0.1:1")
    assert "Traceback" not in output.decode()


async def test_a_taken_address_is_told_in_words(simulator: Simulator, data_dir: Path) -> None:
    """Where its pages cannot be served it ends with one line that names the setting."""
    process = await start(
        DISCORD__TOKEN=simulator.world.token,
        DISCORD__API_BASE=simulator.api_base,
        DATA_DIR=str(data_dir),
        WEB__PORT=str(simulator.port),
    )
    output = await output_of(process)
    assert process.returncode == 1
    assert b"Address already in use); set web.host and web.port" in output


async def test_a_second_bot_is_refused(simulator: Simulator, data_dir: Path) -> None:
    """A second bot on the same data folder ends with one line, and the first does not notice."""
    async with running_bot(simulator, data_dir) as bot:
        process = await start(
            DISCORD__TOKEN=simulator.world.token,
            DISCORD__API_BASE=simulator.api_base,
            DATA_DIR=str(data_dir),
        )
        output = await output_of(process)
        assert process.returncode == 1
        assert b"another bot is running on" in output
        assert not bot.task.done()


async def test_commands_are_registered_only_when_they_changed(
    simulator: Simulator, data_dir: Path
) -> None:
    """The second start finds Discord up to date; a Discord that has lost them is told again."""
    for _ in range(2):
        async with running_bot(simulator, data_dir):
            pass
    assert len(simulator.record.find("PUT", "/commands$")) == 1
    for command in simulator.commands.registered():
        simulator.commands.delete(command)
    async with running_bot(simulator, data_dir):
        pass
    assert len(simulator.record.find("PUT", "/commands$")) == 2


async def test_waits_for_discord(data_dir: Path) -> None:
    """A start without a network waits for it, and a stop meanwhile ends it at once."""
    waiting = {
        "DISCORD__TOKEN": "a.b.c",
        "DISCORD__API_BASE": "http://127.0.0.1:1/api/v10",
        "DISCORD__ATTACHMENT_HOSTS": '["127.0.0.1"]',
        "DATA_DIR": str(data_dir),
        "WEB__PORT": "0",
        "LOG__FORMAT": "text",
    }
    process = await start(**waiting)
    assert process.stdout is not None
    async with asyncio.timeout(120):
        while b"next try in" not in await process.stdout.readline():
            pass
    process.send_signal(signal.SIGTERM)
    output = await output_of(process)
    assert process.returncode == 0, output.decode()
    assert b"Traceback" not in output


async def test_the_first_connection_may_fail(simulator: Simulator, data_dir: Path) -> None:
    """A gateway that cannot be had at first is asked for again."""
    simulator.faults.fail(404, 0, "Not Found", path="^/gateway/bot$", times=1)
    async with running_bot(simulator, data_dir):
        assert len(simulator.record.find("GET", "^/gateway/bot$")) == 2
