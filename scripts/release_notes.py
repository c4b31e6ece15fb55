"""Prints the changelog's section of a version: `python scripts/release_notes.py 0.2.0`.

The version must be that of `pyproject.toml`, and its section the topmost.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHANGELOG = ROOT / "CHANGELOG.md"
PROJECT = ROOT / "pyproject.toml"


def notes(changelog: str, version: str) -> str:
    """Give the text below a version's heading. Raises LookupError where there is none."""
    found = re.search(
        rf"^## {re.escape(version)}\b[^\n]*\n(.*?)(?=^## |\Z)", changelog, re.DOTALL | re.MULTILINE
    )
    if found is None:
        raise LookupError(f"CHANGELOG.md has no section for {version}")
    return found[1].strip()


def check(changelog: str, project: str, version: str) -> None:
    """Raise LookupError unless a tag's version, the project's and the topmost section's agree."""
    written = tomllib.loads(project)["project"]["version"]
    if written != version:
        raise LookupError(f"pyproject.toml has version {written}, not {version}")
    topmost = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    if topmost is None or topmost[1] != version:
        raise LookupError(f"the topmost section of CHANGELOG.md is not {version}")


if __name__ == "__main__":
    text = CHANGELOG.read_text(encoding="utf-8")
    check(text, PROJECT.read_text(encoding="utf-8"), sys.argv[1])
    sys.stdout.write(notes(text, sys.argv[1]) + "\n")
