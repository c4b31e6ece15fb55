"""How a painting fits into memory, or that it does not, told before it starts."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch

from engine.blocks import BORDER, stride_of
from engine.device import Device
from engine.errors import OutOfMemory
from engine.presets import Recipe
from engine.request import SMALLEST_SIDE

# Values per pixel of the picture: what each convolution and each pooling leaves for the backward
# pass (64 + 64 channels at full size, 128 + 128 at half the side, and so on), and what passes
# through beside them: gradients, reordered blocks, gaps. The latter two figures were measured on a
# CPU in BF16 at 256 to 1024 pixels; in FP32 they are up to a third too much.
KEPT_PER_PIXEL = 320
PASSING_PER_PIXEL = 448
COPIED_PER_PIXEL = 128  # of a block: its core is cut out of the features that it sees
FIXED_BYTES = 250 * 2**20
CANVASES = 10  # float32 pictures: canvas, optimiser, content, and those in passing
CGROUP = Path("/sys/fs/cgroup")


LARGEST_BLOCK = 2048  # pixels
SMALLEST_BLOCK = 256  # pixels; smaller ones would mostly be borders
SMALLEST_HISTORY = 2
SHARE = 0.9  # of what is free, to be planned with


@dataclass(frozen=True)
class Plan:
    """How a painting is fitted into memory."""

    block_side: int  # pixels; pictures with a longer side are painted in blocks of about this
    history: int  # pairs of pictures that L-BFGS remembers
    keeps_content: bool = True  # the content's features; else they are computed at every step


def estimate_bytes(
    size: tuple[int, int], device: Device, recipe: Recipe, plan: Plan | None = None
) -> int:
    """Bytes that painting a (width, height) takes, besides the program and the weights.

    Without a plan it is painted as a whole, with the recipe's own history.
    """
    plan = plan or Plan(max(size), recipe.history)
    pixels = size[0] * size[1]
    width = torch.finfo(device.dtype).bits // 8
    before_relu = 64 if any(tap.startswith("conv") for tap in recipe.content_taps) else 0
    per_pixel = (KEPT_PER_PIXEL + PASSING_PER_PIXEL + before_relu) * width
    at_a_time = 1
    for side in size:
        at_a_time *= side if side <= plan.block_side else min(side, plan.block_side + 2 * BORDER)
    content = sum(_values_per_pixel(tap) for tap in recipe.content_taps) * width
    beside = 0.0
    if at_a_time < pixels:  # the content of a whole one is within what was measured
        per_pixel += COPIED_PER_PIXEL * width
        beside = pixels * content if plan.keeps_content else 0.0
    canvases = CANVASES + (2 * plan.history if recipe.optimiser == "lbfgs" else 0)
    return int(FIXED_BYTES + at_a_time * per_pixel + beside + pixels * 3 * 4 * canvases)


def _values_per_pixel(tap: str) -> float:
    """Of the picture: 512 channels at most, at the tap's stride."""
    stride = stride_of(tap)
    return min(64 * stride, 512) / stride**2


def free_bytes(device: Device, cgroup: Path = CGROUP) -> int:
    """Bytes that the device has left; on the CPU within this process's container too."""
    if device.is_cuda:
        free, _ = torch.cuda.mem_get_info(device.torch_device)
        return int(free)
    free = psutil.virtual_memory().available
    try:  # cgroup v2; "max" where there is no limit
        limit = int((cgroup / "memory.max").read_text())
        used = int((cgroup / "memory.current").read_text())
    except (OSError, ValueError):
        return free
    return min(free, max(0, limit - used))


def room_for(device: Device, limit: int | None = None) -> int:
    """Bytes to plan a painting with; of a limit, what this process has not taken already."""
    if limit is None:
        return int(SHARE * free_bytes(device))
    return limit if device.is_cuda else max(0, limit - psutil.Process().memory_info().rss)


def plan_memory(size: tuple[int, int], device: Device, recipe: Recipe, room: int) -> Plan:
    """How to paint a (width, height) within `room` bytes, besides the program and the weights.

    As a whole where that fits; then in smaller and smaller blocks; then with a shorter memory of
    L-BFGS. Raises OutOfMemory, naming a size that fits, where nothing does.
    """
    plan = _first_that_fits(size, device, recipe, room)
    if plan is not None:
        return plan
    smaller = range(max(size) // 32 * 32, SMALLEST_SIDE, -32)
    fits = (side for side in smaller if _first_that_fits(_at(size, side), device, recipe, room))
    side = next(fits, None)
    advice = "free some memory first" if side is None else f"size {side} would fit"
    raise OutOfMemory(
        f"Painting {size[0]}x{size[1]} does not fit into the {room / 2**30:.1f} GiB that can be "
        f"had: {advice}."
    )


def _at(size: tuple[int, int], long_side: int) -> tuple[int, int]:
    width, height = (math.ceil(side * long_side / max(size)) for side in size)
    return width, height


def _first_that_fits(
    size: tuple[int, int], device: Device, recipe: Recipe, room: int
) -> Plan | None:
    plans = _plans(max(size), recipe)
    return next((p for p in plans if estimate_bytes(size, device, recipe, p) <= room), None)


def _plans(long_side: int, recipe: Recipe) -> Iterator[Plan]:
    """From the fastest to the smallest."""
    cuts = [(long_side, True)]
    side = LARGEST_BLOCK
    while side >= SMALLEST_BLOCK:
        if side < long_side:
            cuts += [(side, True), (side, False)]
        side //= 2
    cuts.sort(key=lambda one: _passes(one[0], one[1], long_side))
    histories = [recipe.history] if recipe.optimiser == "lbfgs" else [0]
    while histories[-1] > SMALLEST_HISTORY:
        histories.append(max(SMALLEST_HISTORY, histories[-1] // 2))
    for history in histories:
        for block_side, keeps_content in cuts:
            yield Plan(block_side, history, keeps_content)


def _passes(block_side: int, keeps_content: bool, long_side: int) -> float:
    """Passes through the network that a step takes, borders counted as what they add to a block."""
    if block_side >= long_side:
        return 2
    return (3 if keeps_content else 4) * (1 + 2 * BORDER / block_side) ** 2
