"""How a painting fits into memory, or that it does not, told before it starts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from engine.blocks import BORDER, MOST_ELEMENTS, stride_of
from engine.container import Room, rooms_in_container
from engine.device import Device, give_back_memory
from engine.errors import OutOfMemory
from engine.presets import Recipe
from engine.request import SMALLEST_SIDE
from engine.scales import GRID, MOST_STYLE_CELLS, Scale
from engine.sharing import painters_on

# Values per pixel of the picture: what each convolution and each pooling leaves for the backward
# pass (64 + 64 channels at full size, 128 + 128 at half the side, and so on), and what passes
# through beside them: gradients, reordered blocks, gaps. The latter figures were measured on a
# CPU in BF16 at 256 to 1024 pixels; in FP32 they are up to a third too much.
KEPT_PER_PIXEL = 320
PASSING_PER_PIXEL = 448
CONTENT_PER_PIXEL = 112  # of the latter, the targets of `mural` and the differences from them
SEEN_PER_PIXEL = 128  # passing through where there is no backward pass: 25 measured on a CPU
COPIED_PER_PIXEL = 128  # of a block: its core is cut out of the features that it sees
PLACES_BYTES = 128  # per pixel, on the way back through max pooling: where the maxima are
DESCRIPTION_BYTES = 4 * (128 + 256 + 512)  # of a cell, float32
FIXED_BYTES = 250 * 2**20
CANVASES = 10  # float32 pictures: canvas, optimiser, content, and those in passing

LARGEST_BLOCK = 2048  # pixels
SMALLEST_BLOCK = 256  # pixels; smaller ones would mostly be borders
SMALLEST_HISTORY = 2
SHARE = 0.9  # of what is free, to be planned with
WIDEST = 64  # channels of the first features, which have the picture's full size
# How much more work a painting is with half the pairs in L-BFGS's memory: the steps more to the
# same loss, measured with `mural` at 192 pixels.
WORK_OF_HALF_THE_HISTORY = 1.15


@dataclass(frozen=True)
class Plan:
    """How a painting is fitted into memory."""

    block_side: int  # pixels; pictures with a longer side are painted in blocks of about this
    history: int  # pairs of pictures that L-BFGS remembers
    keeps_content: bool = True  # the content's features; else they are computed at every step


Sizes = Sequence[tuple[int, int]]  # (width, height) each


def estimate_bytes(
    size: tuple[int, int],
    device: Device,
    recipe: Recipe,
    plan: Plan | None = None,
    styles: Sizes = (),
) -> int:
    """Bytes that painting a (width, height) takes, besides the program and the weights.

    Without a plan it is painted as a whole, with the recipe's own history. `styles` are the sizes
    at which those are seen, once and one after the other, before the first step.
    """
    plan = plan or Plan(max(size), recipe.history)
    pixels = size[0] * size[1]
    width = torch.finfo(device.dtype).bits // 8
    kept = {tap: _values_per_pixel(tap) for tap in recipe.content_taps}
    # A ReLU is in place, so a tap before it is a copy.
    before_relu = sum(values for tap, values in kept.items() if tap.startswith("conv"))
    more_content = max(0.0, 2 * sum(kept.values()) - CONTENT_PER_PIXEL)
    per_pixel = (KEPT_PER_PIXEL + PASSING_PER_PIXEL + before_relu + more_content) * width
    at_a_time = pixels_at_a_time(size, plan.block_side)
    content = sum(kept.values()) * width
    beside = 0.0
    if recipe.pooling == "max":
        per_pixel += PLACES_BYTES
    if at_a_time < pixels:  # the content of a whole one is within what was measured
        per_pixel += COPIED_PER_PIXEL * width
        beside = pixels * content if plan.keeps_content else 0.0
    canvases = CANVASES + (2 * plan.history if recipe.optimiser == "lbfgs" else 0)
    step = at_a_time * per_pixel + beside + pixels * 3 * 4 * canvases
    seen_pixel = (KEPT_PER_PIXEL + SEEN_PER_PIXEL + before_relu) * width
    targets = [
        pixels_at_a_time(one, plan.block_side) * seen_pixel + one[0] * one[1] * 3 * 4 * CANVASES
        for one in (size, *styles)
    ]
    return int(FIXED_BYTES + max(step, _cells_bytes(size, device, recipe, styles) + max(targets)))


def budget_after(
    size: tuple[int, int], device: Device, recipe: Recipe, plan: Plan, styles: Sizes = ()
) -> int:
    """Room for the next plan, after one that did not fit.

    A quarter less than what it was estimated to take; but the smallest plan is tried, too.
    """
    estimate = estimate_bytes(size, device, recipe, plan, styles)
    least = min(
        estimate_bytes(size, device, recipe, one, styles) for one in _plans(max(size), recipe)
    )
    less = FIXED_BYTES + reduced_budget(estimate - FIXED_BYTES)
    return max(less, least) if estimate > least else less


def reduced_budget(budget: int) -> int:
    """The bytes to plan with once something did not fit that should have."""
    return budget * 3 // 4


def pixels_at_a_time(size: tuple[int, int], block_side: int) -> int:
    """How many pixels of a (width, height) the network sees at once, borders included."""
    width, height = (
        side if side <= block_side else min(side, block_side + 2 * BORDER) for side in size
    )
    return width * height


def _cells_bytes(size: tuple[int, int], device: Device, recipe: Recipe, styles: Sizes) -> float:
    """Bytes that are kept while neighbours are looked for: features, and descriptions of cells."""
    if recipe.matching is None:
        return 0
    width = torch.finfo(device.dtype).bits // 8
    pixels = [one[0] * one[1] for one in (size, *styles)]
    features = 2 * sum(pixels[1:]) * sum(_values_per_pixel(tap) for tap in recipe.content_taps)
    area = Scale(*size, steps=1).cell ** 2
    # One picture's are made in three copies; those that the styles' sample keeps are put together.
    compared = min(sum(pixels[1:]) / area, MOST_STYLE_CELLS)
    return features * width + (3 * max(pixels) / area + 2 * compared) * DESCRIPTION_BYTES


def _values_per_pixel(tap: str) -> float:
    """Of the picture: 512 channels at most, at the tap's stride."""
    stride = stride_of(tap)
    return min(64 * stride, 512) / stride**2


