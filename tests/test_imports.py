"""Import contracts."""

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
