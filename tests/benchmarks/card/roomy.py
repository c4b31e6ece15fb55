"""What memory it takes: plans against peaks, large pictures, too little memory, many jobs."""

import resource
import time
from dataclasses import replace

import torch
from PIL import Image

from engine.blocks import cut
from engine.errors import EngineError
from engine.memory import budget_for, estimate_bytes, free_bytes, plan_memory
from engine.presets import PRESETS
from engine.step import Stepper, compare
from engine.stylize import stylize
from tests.benchmarks.card.tools import (
    CARD,
    GIB,
    Findings,
    attempt,
    encoder,
    forget,
    memory,
    note,
    request,
    stepper,
    synchronize,
)


def plans() -> None:
    """What was planned, and what it took: targets, eager steps, a graph, a step in FP32."""
    device = encoder().device
    cases = [("mural", side) for side in ((512, 1024, 2048, 4096) if CARD else (32,))]
    for preset, side in [*cases, ("gatys", 1024 if CARD else 32)]:
        with attempt("memory", f"{preset} {side}") as found:
            forget()
            base = memory().get("allocated", 0.0)
            size, recipe = (side, side), PRESETS[preset].recipe
            plan = plan_memory(size, device, recipe, budget_for(device), [size])
            found["plan"] = str(plan)
            found["planned"] = estimate_bytes(size, device, recipe, plan, [size]) / GIB
            one = stepper(preset, side)
            found["targets"] = memory().get("peak", 0.0) - base
            one.take(1)
            found["eager"] = memory().get("peak", 0.0) - base
            one.take(1)
            one.take(1)
            found["graph"] = memory().get("peak_reserved", 0.0) - base
            one._within_memory(in_fp32=True)
            found["with_fp32"] = memory().get("peak_reserved", 0.0) - base
            del one
    with attempt("memory", "room for the second job") as found:
        found["free_before"] = free_bytes(device) / GIB
        stylize(request("mural", 1024 if CARD else 32, 30), encoder())
        found["free_after"] = free_bytes(device) / GIB
    with attempt("memory", "blocks") as found:
        side, block = (1024, 512) if CARD else (64, 32)
        one = stepper("mural", side)
        _compare_blocks(found, one, side, block)


def _compare_blocks(found: Findings, one: Stepper, side: int, block: int) -> None:
    """Losses and gradients of blocks against the whole's, and the peak of each."""
    rows = []
    for length in (block, side):
        forget()
        began = time.perf_counter()
        with torch.no_grad():
            row = compare(
                one._encoder,
                one._recipe,
                one._objective,
                one.canvas,
                cut(side, side, length),
                one._loss_scale,
            )
        synchronize()
        rows.append(row)
        found[f"{length}"] = {"seconds": time.perf_counter() - began, **memory()}
    (c1, s1, g1), (c2, s2, g2) = rows
    found["loss_error"] = float(((c1 + s1) - (c2 + s2)).abs() / (c2 + s2))
    found["gradient_error"] = float((g1 - g2).norm() / g2.norm())


def big() -> None:
    """The largest pictures: 8192 in what blocks it takes, and the largest that is a whole."""
    side = 8192 if CARD else 96
    with attempt("big", f"mural {side}") as found:
        began = time.perf_counter()
        one = stepper("mural", side)
        synchronize()
        found["set_up_s"] = time.perf_counter() - began
        found["blocks"] = len(one._blocks(one._encoder.device))
        note("big", "set up", {**found, **memory()})
        seconds, losses = [], []
        for _ in range(3):
            began = time.perf_counter()
            (reading,) = one.take(1)[:1]
            seconds.append(time.perf_counter() - began)
            losses.append(reading.losses.total)
        found["step_s"], found["losses"], found["memory"] = seconds, losses, memory()
        del one
    side, block = (5776, 2048) if CARD else (64, 32)
    with attempt("big", f"whole of {side}: {64 * side**2 / 2**31:.3f} x 2^31") as found:
        few = replace(PRESETS["gatys"].recipe, history=2)
        one = stepper("gatys", side, recipe=few)
        found["blocks"] = len(one._blocks(one._encoder.device))
        _compare_blocks(found, one, side, block)


def short() -> None:
    """Less memory than was planned with: what comes of it, and whether it paints afterwards."""
    small = 256 if CARD else 32
    with attempt("short", "enough") as found:
        found["loss"] = stylize(request("mural", small, 6), encoder()).outcome.losses.total
    for gib in (0.3, 1.0, 1.5, 2.5):
        for preset in ("gatys", "mural"):
            with attempt("short", f"{preset} within {gib} GiB") as found:
                forget()
                if CARD:
                    total = torch.cuda.get_device_properties(0).total_memory
                    allowed = (torch.cuda.memory_reserved() + gib * GIB) / total
                    torch.cuda.set_per_process_memory_fraction(allowed)
                began = time.perf_counter()
                try:
                    asked = request(preset, 1024 if CARD else 32, 12)
                    found["loss"] = stylize(asked, encoder()).outcome.losses.total
                except EngineError as error:
                    found["said"] = str(error)
                finally:
                    if CARD:
                        torch.cuda.set_per_process_memory_fraction(1.0)
                found["seconds"] = time.perf_counter() - began
                found["peak"] = memory().get("peak", 0.0)
                forget()
                found["afterwards"] = stylize(
                    request("mural", small, 6), encoder()
                ).outcome.losses.total


def leak() -> None:
    """Two hundred jobs of mixed shapes in one process: memory and time, first, middle and last."""
    with attempt("leak", "jobs") as found:
        rows: list[dict[str, float]] = []
        asked = request("mural", 192 if CARD else 48, 10)
        until = time.perf_counter() + (50 if CARD else 6)
        for turn in range(200):
            if time.perf_counter() > until:
                break
            height = int(asked.content.height * (0.4 + 0.01 * (turn * 37 % 120)))
            content = asked.content.resize((asked.content.width, height), Image.Resampling.BOX)
            settings = replace(asked.settings, preset=("mural", "gatys", "draft")[turn % 3])
            began = time.perf_counter()
            stylize(replace(asked, content=content, settings=settings), encoder())
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            rows.append({"seconds": time.perf_counter() - began, "host_gib": peak, **memory()})
        found["count"] = len(rows)
        for key in rows[0]:
            found[key] = [rows[0][key], rows[len(rows) // 2][key], rows[-1][key]]
