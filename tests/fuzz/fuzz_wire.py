"""Fuzz the messages of workers and children: `python -m tests.fuzz.fuzz_wire [SECONDS]`.

What it finds lies in build/fuzz_wire/; mend the fault and keep the file in tests/fuzz/wire_corpus,
which the test suite replays.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["bot.executors", "engine", "json", "pydantic"]):
    from tests.fuzz.wire_target import CORPUS, check_message

from tests.fuzz.session import fuzz

if __name__ == "__main__":
    work = Path("build/fuzz_wire")
    fuzz(check_message, work, sys.argv[1:], longest=8192, more=[str(CORPUS)])
