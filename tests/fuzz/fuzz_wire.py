"""Fuzz the messages of workers and children: `python -m tests.fuzz.fuzz_wire [SECONDS]`.

What it finds lies in build/fuzz_wire/; mend the fault and keep the file in tests/fuzz/wire_corpus,
which the test suite replays.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["bot.executors", "engine", "json", "pydantic"]):
    from tests.fuzz.wire_target import CORPUS, check_message

WORK = Path("build/fuzz_wire")
_SECONDS_PER_INPUT = 10
_MEMORY = 1024  # MiB


def main(arguments: list[str]) -> None:
    """Fuzz for so many seconds, 600 unless told otherwise."""
    seconds = int(arguments[0]) if arguments else 600
    grown = WORK / "corpus"
    grown.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={_SECONDS_PER_INPUT}",
        f"-rss_limit_mb={_MEMORY}",
        "-max_len=8192",
        f"-artifact_prefix={WORK}/",
        "-print_final_stats=1",
        str(grown),  # where inputs that reach new code are kept; the committed ones are only read
        str(CORPUS),
    ]
    atheris.Setup([sys.argv[0], *options], check_message)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
