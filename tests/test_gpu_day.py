"""The rehearsal of a day with a card: `scripts/gpu_day.sh` on the CPU, with little installed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_it_runs_where_little_is_installed(tmp_path: Path) -> None:
    """A part that fails is named; those after it end well, and a table comes last."""
    environment = {
        "OUT": str(tmp_path),
        "GPU_DAY_PARTS": "nonsense env smoke",
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
    assert "safetensors" in machine["missing"]
    assert len(findings) > 5
    assert [one for one in findings if "error" in one] == []
    assert "!! nonsense: end: status 1" in done.stdout
    assert "smoke: replay, mural:" in done.stdout
