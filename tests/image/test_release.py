"""The GitHub workflows and the release that they make."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.release_notes import check, notes

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def read(file: Path) -> dict[str, Any]:
    """Read a workflow."""
    found: dict[str, Any] = yaml.safe_load(file.read_text())
    return found


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_pinned_and_permissions_least(file: Path) -> None:
    """Every action is named by its commit; no job may write but those that say so."""
    workflow = read(file)
    assert workflow["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job for job in workflow["jobs"].values() if "uses" not in job)
    for action in re.findall(r"uses: (?!\./)(\S+)", file.read_text()):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action


def test_a_release_has_what_the_readme_fetches() -> None:
    """The files that the README and the handbook download are attached to the release."""
    text = (ROOT / ".github/workflows/release.yml").read_text()
    readme = (ROOT / "README.md").read_text()
    fetched = re.findall(r"releases/latest/download/(\S+)", readme)
    assert fetched == ["compose.yaml", "env.example"]
    attached = re.findall(r"\b(?:compose[\w.]*\.yaml|env\.example)", text)
    assert {*fetched, *(file.name for file in ROOT.glob("compose*.yaml"))} - {
        "compose.build.yaml"  # for a clone, which has it
    } <= set(attached)


def test_this_version_has_notes() -> None:
    """The changelog has a section of this version, which becomes the release's text."""
    changelog = (ROOT / "CHANGELOG.md").read_text()
    pyproject = (ROOT / "pyproject.toml").read_text()
    version = tomllib.loads(pyproject)["project"]["version"]
    check(changelog, pyproject, version)
    assert notes(changelog, version)
    with pytest.raises(LookupError, match=r"pyproject.toml has version"):
        check(changelog, pyproject, "99.0.0")
    with pytest.raises(LookupError, match="topmost section"):
        check(f"## 99.0.0\n\n{changelog}", pyproject, version)
    with pytest.raises(LookupError):
        notes(changelog, "99.0.0")
    assert notes("## 1.1.0\n\nb\n\n## 1.0.0 (2026)\n\na\n", "1.0.0") == "a"
