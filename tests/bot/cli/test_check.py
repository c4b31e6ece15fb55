"""`muralscape check` and `muralscape invite` as a host calls them."""

import asyncio
import json
import os
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.check.engine import check_engine
from bot.check.findings import Level
from bot.cli.group import muralscape
from bot.discord_io import permissions
from bot.executors.engine_process import EngineSetup
from bot.executors.local import LocalExecutor
from bot.simulator import Simulator


async def call(*arguments: str, **settings: str) -> tuple[int, str]:
    """Call `muralscape` with these settings and no others; return exit code and output."""
    inherited: dict[str, str | None] = {k: None for k in os.environ if k.startswith("MURALSCAPE_")}
    given = {f"MURALSCAPE_{name}": value for name, value in settings.items()}
    shell = CliRunner(env=inherited | given)
    result = await asyncio.to_thread(shell.invoke, muralscape, arguments)
    return result.exit_code, result.stdout


@pytest.mark.slow
async def test_a_set_up_that_works(simulator: Simulator, tmp_path: Path) -> None:
    """Everything is looked at, one line each, down to a step of the engine; exit code 0."""
    code, output = await call(
        "check",
        DISCORD__TOKEN=simulator.world.token,
        DISCORD__API_BASE=simulator.api_base,
        DATA_DIR=str(tmp_path / "data"),
        ENGINE__DEVICE="cpu,cpu",
        WEB__PORT="0",
    )
    lines = [line for line in output.splitlines() if not line.lstrip().startswith("->")]
    assert code == 0, output
    assert {line.split()[1] for line in lines} == {
        *("settings", "token", "discord", "intents", "permissions", "data", "disk", "database"),
        *("web", "device", "weights", "step", "installs"),
    }
    assert {line.split()[0] for line in lines} <= {"pass", "warn"}
    assert [line for line in lines if ", 2 paintings at a time" in line] == lines[-3:-2]
    assert simulator.world.token not in output
    assert not (tmp_path / "data").exists()


async def test_json_and_exit_code(tmp_path: Path) -> None:
    """Wrong settings fail with exit code 1, as one JSON object when asked."""
    code, output = await call("check", "--json", LIMITS__PIXELS="few", WEB__PROT="1")
    found = json.loads(output)
    assert (code, found["result"]) == (1, "fail")
    assert [finding["name"] for finding in found["findings"]] == ["settings", "settings"]
    assert all(finding["advice"] for finding in found["findings"])


async def test_a_file_of_settings_that_is_a_folder(tmp_path: Path) -> None:
    """What cannot be read as settings is a finding, not the end of the command."""
    code, output = await call("check", "--config", str(tmp_path))
    assert code == 1
    assert output.startswith("fail  settings")


@pytest.mark.slow
async def test_an_engine_that_cannot_work() -> None:
    """A device or weights that are not there fail in the engine's own words."""
    executor = LocalExecutor([EngineSetup(weights="no/such/file.pth")])
    (found,) = [found async for found in check_engine(executor)]
    assert found.level is Level.FAIL
    assert "no file of weights at no/such/file.pth" in found.text


@pytest.mark.slow
async def test_each_device_is_checked(tmp_path: Path) -> None:
    """One that is not there fails, and the next is tried all the same."""
    settings = {"DATA_DIR": str(tmp_path), "WEB__PORT": "0", "ENGINE__DEVICE": "cuda:99,cpu"}
    code, output = await call("check", "--json", **settings)
    found = {one["name"]: one for one in json.loads(output)["findings"]}
    assert code == 1
    assert "'cuda:99'" in found["engine"]["text"]
    assert "engine.device (here cuda:99)" in found["engine"]["advice"]
    assert found["device"]["text"].startswith("cpu in ")


async def test_invite(simulator: Simulator) -> None:
    """The link names the application that the token belongs to, asked of Discord."""
    settings = {
        "DISCORD__TOKEN": simulator.world.token,
        "DISCORD__API_BASE": simulator.api_base,
    }
    assert await call("invite", **settings) == (
        0,
        permissions.invite_link(simulator.world.application_id) + "\n",
    )
    code, output = await call("invite", **settings | {"DISCORD__TOKEN": "wrong"})
    assert (code, output) == (2, "")


@pytest.mark.parametrize("how", ["named", "offline"])
async def test_invite_without_discord(how: str) -> None:
    """The link can be had without a token, and without reaching Discord."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    settings = {"DISCORD__API_BASE": f"http://127.0.0.1:{port}"}
    if how == "named":
        code, output = await call("invite", "--application", "1234")
    else:
        code, output = await call("invite", DISCORD__TOKEN="MTIzNA.abc.def", **settings)
    assert (code, output) == (0, permissions.invite_link(1234) + "\n")