def free_bytes(device: Device) -> int:
    """Bytes that this process may still take of the device; on the CPU within its container too.

    Where several processes paint on one device, each has an equal part of its memory.
    """
    give_back_memory()  # else what torch and the C library keep for themselves counts as taken
    if device.is_cuda:
        free, total = torch.cuda.mem_get_info(device.torch_device)
        gpu = torch.cuda.get_device_properties(device.torch_device).uuid
        return int(min(free, total / painters_on(str(gpu))))
    import psutil  # here, because a GPU needs none

    memory = psutil.virtual_memory()
    rooms = [Room(memory.available, memory.total), *rooms_in_container()]
    free = min(room.free for room in rooms)
    painters = painters_on("cpu")
    if painters > 1:
        part = min(room.total for room in rooms) // painters
        free = min(free, max(0, part - psutil.Process().memory_info().rss))
    return free


def budget_for(device: Device, limit: int | None = None) -> int:
    """Bytes to plan a painting with; of a limit, what this process has not taken already.

    Raises OutOfMemory where a limit is too small for the program alone.
    """
    budget = int(SHARE * free_bytes(device))
    if limit is None:
        return budget
    if device.is_cuda:
        return min(limit, budget)
    import psutil

    taken = psutil.Process().memory_info().rss
    least = taken + FIXED_BYTES
    if limit < least:
        raise OutOfMemory(
            "The program alone takes {taken} GiB of memory: allow it at least {least} GiB.",
            taken=round(taken / 2**30, 1),
            least=math.ceil(10 * least / 2**30) / 10,
        )
    return limit - taken


def plan_memory(
    size: tuple[int, int], device: Device, recipe: Recipe, budget: int, styles: Sizes = ()
) -> Plan:
    """How to paint a (width, height) within `budget` bytes, besides the program and the weights.

    With the least work: as a whole where that fits, else in blocks and with a shorter memory of
    L-BFGS, whichever costs less. Raises OutOfMemory, naming a size that fits, where nothing does.
    """
    plan = _first_that_fits(size, device, recipe, budget, styles)
    if plan is None:
        raise does_not_fit(size, device, recipe, budget, styles)
    return plan


