"""compose.yaml and the environment that it takes from .env."""

import re
from pathlib import Path
from typing import Any

import yaml

from bot.settings import names

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "compose.yaml").read_text()


def services() -> dict[str, Any]:
    """Read the services, merges resolved."""
    found: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]
    return found


def test_one_bot_at_a_time() -> None:
    """Each bot has a profile of its own and both have the same name: Docker refuses a second."""
    bots = [service for name, service in services().items() if name.startswith("bot")]
    assert sorted(bot["profiles"][0] for bot in bots) == ["cpu", "gpu"]
    assert {bot["container_name"] for bot in bots} == {"muralscape"}


def test_bots_are_locked_down() -> None:
    """Read-only, without capabilities, limited, restarted, with logs that rotate."""
    for name, bot in services().items():
        assert bot["logging"]["options"].keys() == {"max-size", "max-file"}
        assert bot["restart"] == "unless-stopped"
        assert bot["deploy"]["resources"]["limits"]["memory"]
        if name.startswith("bot"):
            assert bot["read_only"] is True
            assert bot["cap_drop"] == ["ALL"]
            assert bot["volumes"] == ["data:/data"]
            assert all(port.startswith("127.0.0.1:") for port in bot["ports"])


def test_the_card_is_reserved_for_the_gpu_profile() -> None:
    """The gpu profile reserves an NVIDIA device; the cpu profile builds without CUDA."""
    gpu, cpu = services()["bot-gpu"], services()["bot-cpu"]
    (device,) = gpu["deploy"]["resources"]["reservations"]["devices"]
    assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])
    assert cpu["build"]["args"] == {"DEVICE": "cpu"}
    assert "reservations" not in cpu["deploy"]["resources"]
    assert gpu["image"] != cpu["image"]
    assert "ARG DEVICE=cuda" in (ROOT / "Dockerfile").read_text()


def test_it_waits_longer_than_the_bot_takes_to_stop() -> None:
    """Docker's SIGKILL comes after the grace that the bot gives paintings and deliveries."""
    default = dict(names())["limits.shutdown_seconds"]
    assert isinstance(default, float)
    for name, bot in services().items():
        if name.startswith("bot"):
            assert int(bot["stop_grace_period"].removesuffix("s")) > default + 12


def test_the_environment_is_one_of_settings() -> None:
    """Every variable for the bot is a setting; every one taken from .env is in .env.example."""
    settings = {"MURALSCAPE_" + name.upper().replace(".", "__") for name, _ in names()}
    for name, bot in services().items():
        if name.startswith("bot"):
            assert set(bot["environment"]) <= settings
            assert bot["env_file"] == ".env"
    example = (ROOT / ".env.example").read_text()
    for variable in re.findall(r"\$\{(\w+)", COMPOSE):
        assert re.search(rf"^(# )?{variable}=", example, re.MULTILINE), variable
    assert "/.env" in (ROOT / ".gitignore").read_text().splitlines()


def test_postgres_is_optional() -> None:
    """The bot waits for PostgreSQL where its profile is on, and starts without it elsewhere."""
    assert services()["postgres"]["profiles"] == ["postgres"]
    for name in ("bot-gpu", "bot-cpu"):
        wait = services()[name]["depends_on"]["postgres"]
        assert wait == {"condition": "service_healthy", "required": False}
