"""Starts the coverage-guided fuzzer, which `make fuzz` and `make fuzz-web` install."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import atheris

MEMORY = 1024  # MiB


def grown(work: Path) -> Path:
    """Make the folder in which inputs are kept that reach new code."""
    folder = work / "corpus"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def fuzz(
    check: Callable[[bytes], object],
    work: Path,
    arguments: Sequence[str],
    *,
    longest: int,
    seconds_per_input: int = 10,
    more: Sequence[str] = (),
) -> None:
    """Give inputs of at most `longest` bytes to `check` until the time is over.

    `arguments` are the seconds, 600 where there is none; `more` are options of the fuzzer, or
    folders with inputs that are only read. What it finds lies in `work`.
    """
    seconds = int(arguments[0]) if arguments else 600
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={seconds_per_input}",
        f"-rss_limit_mb={MEMORY}",
        f"-max_len={longest}",
        f"-artifact_prefix={work}/",
        "-print_final_stats=1",
        str(grown(work)),
        *more,
    ]
    atheris.Setup([sys.argv[0], *options], check)
    atheris.Fuzz()
