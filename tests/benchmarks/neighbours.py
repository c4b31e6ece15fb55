"""What looking for neighbours and the last touch cost beside a step, from 512 to 2048 pixels.

For each size a collage goes to build/: the content put together from its neighbours' pixels,
which shows whether fewer and larger cells still find what fits.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from engine import images, saving
from engine.canvases import Canvases
from engine.device import Device
from engine.memory import budget_for, plan_memory
from engine.presets import MURAL, Matching
from engine.request import PaintSettings, StylizeRequest
from engine.samples import CONTENTS, STYLES
from engine.scales import Scale, plan_scales, style_sizes
from engine.studio import Studio
from engine.targets import Targets
from engine.tensors import to_picture
from engine.touch import PaintSheet
from engine.vgg19 import Encoder
from engine.weights import bundled, load

T = TypeVar("T")
SIZES = [int(size) for size in os.environ.get("BENCHMARK_SIZES", "512 1024 2048").split()]
FOLDER = Path("build")


def run(device: Device) -> dict[str, float]:
    """Seconds of the search, of a step and of the last touch at each size."""
    encoder = Encoder(load(bundled()), device, "bundled")
    matching = MURAL.matching
    assert matching is not None
    figures: dict[str, float] = {}
    FOLDER.mkdir(exist_ok=True)
    for size in SIZES:
        settings = PaintSettings(size=size)
        content, style = images.read(CONTENTS[0].path), images.read(STYLES[0].path)
        request = StylizeRequest(content, (style,), settings)
        seconds, found = _measure(request, plan_scales(request)[-1], encoder, matching)
        print(f"{size:5} pixels  " + "  ".join(f"{k} {v:7.2f} s" for k, v in seconds.items()))
        figures |= {f"neighbours_{name}_{size}": value for name, value in seconds.items()}
        saving.save(to_picture(found), FOLDER / f"neighbours_{size}.png")
    return figures


def _measure(
    request: StylizeRequest, scale: Scale, encoder: Encoder, matching: Matching
) -> tuple[dict[str, float], Tensor]:
    device = encoder.device.torch_device
    budget = budget_for(encoder.device)
    plan = plan_memory(scale.canvas, encoder.device, MURAL, budget, style_sizes(request, scale))
    canvases = Canvases(request, MURAL, scale, device)
    targets = Targets(canvases, MURAL, request.settings, scale, encoder, plan)
    taps = {*MURAL.content_taps, *matching.compared}
    cells = targets.style_cells(matching, [targets.see_style(canvases.styles(scale)[0], taps)[0]])
    canvas = canvases.recolored(scale)
    searching, neighbours = _timed(lambda: targets.search(matching, cells, canvas, canvas))
    studio = Studio(request, MURAL, encoder, budget, scale)
    stepper = studio.stepper(scale, canvas, neighbours)
    stepper.take(1)
    stepping, _ = _timed(lambda: stepper.take(1))
    touching, _ = _timed(lambda: studio.last_touch(canvas, scale, neighbours))
    corners = PaintSheet(canvases.styles(scale), scale.cell).corners[neighbours]
    collage = _collage(canvases.styles(scale)[0], corners, scale)
    return {"search": searching, "step": stepping, "touch": touching}, collage


def _collage(style: Tensor, corners: Tensor, scale: Scale) -> Tensor:
    """(1, 3, H, W): each cell of the canvas as the pixels of the style's cell at its corner."""
    width, height = scale.canvas
    side = torch.arange(scale.cell, device=style.device)
    places = corners[:, None, None] + side[:, None] * style.shape[3] + side
    pixels = style[0].flatten(1)[:, places].view(3, height // scale.cell, -1, *places.shape[1:])
    return pixels.permute(0, 1, 3, 2, 4).reshape(1, 3, height, width)


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result