def does_not_fit(
    size: tuple[int, int], device: Device, recipe: Recipe, budget: int, styles: Sizes = ()
) -> OutOfMemory:
    """The error for what does not fit into `budget` bytes, naming a size that does."""

    def fits(side: int) -> bool:
        factor = side / max(size)
        smaller = [_times(style, factor, GRID / 2) for style in styles]  # they were rounded
        return _first_that_fits(_times(size, factor), device, recipe, budget, smaller) is not None

    sides = range((max(size) - 1) // 32 * 32, SMALLEST_SIDE, -32)
    side = next(filter(fits, sides), None)
    width, height = size
    gib = round(budget / 2**30, 1)
    if side is None:
        return OutOfMemory(
            "Painting {width}x{height} does not fit into the {room} GiB that can be had: free "
            "some memory first.",
            width=width,
            height=height,
            room=gib,
        )
    return OutOfMemory(
        "Painting {width}x{height} does not fit into the {room} GiB that can be had: size {side} "
        "would fit.",
        width=width,
        height=height,
        room=gib,
        side=side,
    )


def block_side_in_fp32(
    size: tuple[int, int], device: Device, recipe: Recipe, budget: int, plan: Plan
) -> int:
    """The side of the blocks, in pixels, in which a step of a plan is repeated in FP32.

    Within `budget` bytes, where that can be.
    """
    side = plan.block_side
    while side > SMALLEST_BLOCK:
        smaller = Plan(side, plan.history, plan.keeps_content)
        if estimate_bytes(size, device.in_fp32, recipe, smaller) <= budget:
            break
        side = max(SMALLEST_BLOCK, side // 2)
    return side


def _times(size: tuple[int, int], factor: float, more: float = 0.0) -> tuple[int, int]:
    """A size, or some pixels more, so many times as large: its sides lie on the grid again."""
    width, height = (math.ceil((side + more) * factor) for side in size)
    return Scale(width, height, steps=1).canvas


def _first_that_fits(
    size: tuple[int, int], device: Device, recipe: Recipe, budget: int, styles: Sizes
) -> Plan | None:
    seen = (size, *styles)
    for plan in _plans(max(size), recipe):
        most = max(pixels_at_a_time(one, plan.block_side) for one in seen) * WIDEST
        most = max(most, plan.history * 3 * size[0] * size[1])  # of L-BFGS's moves
        if most <= MOST_ELEMENTS and estimate_bytes(size, device, recipe, plan, styles) <= budget:
            return plan
    return None


def _plans(long_side: int, recipe: Recipe) -> list[Plan]:
    """From the least work to the most; of the same work, the one that needs more memory first."""
    cuts = [(long_side, True)]
    side = LARGEST_BLOCK
    while side >= SMALLEST_BLOCK:
        if side < long_side:
            cuts.append((side, True))
            if recipe.matching is None:  # else the targets are the styles', and always kept
                cuts.append((side, False))
        side //= 2
    histories = [recipe.history] if recipe.optimiser == "lbfgs" else [0]
    while histories[-1] > SMALLEST_HISTORY:
        histories.append(max(SMALLEST_HISTORY, histories[-1] // 2))
    plans = [Plan(side, history, keeps) for history in histories for side, keeps in cuts]
    return sorted(plans, key=lambda plan: _work(plan, long_side, histories[0]))


def _work(plan: Plan, long_side: int, full_history: int) -> float:
    """What a plan costs to the same loss, in passes through the network for each step.

    Borders are counted as what they add to a block.
    """
    passes = 2.0
    if plan.block_side < long_side:
        border = (1 + 2 * BORDER / plan.block_side) ** 2
        passes = (3 if plan.keeps_content else 4) * border
    if plan.history == full_history:
        return passes
    return float(passes * WORK_OF_HALF_THE_HISTORY ** math.log2(full_history / plan.history))
