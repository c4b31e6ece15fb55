"""Whether a painting fits into memory, told before it starts."""

import math
from pathlib import Path

import psutil
import torch

from engine.device import Device
from engine.errors import OutOfMemory
from engine.presets import SMALLEST_SIDE, Recipe

# Values per pixel of the picture: what each convolution and each pooling leaves for the backward
# pass (64 + 64 channels at full size, 128 + 128 at half the side, and so on), and what passes
# through beside them: gradients, reordered blocks, gaps. The latter two figures were measured on a
# CPU in BF16 at 256 to 1024 pixels; in FP32 they are up to a third too much.
KEPT_PER_PIXEL = 320
PASSING_PER_PIXEL = 448
FIXED_BYTES = 250 * 2**20
CANVASES = 12  # float32 pictures: canvas, optimiser, content, and those in passing
CGROUP = Path("/sys/fs/cgroup")


def estimate_bytes(size: tuple[int, int], device: Device, recipe: Recipe) -> int:
    """Bytes that painting a (width, height) takes, besides the program and the weights."""
    pixels = size[0] * size[1]
    width = torch.finfo(device.dtype).bits // 8
    before_relu = 64 if any(tap.startswith("conv") for tap in recipe.content_taps) else 0
    features = pixels * (KEPT_PER_PIXEL + PASSING_PER_PIXEL + before_relu) * width
    canvases = CANVASES + (2 * recipe.history if recipe.optimiser == "lbfgs" else 0)
    return FIXED_BYTES + features + pixels * 3 * 4 * canvases


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


def check_memory(
    size: tuple[int, int], device: Device, recipe: Recipe, free: int | None = None
) -> None:
    """Raise OutOfMemory, naming a size that fits, where a (width, height) would not.

    `free` is in bytes; None asks the device.
    """
    free = free_bytes(device) if free is None else free
    need = estimate_bytes(size, device, recipe)
    if need <= free:
        return
    room = max(0, free - FIXED_BYTES) / (need - FIXED_BYTES)
    fits = int(max(size) * math.sqrt(room)) // 32 * 32
    advice = f"size {fits} would fit" if fits >= SMALLEST_SIDE else "free some memory first"
    raise OutOfMemory(
        f"Painting {size[0]}x{size[1]} takes about {need / 2**30:.1f} GiB and "
        f"{free / 2**30:.1f} GiB are free: {advice}."
    )
