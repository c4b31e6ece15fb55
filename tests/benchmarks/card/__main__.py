"""Run one part, or print the table of what was found: `python -m tests.benchmarks.card PART`."""

import json
import os
import sys
from typing import Any

from tests.benchmarks.card import bare


def main(part: str) -> None:
    """Run a part in this process."""
    os.environ["GPU_DAY_MISSING"] = " ".join(bare.make_do())
    from tests.benchmarks.card import fast, right, roomy

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
    }
    parts[part]()


def table(path: str) -> None:
    """Print all lines of results, short."""
    with open(path) as file:  # noqa: PTH123 - free of imports that a part may fail at
        rows = [json.loads(line) for line in file]
    for row in rows:
        part, name, error = row.pop("part"), row.pop("name"), row.pop("error", None)
        row.pop("layers", None)
        values = " ".join(f"{key}={_short(value)}" for key, value in row.items())
        print(f"{'!! ' if error else ''}{part}: {name}: {error or ''} {values}"[:400])


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
