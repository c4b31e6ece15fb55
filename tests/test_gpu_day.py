"""The rehearsal of a day with a card: `scripts/gpu_day.sh` on the CPU, with little installed."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.benchmarks.card import bare
from tests.benchmarks.card.__main__ import WHAT

ROOT = Path(__file__).parents[1]
THERE = {"torch", "numpy", "pillow", "filelock", "jinja2"}  # the last two come with torch
BESIDE = {"mpl_toolkits", "pylab", "example"}  # modules that packages bring and nothing here uses


@pytest.mark.slow
def test_it_runs_where_little_is_installed(tmp_path: Path) -> None:
    """A part that fails is named; those after it end well, and a table comes last."""
    environment = {
        "OUT": str(tmp_path),
        "GPU_DAY_PARTS": "nonsense env smoke pieces together",
        "GPU_DAY_REHEARSAL": "1",
        "GPU_DAY_PYTHON": sys.executable,
    }
    done = subprocess.run(
        ["bash", "scripts/gpu_day.sh"],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    lines = (tmp_path / "results.jsonl").read_text().splitlines()
    failed, machine, *findings = [json.loads(line) for line in lines]
    assert failed == {"part": "nonsense", "name": "end", "error": "status 1"}
    assert {"psutil", "safetensors"} <= set(machine["missing"].split())
    assert len(findings) > 5
    assert [one for one in findings if "error" in one] == []
    assert {one["part"] for one in findings} == {"env", "smoke", "pieces", "together"}
    assert "!! nonsense: end: status 1" in done.stdout
    assert "\n   smoke: replay, mural: " in done.stdout
    two_at_once = findings[-1]
    assert two_at_once["name"].startswith("draft")
    assert two_at_once["ratio"] > 0


def test_nothing_else_is_there_in_a_rehearsal() -> None:
    """What the project depends on is hidden, but for torch, numpy and Pillow and what they bring.

    Each part has a limit of its own, and a line in the table that says what its figures are.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {_canonical(re.split(r"[\[<>=]", one)[0]) for one in project["dependencies"]}
    modules = {
        module
        for module, packages in packages_distributions().items()
        if not {_canonical(one) for one in packages}.isdisjoint(wanted - THERE)
    }
    assert {one for one in modules if not one.startswith("_")} <= {*bare.HIDDEN, *BESIDE}
    script = (ROOT / "scripts" / "gpu_day.sh").read_text()
    for part in WHAT:
        assert re.search(rf"\b{part}\) echo \d+ ;;", script)


def _canonical(package: str) -> str:
    return package.lower().replace("_", "-")
