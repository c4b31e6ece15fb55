"""The processor divided among the processes that paint on it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
import torch

from engine.container import rooms_in_container
from engine.device import Device
from engine.memory import SHARE, budget_for
from engine.sharing import painters_on
from tests.engine.another_painter import another_painter

CPU = Device(torch.device("cpu"), "fp32")
CORES = """
import sys, torch
from engine.device import Device, share_cores
share_cores(Device(torch.device("cpu"), "fp32"), int(sys.argv[1]))
print(torch.get_num_threads())
"""


@pytest.fixture(autouse=True)
def _own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Count the test's own processes alone."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


def cores_taken(by_torch: int, processes: int) -> int:
    """Count the threads of one of some processes, where torch by itself would take so many."""
    env = os.environ | {"OMP_NUM_THREADS": str(by_torch)}
    command = [sys.executable, "-c", CORES, str(processes)]
    return int(subprocess.run(command, env=env, capture_output=True, check=True).stdout)


@pytest.mark.slow
def test_cores() -> None:
    """One process has them all; of two each has half of them, and at least one."""
    assert cores_taken(by_torch=2, processes=1) == 2
    assert cores_taken(by_torch=2, processes=2) == 1
    assert cores_taken(by_torch=1, processes=2) == 1


def test_memory() -> None:
    """Of two processes each plans within half of the memory, what it has taken included."""
    totals = [psutil.virtual_memory().total, *(room.total for room in rooms_in_container())]
    assert painters_on("cpu") == 1
    with another_painter("cpu"):
        assert painters_on("cpu") == 2
        assert 0 < budget_for(CPU) < SHARE * min(totals) / 2
