"""The guard of the whole run against secrets in logs can fail, and fails for nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

TEST = """
import logging, sys
from bot.simulator import Simulator

def test_something():
    world = Simulator().world
    token = world.token
    {act}
"""


PRINTED = "print('logged in with', token)"


def run_pytest(folder: Path, act: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run one test that gets a token and does `act`."""
    file = folder / "test_leak.py"
    file.write_text(TEST.format(act=act.replace("\\n", "\n")))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.log_guard"]
    command += ["-p", "no:cacheprovider", *options, str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("act", "where"),
    [
        (PRINTED, "the output of"),
        ("sys.stderr.write(f'token={token}.')", "the output of"),
        ("logging.getLogger('bot').debug('%s', token.replace('.', '.', 1))", ""),
        ("from bot.simulator.issued import issue; token = issue('x' * 64)\\n"
         "    logging.getLogger('bot').debug('it is %s', token)", "the log of"),
        ("logging.getLogger('bot').debug('all is well')", ""),
    ],
    ids=["printed", "at the end of a sentence", "masked", "logged", "harmless"],
)  # fmt: skip
def test_the_guard(tmp_path: Path, act: str, where: str) -> None:
    """A run whose only test passes fails when that test wrote a secret, and says where."""
    run = run_pytest(tmp_path, act, "-p", "no:xdist")
    assert "1 passed" in run.stdout, run.stdout
    assert run.returncode == (1 if where else 0), run.stdout
    assert ("secrets were written" in run.stdout) == bool(where)
    assert f"{where} " in run.stdout


def test_the_guard_over_worker_processes(tmp_path: Path) -> None:
    """A secret that a worker process of pytest-xdist writes fails the run as well."""
    run = run_pytest(tmp_path, PRINTED, "-n", "1")
    assert "1 passed" in run.stdout, run.stdout
    assert run.returncode == 1, run.stdout
    assert "the output of test_leak.py::test_something" in run.stdout
