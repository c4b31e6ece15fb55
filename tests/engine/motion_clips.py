"""Clips of known motion, made of noise that shows how everything moves."""

import io
import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from engine.motion.clip import Clip
from engine.motion.writing import write_film


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


def animation(frames: list[Image.Image], form: str, milliseconds: int = 100) -> bytes:
    """Encode an animation as Pillow does."""
    buffer = io.BytesIO()
    frames[0].save(
        buffer, form, save_all=True, append_images=frames[1:], duration=milliseconds, loop=0
    )
    return buffer.getvalue()


def video(frames: list[Image.Image], seconds: float, sound: bytes = b"") -> bytes:
    """Encode an MP4 whose frames last so many seconds each."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        write_film(Clip(frames, (seconds,) * len(frames), loops=False, sound=sound), path)
        return path.read_bytes()
