"""Run the usual benchmarks, or those named: `python -m tests.benchmarks [NAME]...`"""

import json
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from engine.device import Device, choose_device
from tests.benchmarks import (
    answers,
    capacity,
    decoding,
    films,
    footprint,
    murals,
    neighbours,
    operations,
    pictures,
    seed,
    size,
    step,
    weights,
)

BENCHMARKS: dict[str, Callable[[Device], dict[str, float]]] = {
    "step": step.run,
    "seed": seed.run,
    "pictures": pictures.run,
    "films": films.run,
    "neighbours": neighbours.run,
    "size": size.run,
    "operations": operations.run,
    "footprint": footprint.run,
    "decoding": decoding.run,
    "capacity": capacity.run,
    "weights": weights.run,
    "answers": answers.run,
    "murals": murals.run,
}
USUAL = ("step", "seed")  # in minutes; `pictures` takes most of an hour on two cores
OUTPUT = Path("build/benchmarks.json")


def main(names: list[str]) -> None:
    """Run, print, and add to the figures of earlier runs."""
    figures = json.loads(OUTPUT.read_text()) if OUTPUT.exists() else {}
    device = choose_device()
    figures["machine"] = {
        "device": device.name,
        "precision": device.precision,
        "threads": torch.get_num_threads(),
        "processor": platform.processor() or platform.machine(),
        "torch": torch.__version__,
    }
    print(figures["machine"])
    for name in names or USUAL:
        print(f"\n{name}: {(sys.modules[BENCHMARKS[name].__module__].__doc__ or '').strip()}\n")
        figures.update(BENCHMARKS[name](device))
        OUTPUT.parent.mkdir(exist_ok=True)
        OUTPUT.write_text(json.dumps(figures, indent=2) + "\n")
    print(f"\nAll figures are in {OUTPUT}.")


if __name__ == "__main__":
    main(sys.argv[1:])
