"""Import contracts, and how deep imports go."""

import runpy
import subprocess
import sys
from pathlib import Path


def test_contracts_are_kept() -> None:
    """The import contracts in pyproject.toml hold."""
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout


def test_imports_are_not_deep() -> None:
    """Chains of imports have at most eleven modules; no wings of the bot import each other."""
    root = Path(__file__).parents[1]
    measure = runpy.run_path(str(root / "scripts" / "measure_imports.py"))
    graph = measure["graph_of"](root)
    for package in ("bot", "engine"):
        chain = measure["longest_chain"](graph, package)
        assert len(chain) <= 11, chain
    assert measure["circles"](graph) == []
