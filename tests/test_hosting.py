"""The host's handbook and what it speaks of."""

import re
from pathlib import Path

import pytest

from bot.cli.group import SUBCOMMANDS
from bot.discord_io import permissions
from bot.settings_loader import names

ROOT = Path(__file__).parents[1]
HANDBOOK = (ROOT / "docs" / "hosting.md").read_text()
CONTAINERS = (ROOT / "docs" / "docker.md").read_text()


def test_every_permission_is_explained() -> None:
    """The table has the permissions that the link asks for, with their reasons, and their sum."""
    rows = re.findall(r"^\| ([A-Z][\w ]+) \| (to [^|]+) \|$", HANDBOOK, re.MULTILINE)
    assert rows == [(need.name, need.reason) for need in permissions.PERMISSIONS]
    assert str(permissions.all_bits()) in HANDBOOK


def test_every_command_exists() -> None:
    """What it tells the host to type is there."""
    named = set(re.findall(r"\bmuralscape (\w+)", re.sub("[a-z]+scape test", "", HANDBOOK)))
    assert {"check", "invite", "backup", "restore", "run"} <= named <= SUBCOMMANDS.keys()


def test_every_setting_exists() -> None:
    """What it names in the style of a setting is one."""
    settings = {name for name, _ in names()}
    sections = {name.partition(".")[0] for name in settings if "." in name}
    named = set(re.findall(rf"`((?:{'|'.join(sections)})\.[a-z_]+)`", HANDBOOK))
    assert named
    assert named <= settings


def test_every_file_exists() -> None:
    """Its links into the repository lead somewhere."""
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", HANDBOOK):
        assert (ROOT / "docs" / link).exists(), link


def test_every_metric_exists() -> None:
    """The alerts that it recommends are on metrics that the dashboard draws too."""
    dashboard = (ROOT / "grafana" / "muralscape.json").read_text()
    for metric in re.findall(r"muralscape_\w+", HANDBOOK):
        assert metric in dashboard


@pytest.mark.parametrize("proxy", ["Caddy on the host", "nginx on the host", "Traefik in a"])
def test_proxies_pass_on_every_public_page(proxy: str) -> None:
    """Each page of the table that is not for this machine alone is passed on by each proxy."""
    public = set(re.findall(r"^\| `/(\w+)/", HANDBOOK, re.MULTILINE))
    assert public == {"gallery", "paintings", "murals"}
    rules = re.search(rf"^{proxy}.*\n\n((?: {{4}}.*\n|\n)+)", CONTAINERS, re.MULTILINE)
    assert rules is not None
    assert public == set(re.findall(r"(?<=[/(|])(\w+)(?=[/|)])", rules[1]))
