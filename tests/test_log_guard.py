"""The guard of the whole run against secrets in logs can fail, and fails for nothing else."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

TEST = """
import logging, sys
from bot.simulator import Simulator
from bot.simulator.issued import issue

def test_{name}():
    world = Simulator().world
    token = world.token
    {act}
"""
PRINTED = {"printed": "print('logged in with', token)"}
HARMFUL = {
    **PRINTED,
    "sentence": "sys.stderr.write(f'token={token}.')",
    "logged": "logging.getLogger('bot').debug('it is %s', issue('x' * 64))",
}
HARMLESS = {
    "masked": "logging.getLogger('bot').debug('%s', token.replace('.', '.', 1))",
    "harmless": "logging.getLogger('bot').debug('all is well')",
}


def run_pytest(
    folder: Path, acts: Mapping[str, str], *options: str
) -> subprocess.CompletedProcess[str]:
    """Run a test for each act, by name; it gets a token and does the act."""
    file = folder / "test_leak.py"
    file.write_text("".join(TEST.format(name=name, act=act) for name, act in acts.items()))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.log_guard"]
    command += ["-p", "no:cacheprovider", f"--rootdir={folder}", *options, str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_guard_finds_secrets(tmp_path: Path) -> None:
    """A run whose tests pass fails when some of them wrote a secret, and says which and where."""
    run = run_pytest(tmp_path, HARMFUL | HARMLESS, "-p", "no:xdist")
    assert "5 passed" in run.stdout, run.stdout
    assert run.returncode == 1, run.stdout
    assert "secrets were written" in run.stdout
    for found in ("output of test_leak.py::test_printed", "output of test_leak.py::test_sentence",
                  "log of test_leak.py::test_logged"):  # fmt: skip
        assert f"the {found}" in run.stdout
    for name in HARMLESS:
        assert f"::test_{name}" not in run.stdout


def test_the_guard_leaves_others_alone(tmp_path: Path) -> None:
    """A run without a secret passes, also where the bot has masked one."""
    run = run_pytest(tmp_path, HARMLESS, "-p", "no:xdist")
    assert "2 passed" in run.stdout, run.stdout
    assert run.returncode == 0, run.stdout
    assert "secrets were written" not in run.stdout


def test_the_guard_over_worker_processes(tmp_path: Path) -> None:
    """A secret that a worker process of pytest-xdist writes fails the run as well."""
    run = run_pytest(tmp_path, PRINTED, "-n", "1")
    assert "1 passed" in run.stdout, run.stdout
    assert run.returncode == 1, run.stdout
    assert "the output of test_leak.py::test_printed" in run.stdout
