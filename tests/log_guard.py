"""A pytest plugin: a run in which any log or output holds a secret that Discord gave out fails.

Looked through are all log records of this process as the bot would write them, what the tests and
the bots that they start print, and what is handed to `look_through`. The secrets are those that
the simulators of this run gave out: bot tokens and interaction tokens.

With pytest-xdist each worker process knows the secrets of its own simulators. It looks through its
own tests and hands the leaks to the process that decides whether the run has failed.
"""

import logging
import re

import pytest

from bot import logs
from bot.simulator.issued import issued

_WORDS = re.compile(r"[\w.-]{16,}")
_LEAKS = "muralscape leaks"

leaks: list[str] = []


def look_through(text: str, where: str) -> None:
    """Note it as a leak if a secret is in `text`."""
    words = {form for word in _WORDS.findall(text) for form in (word, word.rstrip("."))}
    if not words.isdisjoint(issued_now := set(issued)):
        found = len(words & issued_now)
        leaks.append(f"{where}: {found} secret{'s' if found > 1 else ''}")


class _Listener(logging.Handler):
    """Formats every record as `muralscape run` does and keeps the text until the test has ended."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logs.JsonFormatter())
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))

    def take(self) -> str:
        """Return what was written since the last time."""
        lines, self._lines = self._lines, []
        return "\n".join(lines)


_listener = _Listener()


def pytest_configure() -> None:
    """Listen from the start, to everything that the bot itself says."""
    logging.getLogger().addHandler(_listener)
    logging.getLogger("bot").setLevel(logging.DEBUG)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Look through what a test has logged and printed."""
    if not logging.getLogger().handlers.count(_listener):
        logging.getLogger().addHandler(_listener)  # a test has set logging up anew
    look_through(_listener.take(), f"the log of {report.nodeid}")
    look_through(report.capstdout + report.capstderr, f"the output of {report.nodeid}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run with leaks; in a worker process of pytest-xdist hand them on."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[_LEAKS] = leaks
    elif leaks and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take over the leaks of a worker process that has ended; one that crashed has none to give."""
    leaks.extend(getattr(node, "workeroutput", {}).get(_LEAKS, ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say where the leaks are."""
    if leaks:
        terminalreporter.section("secrets were written", red=True)
        for leak in leaks:
            terminalreporter.write_line(leak)
