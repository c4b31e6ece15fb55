"""The compose files and the environment that they take from .env."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings_loader import names

ROOT = Path(__file__).parents[2]
FILES = sorted(ROOT.glob("compose*.yaml"))
SETTINGS = {"MURALSCAPE_" + name.upper().replace(".", "__") for name, _ in names()}


def services(file: str) -> dict[str, Any]:
    """Read the services of a compose file."""
    found: dict[str, Any] = yaml.safe_load((ROOT / file).read_text())["services"]
    return found


def bot() -> dict[str, Any]:
    """Read the bot of compose.yaml."""
    found: dict[str, Any] = services("compose.yaml")["bot"]
    return found


def test_one_bot_at_a_time() -> None:
    """There is one bot, whatever files are added: a change of variant replaces its container."""
    assert bot()["container_name"] == "muralscape"
    for file in FILES:
        assert set(services(file.name)) <= {"bot", "postgres", "worker"}


def test_containers_are_locked_down() -> None:
    """Read-only, without capabilities, limited, restarted, with logs that rotate."""
    for container in (bot(), services("compose.worker.yaml")["worker"]):
        assert container["read_only"] is True
        assert container["cap_drop"] == ["ALL"]
        assert container["security_opt"] == ["no-new-privileges:true"]
        assert container["restart"] == "unless-stopped"
        assert container["logging"]["options"].keys() == {"max-size", "max-file"}
        assert container["deploy"]["resources"]["limits"]["memory"]
    assert services("compose.worker.yaml")["worker"]["volumes"] == ["data:/data"]
    assert bot()["volumes"] == ["${BOT_DATA:-data}:/data"]
    assert all(port.startswith("127.0.0.1:") for port in bot()["ports"])


def test_the_card_is_reserved_and_used() -> None:
    """The files for NVIDIA cards show them to a bot or worker, which paints nowhere else."""
    gpu = services("compose.gpu.yaml")["bot"]
    worker = services("compose.worker.gpu.yaml")["worker"]
    for service in (gpu, worker):
        (device,) = service["deploy"]["resources"]["reservations"]["devices"]
        assert device == {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}
    assert worker["command"][-2:] == ["--device", "${WORKER_DEVICE:-cuda:0}"]
    assert gpu["environment"] == {"MURALSCAPE_ENGINE__DEVICE": "${BOT_DEVICE:-cuda:0}"}


def test_it_waits_longer_than_the_bot_takes_to_stop() -> None:
    """Docker's SIGKILL comes after the grace that the bot gives paintings and deliveries."""
    default = dict(names())["limits.shutdown_seconds"]
    assert isinstance(default, float)
    for container in (bot(), services("compose.worker.yaml")["worker"]):
        assert int(container["stop_grace_period"].removesuffix("s")) > default + 12


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_environment_is_one_of_settings(file: Path) -> None:
    """Every variable for the bot is a setting; every one taken from .env is in .env.example."""
    given = services(file.name).get("bot", {}).get("environment", {})
    assert set(given) <= {*SETTINGS, "POSTGRES_PASSWORD"}
    example = (ROOT / ".env.example").read_text()
    for variable in re.findall(r"\$\{(\w+)", file.read_text()):
        assert re.search(rf"^(# )?{variable}=", example, re.MULTILINE), variable
        assert not variable.startswith("MURALSCAPE_"), "the bot would take it for a setting"
    assert "/.env" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_token_may_come_from_a_file() -> None:
    """No variable of a secret is required, so that discord.token_file can take its place."""
    assert bot()["env_file"] == ".env"
    assert "TOKEN" not in str(bot()["environment"])


def test_postgres_needs_its_password() -> None:
    """With its file, Compose refuses to start without a password, and the bot waits for it."""
    found = services("compose.postgres.yaml")
    assert ":?" in found["postgres"]["environment"]["POSTGRES_PASSWORD"]
    assert ":?" in found["bot"]["environment"]["MURALSCAPE_DATABASE_URL"]
    assert found["bot"]["environment"]["POSTGRES_PASSWORD"] == ""
    assert found["bot"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_the_image_is_that_of_this_version() -> None:
    """The published image by default: the version's, without its last number."""
    version = re.search(r'^version = "(\d+\.\d+)', (ROOT / "pyproject.toml").read_text(), re.M)
    assert version is not None
    assert f"${{BOT_VERSION:-{version[1]}}}-${{BOT_VARIANT:-cpu}}" in bot()["image"]
    assert services("compose.build.yaml")["bot"]["build"]["args"] == {
        "DEVICE": "${BOT_VARIANT:-cpu}"
    }
