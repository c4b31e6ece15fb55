"""Clips of known motion, made of noise that shows how everything moves."""

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor


def texture(height: int, width: int, seed: int = 0) -> Tensor:
    """Smooth noise of all sizes, (1, 3, H, W) in [0, 1]."""
    generator = torch.Generator().manual_seed(seed)
    layers = [
        F.interpolate(
            torch.rand(1, 3, height // side + 1, width // side + 1, generator=generator),
            (height, width),
            mode="bicubic",
        )
        for side in (4, 8, 16)
    ]
    mixed = torch.stack(layers).mean(0)
    return ((mixed - mixed.min()) / (mixed.max() - mixed.min())).clamp(0, 1)


def panned(shift: int, height: int = 64, width: int = 96) -> tuple[Tensor, Tensor]:
    """A frame, and the one after it, in which everything moved `shift` pixels to the left."""
    wide = texture(height, width + shift)
    return wide[..., :width], wide[..., shift:]


def as_picture(frame: Tensor) -> Image.Image:
    """A frame as a picture."""
    pixels = frame[0].permute(1, 2, 0).mul(255).round().to(torch.uint8).numpy()
    return Image.fromarray(np.ascontiguousarray(pixels))


def pan(count: int, step: int = 2, side: int = 64) -> list[Image.Image]:
    """Frames of a camera that moves to the right."""
    wide = texture(side, side + step * count)
    return [as_picture(wide[..., step * n : step * n + side]) for n in range(count)]
