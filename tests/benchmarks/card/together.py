"""Whether two processes on one card paint more than one: `engine.device` as a list has several.

Batches of equal jobs would do what they do within one process; see docs/painting.md.
"""

import json
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import IO

from engine.stylize import stylize
from tests.benchmarks.card.tools import CARD, attempt, encoder, memory, request

CASES = (("draft", 256, 4.0), ("mural", 512, 6.0)) if CARD else (("draft", 32, 2.0),)
STEPS = None if CARD else 4


def together() -> None:
    """Paintings an hour of one process, then of two at once."""
    with ExitStack() as stack:
        painters: list[Painter] = []
        with attempt("together", "start") as found:
            began = time.perf_counter()
            painters += [stack.enter_context(Painter()) for _ in range(2)]
            for painter in painters:
                painter.hear()
            found["seconds"] = time.perf_counter() - began
        for preset, size, seconds in CASES:
            with attempt("together", f"{preset} {size}") as found:
                rates = []
                for some in (painters[:1], painters):
                    for painter in some:
                        painter.say(preset, size, seconds)
                    heard = [painter.hear() for painter in some]
                    rates.append(sum(3600 * one["paintings"] / one["seconds"] for one in heard))
                found["an_hour"], found["ratio"] = rates, rates[1] / rates[0]
                found["card_gib"] = heard[0].get("card")


class Painter:
    """A process that paints for as long as it is told to, over and over."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.card", "painter"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self) -> "Painter":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def say(self, preset: str, size: int, seconds: float) -> None:
        """Have it paint."""
        print(json.dumps([preset, size, seconds]), file=_open(self._process.stdin), flush=True)

    def hear(self) -> dict[str, float]:
        """Wait for what it has done. Raises ValueError where it has ended."""
        answer: dict[str, float] = json.loads(_open(self._process.stdout).readline())
        return answer


def _open(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise ValueError("no pipe")
    return pipe


def painter() -> None:
    """Be the process: a line of standard input is an order, a line of output its result."""
    for preset, size, _ in CASES:
        stylize(request(preset, size, STEPS), encoder())
    print("{}", flush=True)
    for line in sys.stdin:
        preset, size, seconds = json.loads(line)
        began, count = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            stylize(request(preset, size, STEPS), encoder())
            count += 1
        taken = time.perf_counter() - began
        print(json.dumps({"paintings": count, "seconds": taken, **memory()}), flush=True)
