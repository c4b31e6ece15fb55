"""What paintings take of memory, against what was planned for them."""

import re

import pytest
import torch
from PIL import Image
from torch.profiler import ProfilerActivity, profile

from engine.device import Device
from engine.errors import OutOfMemory
from engine.memory import FIXED_BYTES, estimate_bytes, plan_memory
from engine.presets import settle
from engine.request import PaintSettings, StylizeRequest
from engine.scales import plan_scales, style_sizes
from engine.stylize import stylize
from engine.vgg19 import Encoder
from tests.engine.paintings import having

FP32 = Device(torch.device("cpu"), "fp32")
MIB = 2**20
SPARE = 0.95  # of the estimate; the rest is for what libraries and gaps in the heap take


@pytest.mark.parametrize("preset", ["mural", "gatys", "seed"])
def test_all_tensors_fit_into_the_estimate(
    preset: str, small: StylizeRequest, encoder: Encoder
) -> None:
    """At no moment are more bytes of tensors alive, without what is allowed for the libraries."""
    request = having(small, preset=preset, size=128, steps=3)
    recipe, _, _ = settle(request.settings)
    finest = plan_scales(request)[-1]
    styles = style_sizes(request, finest)
    estimate = estimate_bytes(finest.canvas, encoder.device, recipe, None, styles) - FIXED_BYTES

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as watched:
        stylize(request, encoder)

    alive = most = 0
    assert watched.profiler is not None
    for event in watched.profiler.kineto_results.events():
        if event.name() == "[memory]":
            alive += event.nbytes()
            most = max(most, alive)
    assert 0.5 * estimate < most < SPARE * estimate


@pytest.mark.parametrize("budget", [400, 500, 700, 900])
def test_the_size_that_is_named_fits(budget: int) -> None:
    """With its canvas and its styles on the grid, of shapes that the grid does not divide."""
    content, style = Image.new("RGB", (512, 64)), Image.new("RGB", (457, 123))

    def plan(size: int) -> None:
        request = StylizeRequest(content, (style,), PaintSettings(preset="gatys", size=size))
        recipe, _, _ = settle(request.settings)
        finest = plan_scales(request)[-1]
        plan_memory(finest.canvas, FP32, recipe, budget * MIB, style_sizes(request, finest))

    with pytest.raises(OutOfMemory) as caught:
        plan(4000)
    named = re.search(r"size (\d+) would fit", str(caught.value))
    assert named is not None
    plan(int(named[1]))
