"""The cat in pencil: thousands of hatched lines of coloured pencil and chalk on toned paper.

It is drawn after the photograph of Chelsea the cat that comes with the package (CC0).
"""

from pathlib import Path

import numpy as np
from drawing import Array, Rng, blur, mix, noise, palette, smoothstep
from painting import Brush, Canvas
from PIL import Image

WIDTH = 1024
PHOTOGRAPH = Path(__file__).parents[1] / "engine" / "bundled" / "pictures" / "cat.jpg"
PAPER = ("#c9b592", "#d8c6a4", "#e3d4b6")
PENCILS = (  # sRGB of the pencils in the box
    "#1b1a20",
    "#3a2a24",
    "#6b3a22",
    "#a85a28",
    "#d98a3a",
    "#f0bd74",
    "#b5483a",
    "#e0a08a",
    "#3f5a8a",
    "#6f8fb0",
    "#4f7a5a",
    "#8a6aa0",
    "#fbf6e8",
)


def cat(rng: Rng) -> Array:
    """Return a cat, hatched."""
    photo = _photograph()
    height, width, _ = photo.shape
    value = blur(photo.mean(2), 1.2)
    angle = _fur(rng, photo)
    everywhere = np.ones((height, width), np.float32)
    rough = noise(rng, height, width, 3, 0.6) + 0.6 * noise(rng, height, width, 12, 1.2)
    canvas = Canvas(palette(0.5 + 0.16 * rough, *PAPER))
    detail = _detail(photo)
    dark, light = smoothstep(0.75, 0.15, value), smoothstep(0.50, 0.95, value)
    local = np.clip(
        photo.mean(2, keepdims=True) + 1.5 * (photo - photo.mean(2, keepdims=True)), 0, 1
    )
    pencil = Brush(3.6, 54, 1.5, 0.66, dryness=0.62, jitter=0.05, streaks=0.25, body=0, stop=0.35)
    for brush, turn, where in (
        (pencil, 0.0, 0.55 * everywhere),
        (pencil, 0.0, 0.35 + 0.65 * dark),
        (pencil, 0.55, 0.75 * dark),
        (pencil, -0.6, dark**2),
        (
            Brush(2.6, 32, 2.0, 0.75, dryness=0.5, streaks=0.2, body=0, taper=1, stop=0.22),
            0.0,
            detail,
        ),
        (
            Brush(1.8, 18, 2.6, 0.85, dryness=0.4, streaks=0.2, body=0, taper=1, stop=0.18),
            0.0,
            detail**2,
        ),
    ):
        color = _from_the_box(rng, local.astype(np.float32))
        canvas.paint(rng, brush, color, (angle + turn).astype(np.float32), where.astype(np.float32))
    chalk = Brush(3.4, 40, 1.6, 0.8, dryness=0.6, streaks=0.2, body=0, taper=0.9, stop=0.4)
    white = mix(
        _from_the_box(rng, np.clip(local * 1.2, 0, 1)),
        palette(0 * value, PENCILS[-1], PENCILS[-1]),
        0.7 * light,
    )
    canvas.paint(rng, chalk, white, angle, light**1.5)
    dust = 1 + 0.035 * rough + 0.03 * noise(rng, height, width, 2, 0.4)
    return np.clip(canvas.lit(0) * dust[..., None], 0, 1).astype(np.float32)


def _photograph() -> Array:
    with Image.open(PHOTOGRAPH) as photo:
        size = (WIDTH, round(WIDTH * photo.height / photo.width) // 4 * 4)
        large = photo.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    pixels = (np.asarray(large) / 255).astype(np.float32)
    low, high = np.percentile(pixels.mean(2), (1, 99))
    return blur(np.clip((pixels - low) / (high - low), 0, 1), 1.6)


def _fur(rng: Rng, photo: Array) -> Array:
    """Return the angle along the fur, spread to where there is none."""
    dy, dx = np.gradient(blur(photo.mean(2), 1.5))
    double = np.stack([dx * dx - dy * dy, 2 * dx * dy], 2)
    spread = sum(blur(double, radius) * radius for radius in (4, 10, 30))
    along = np.arctan2(spread[..., 1], spread[..., 0]) / 2 + np.pi / 2
    weight = np.hypot(spread[..., 0], spread[..., 1])
    share = smoothstep(0.0, float(np.percentile(weight, 40)), weight)
    free = -0.9 + 0.25 * noise(rng, *weight.shape, 200, 2.2)
    x = share * np.cos(2 * along) + (1 - share) * np.cos(2 * free)
    y = share * np.sin(2 * along) + (1 - share) * np.sin(2 * free)
    return (np.arctan2(y, x) / 2).astype(np.float32)


def _from_the_box(rng: Rng, color: Array) -> Array:
    """Return for every place the pencil that is near its colour; neighbours choose differently."""
    box = np.concatenate([palette(0.0, name, name)[None] for name in PENCILS])
    wanted = color[..., None, :] + 0.10 * rng.standard_normal((*color.shape[:2], 1, 3))
    nearest = ((wanted - box) ** 2).sum(-1).argmin(-1)
    return (0.75 * box[nearest] + 0.25 * color).astype(np.float32)


def _detail(photo: Array) -> Array:
    """Return where a picture changes fast, (H, W) in [0, 1]."""
    change = blur(np.hypot(*np.gradient(blur(photo.mean(2), 1.0))), 2)
    return np.clip(change / np.percentile(change, 92), 0, 1).astype(np.float32)
