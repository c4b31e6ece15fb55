"""What a photograph of 12 megapixels costs to decode: in the process itself, as before there were
children, and in a decoding child of an engine process; in turn, wall and processor time of all."""

import io
import json
import os
import subprocess
import sys
import time
from statistics import median

import numpy as np
import psutil
from PIL import Image

from engine import images
from engine.decoding.pictures import PictureReader
from engine.device import Device
from engine.environment import KEEP_MEMORY

ROUNDS = 25
WAYS = {"here": {}, "child": KEEP_MEMORY}


def photograph() -> bytes:
    """A JPEG of 4000 x 3000 pixels with soft shapes, of some three megabytes."""
    noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((4000, 3000), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def run(_device: Device) -> dict[str, float]:
    """Have two processes decode in turn; return the medians in milliseconds."""
    processes = {
        way: subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.decoding", way],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **variables},
            text=True,
        )
        for way, variables in WAYS.items()
    }
    measured: dict[str, list[tuple[float, float]]] = {way: [] for way in processes}
    for _ in range(ROUNDS):
        for way, process in processes.items():
            measured[way].append(_ask(process))
    figures: dict[str, float] = {}
    for way, process in processes.items():
        process.communicate()
        wall, processor = (median(part) for part in zip(*measured[way][1:], strict=True))
        print(f"{way:>6}: {wall:.0f} ms, {processor:.0f} ms of the processor")
        figures |= {f"decoding {way} ms": wall, f"decoding {way} processor ms": processor}
    return figures


def _ask(process: subprocess.Popen[str]) -> tuple[float, float]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    wall, processor = json.loads(process.stdout.readline())
    return wall, processor


def serve(way: str) -> None:
    """Decode for each line of the input, and print what it took."""
    data, reader = photograph(), PictureReader()
    reader.start()
    decode = images.decode if way == "here" else reader.decode
    own = psutil.Process()
    everyone = [own, *own.children()]

    def used() -> float:
        return sum(sum(one.cpu_times()[:2]) for one in everyone)

    for _ in sys.stdin:
        begun, before = time.perf_counter(), used()
        decode(data)
        seconds = time.perf_counter() - begun, used() - before
        print(json.dumps([1000 * part for part in seconds]), flush=True)
    reader.close()


if __name__ == "__main__":
    serve(sys.argv[1])
