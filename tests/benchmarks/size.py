"""Mural size: seconds and peak memory, of a card where one paints, of `muralscape paint` at 1024,
2048 and 4096 pixels, each in a process of its own that is told to stay within 4 GiB. With three
steps at each scale, so that L-BFGS has filled a short history; on two cores 4096 pixels take half
an hour of that."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import torch

from engine.commands.paint import command
from engine.device import Device
from engine.request import PaintSettings, StylizeRequest
from engine.samples import CONTENTS, STYLES
from engine.scales import plan_scales

SIDES = tuple(int(side) for side in os.environ.get("BENCHMARK_SIDES", "1024 2048 4096").split())
LIMIT = 4  # GiB
STEPS = 3  # at each scale


def run(device: Device) -> dict[str, float]:
    """Peak GiB and seconds of each size, and GiB per megapixel between the largest two."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for side in SIDES:
            peak, seconds = _paint(side, device, Path(folder) / "out.jpg")
            figures[f"size_peak_gib_{side}"] = peak
            figures[f"size_seconds_{side}"] = seconds
            print(f"{side:5} px: {peak:5.2f} GiB at most, {seconds:6.1f} s")
    return figures


def _paint(side: int, device: Device, output: Path) -> tuple[float, float]:
    from engine import images

    content, style = CONTENTS[0].path, STYLES[0].path
    request = StylizeRequest(images.read(content), (images.read(style),), PaintSettings(size=side))
    steps = STEPS * len(plan_scales(request))
    began = time.perf_counter()
    done = subprocess.run(
        [
            sys.executable, "-m", "tests.benchmarks.size", str(content), str(style),
            "-o", str(output), "--size", str(side), "--steps", str(steps),
            "--memory", str(LIMIT), "--device", str(device.torch_device),
        ],
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return float(done.stdout.split()[-1]) / 2**30, time.perf_counter() - began


def main(arguments: list[str]) -> None:
    """Paint, and print the bytes that it took at most: of the card, or of this process."""
    command.main(arguments, prog_name="paint", standalone_mode=False)
    if torch.cuda.is_available() and torch.cuda.max_memory_reserved():
        print(torch.cuda.max_memory_reserved())
        return
    unit = 1024 if psutil.LINUX else 1  # ru_maxrss is in KiB on Linux, in bytes on macOS
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


if __name__ == "__main__":
    main(sys.argv[1:])
