"""What the parts share: findings written as they come, the card's clock, steppers."""

import contextlib
import gc
import json
import os
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from engine.device import choose_device
from engine.memory import budget_for
from engine.presets import PRESETS, Recipe, settle
from engine.request import PaintSettings, StylizeRequest
from engine.samples import CONTENTS, STYLES
from engine.scales import plan_scales
from engine.step import Stepper
from engine.studio import Studio
from engine.vgg19 import Encoder, multiply_adds_per_pixel
from engine.weights import bundled, load

REHEARSAL = bool(os.environ.get("GPU_DAY_REHEARSAL"))  # tiny sizes, on the CPU
CARD = not REHEARSAL
DEVICE = "cuda:0" if CARD else "cpu"
HALF = "fp16" if CARD else "fp32"  # a CPU's own FP16 is too slow to rehearse with
DTYPE = torch.float16 if CARD else torch.float32
OUT = Path(os.environ.get("OUT", "/tmp/gpu_day"))
GIB = 2**30
Findings = dict[str, Any]


def note(part: str, name: str, findings: Findings) -> None:
    """Write a line of results."""
    line = json.dumps({"part": part, "name": name, **findings}, default=str)
    with (OUT / "results.jsonl").open("a") as file:
        file.write(line + "\n")
    print(line, flush=True)


@contextlib.contextmanager
def attempt(part: str, name: str) -> Iterator[Findings]:
    """Find something out: what is put into the dictionary, or why it could not be had."""
    found: Findings = {}
    try:
        yield found
    except Exception as error:  # noqa: BLE001 - the edge of a finding; the log has it whole
        traceback.print_exc()
        found["error"] = f"{type(error).__name__}: {error}"[:500]
    note(part, name, found)
    forget()


def forget() -> None:
    """Begin anew with the card's memory."""
    gc.collect()
    if CARD:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def synchronize() -> None:
    """Wait for the card."""
    if CARD:
        torch.cuda.synchronize()


def milliseconds(work: Callable[[], object], times: int = 20, warm: int = 3) -> float:
    """Median of a call over three rounds, by the card's own clock."""
    for _ in range(warm):
        work()
    synchronize()
    rounds = []
    for _ in range(3):
        if not CARD:
            began = time.perf_counter()
            for _ in range(times):
                work()
            rounds.append((time.perf_counter() - began) * 1000 / times)
            continue
        start, end = (
            torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
            for _ in range(2)
        )
        start.record()
        for _ in range(times):
            work()
        end.record()
        end.synchronize()
        rounds.append(start.elapsed_time(end) / times)
    return sorted(rounds)[1]


def without_launches(work: Callable[[], object], times: int = 20) -> float:
    """Milliseconds of a call in a CUDA graph of many."""
    if not CARD:
        return milliseconds(work, 2, 1)
    for _ in range(3):
        work()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(times):
            work()
    return milliseconds(graph.replay, 3, 1) / times


def memory() -> dict[str, float]:
    """GiB of the card, as torch and the driver count them."""
    if not CARD:
        return {}
    free, total = torch.cuda.mem_get_info()
    return {
        "allocated": torch.cuda.memory_allocated() / GIB,
        "peak": torch.cuda.max_memory_allocated() / GIB,
        "reserved": torch.cuda.memory_reserved() / GIB,
        "peak_reserved": torch.cuda.max_memory_reserved() / GIB,
        "card": (total - free) / GIB,
    }


@cache
def encoder(precision: str = HALF) -> Encoder:
    """The bundled VGG-19 on the card."""
    return Encoder(load(bundled()), choose_device(DEVICE, precision), "bundled")


def request(
    preset: str, side: int, steps: int | None = None, square: bool = False
) -> StylizeRequest:
    """A sample photograph in a sample style."""
    content, style = (Image.open(one[0].path).convert("RGB") for one in (CONTENTS, STYLES))
    if square:
        content = content.resize((side, side), Image.Resampling.LANCZOS)
    return StylizeRequest(content, (style,), PaintSettings(preset, side, steps))


def stepper(
    preset: str,
    side: int,
    precision: str = HALF,
    *,
    recipe: Recipe | None = None,
    memory_budget: int | None = None,
) -> Stepper:
    """A stepper of a square, from the preset's own start."""
    asked = request(preset, side, square=True)
    own, _, _ = settle(asked.settings)
    scale = replace(plan_scales(asked)[-1], width=side, height=side, steps=1000)
    chosen = encoder(precision)
    budget = memory_budget or budget_for(chosen.device)
    studio = Studio(asked, recipe or own, chosen, budget, scale)
    return studio.stepper(scale, studio.first_canvas(scale))


def eager(one: Stepper) -> Stepper:
    """The same without a CUDA graph."""
    one._may_capture = False
    return one


def replays(one: Stepper) -> bool:
    """Take the steps until one is replayed; whether it is."""
    for _ in range(5):
        one.take(1)
    return one._graph is not None or not CARD


def floor_gflop(preset: str, side: int) -> float:
    """Of the convolutions of one step of a square."""
    recipe = PRESETS[preset].recipe
    taps = recipe.content_taps.keys() | recipe.style_taps.keys()
    return 4 * multiply_adds_per_pixel(taps) * side**2 / 1e9


@cache
def matrix_tflops(side: int, dtype: torch.dtype = DTYPE) -> float:
    """What a large product reaches."""
    side = side if CARD else 128
    one, other = (torch.randn(side, side, device=DEVICE).to(dtype) for _ in range(2))
    return 2 * side**3 / (milliseconds(lambda: one @ other, 10) / 1000) / 1e12
