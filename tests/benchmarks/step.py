"""A step's cost against that of the network alone: step_efficiency is the share of a large matrix
product's rate that a whole `mural` step at 512x512 reaches, optimiser and losses included."""

import statistics
import time
from collections.abc import Callable

import torch
from PIL import Image

from engine import images
from engine.device import Device
from engine.memory import budget_for
from engine.presets import MURAL
from engine.request import PaintSettings, StylizeRequest
from engine.samples import CONTENTS, STYLES
from engine.scales import Scale
from engine.studio import Studio
from engine.vgg19 import Encoder, multiply_adds_per_pixel
from engine.weights import bundled, load

SIDES = (256, 512, 1024)
PRODUCT_SIDE = 4096
TAPS = MURAL.content_taps.keys() | MURAL.style_taps.keys()
ROUNDS = 7


def run(device: Device) -> dict[str, float]:
    """Seconds per step, its GFLOP/s, and their share of a matrix product's."""
    encoder = Encoder(load(bundled()), device, "bundled")
    product = _matrix_product(device)
    figures: dict[str, float] = {}
    for side in SIDES:
        step = _step(encoder, side)
        # Taken in turns, so that what else the machine does slows both alike.
        rounds = [(_seconds(step, device), _seconds(product, device)) for _ in range(ROUNDS)]
        seconds, product_seconds = (
            statistics.median(column) for column in zip(*rounds, strict=True)
        )
        rate = 4 * multiply_adds_per_pixel(TAPS) * side**2 / seconds / 1e9
        product_rate = 2 * PRODUCT_SIDE**3 / product_seconds / 1e9
        figures[f"step_seconds_{side}"] = seconds
        figures[f"step_gflops_{side}"] = rate
        figures[f"product_gflops_{side}"] = product_rate
        figures[f"step_efficiency_{side}"] = rate / product_rate
        print(
            f"{side:5} px: {seconds * 1000:8.1f} ms a step, {rate:7.0f} GFLOP/s; "
            f"matrix product {product_rate:7.0f} GFLOP/s; efficiency {rate / product_rate:.2f}"
        )
    figures["step_efficiency"] = figures["step_efficiency_512"]
    return figures


def _step(encoder: Encoder, side: int) -> Callable[[], object]:
    content = images.read(CONTENTS[0].path).resize((side, side), Image.Resampling.LANCZOS)
    request = StylizeRequest(content, (images.read(STYLES[0].path),), PaintSettings(size=side))
    scale = Scale(side, side, 100)
    studio = Studio(request, MURAL, encoder, budget_for(encoder.device), scale)
    stepper = studio.stepper(scale, studio.first_canvas(scale))
    for _ in range(25):  # until L-BFGS's history is full and a CUDA graph is captured
        stepper.take(1)
    return stepper._launch  # without the host, which would read the numbers


def _matrix_product(device: Device) -> Callable[[], object]:
    one, other = (
        torch.randn(PRODUCT_SIDE, PRODUCT_SIDE).to(device.torch_device, device.dtype)
        for _ in range(2)
    )
    return lambda: one @ other


def _seconds(work: Callable[[], object], device: Device) -> float:
    """Of the device: a card's own clock, by which the host's launches and waits do not count."""
    if not device.is_cuda:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began
    start, end = (
        torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        for _ in range(2)
    )
    start.record()
    work()
    end.record()
    end.synchronize()
    return float(start.elapsed_time(end)) / 1000
