"""Run one part, or print the table of what was found: `python -m tests.benchmarks.card PART`."""

import json
import os
import sys
from typing import Any

from tests.benchmarks.card import bare

# What the figures of each part are, and what is wished for.
WHAT = {
    "env": "the machine; TFLOP/s of matrix products, TB/s of copies, microseconds of a kernel",
    "smoke": "no step may make the host wait; replays of a graph do what plain steps do: worst and "
    "difference near 0, ratio near 1; after an overflow the scale is smaller",
    "tests": "the project's own that need a card: code 0",
    "numbers": "paintings in FP16 and in FP32: ratio of the last losses within 0.99 and 1.01; "
    "errors of gradients, relative to FP32's",
    "speed": "milliseconds of a step by the card's clock; share_of_matrix_rate over 0.4 at 1024",
    "jobs": "seconds from a file's bytes to a file's bytes, in a warm process from the second of a "
    "kind on: whole_s under 2 for mural at 512, under 0.5 for draft at 256",
    "memory": "GiB: planned is to be more than any of targets, eager, graph and with_fp32",
    "big": "8192x8192 in blocks; a whole picture just under 2^31 elements: errors near 0",
    "short": "less memory than planned: a loss or a sentence, and the same loss as ever afterwards",
    "leak": "up to 200 jobs of mixed shapes: first, middle, last; GiB must not grow",
    "pieces": "microseconds of what a step is made of; fused is cuDNN's convolution with bias and "
    "ReLU, which may stand for ours only where nan_passes and old_memory_does_nothing are true",
    "together": "paintings an hour of one process, then of two at once; a ratio near 1 says that "
    "one fills the card, and that batches would bring nothing",
}


def main(part: str) -> None:
    """Run a part in this process."""
    os.environ["GPU_DAY_MISSING"] = " ".join(bare.make_do())
    from tests.benchmarks.card import fast, right, roomy, together

    parts = {
        "env": right.env,
        "smoke": right.smoke,
        "tests": right.tests,
        "numbers": right.numbers,
        "speed": fast.speed,
        "jobs": fast.jobs,
        "memory": roomy.plans,
        "big": roomy.big,
        "short": roomy.short,
        "leak": roomy.leak,
        "pieces": fast.pieces,
        "together": together.together,
        "painter": together.painter,
    }
    parts[part]()


def table(path: str) -> None:
    """Print all lines of results, short, each part under what its figures are."""
    with open(path) as file:  # noqa: PTH123 - free of imports that a part may fail at
        rows = [json.loads(line) for line in file]
    shown = ""
    for row in rows:
        part, name, error = row.pop("part"), row.pop("name"), row.pop("error", None)
        row.pop("layers", None)
        if part != shown:
            print(f"\n{part}: {WHAT.get(part, 'there is no such part')}")
            shown = part
        values = " ".join(f"{key}={_short(value)}" for key, value in row.items())
        print(f"{'!!' if error else '  '} {part}: {name}: {error or ''} {values}".rstrip()[:400])


def _short(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return "{" + " ".join(f"{key}:{_short(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + " ".join(_short(one) for one in value) + "]"
    return str(value)


if __name__ == "__main__":
    if sys.argv[1] == "table":
        table(sys.argv[2])
    else:
        main(sys.argv[1])
