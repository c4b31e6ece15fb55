"""Fuzz `engine.images`, guided by coverage: `python -m tests.fuzz.fuzz_images [SECONDS]`.

What it finds lies in build/fuzz/ as crash-*, timeout-* or oom-*: mend the fault and keep the file
in tests/fuzz/corpus, which the test suite replays.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["engine", "PIL", "pillow_heif"]):
    from tests.fuzz.target import CORPUS, LIMITS, check_images

from tests.fuzz.session import fuzz

if __name__ == "__main__":
    longest = min(LIMITS.max_bytes, 8192)
    fuzz(check_images, Path("build/fuzz"), sys.argv[1:], longest=longest, more=[str(CORPUS)])
