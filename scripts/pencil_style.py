"""The cat in pencil: thousands of hatched lines of coloured pencil and chalk on toned paper.

It is drawn after the photograph of Chelsea the cat that comes with the package (CC0).
"""

import numpy as np
from drawing import Array, Rng, blur, mix, noise, palette, smoothstep
from painting import Brush, Canvas
from photographs import detail, form, photograph

HEIGHT, WIDTH = 680, 1024
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
PENCIL = Brush(3.6, 54, 1.5, 0.66, dryness=0.62, jitter=0.05, streaks=0.25, body=0, stop=0.35)
SHARP = Brush(2.6, 32, 2.0, 0.75, dryness=0.5, streaks=0.2, body=0, taper=1, stop=0.22)
SHARPEST = Brush(1.8, 18, 2.6, 0.85, dryness=0.4, streaks=0.2, body=0, taper=1, stop=0.18)
CHALK = Brush(3.4, 40, 1.6, 0.8, dryness=0.6, streaks=0.2, body=0, taper=0.9, stop=0.4)


def cat(rng: Rng) -> Array:
    """Return a cat, hatched."""
    photo = photograph("cat", WIDTH, HEIGHT)
    low, high = np.percentile(photo.mean(2), (1, 99))
    photo = np.clip((photo - low) / (high - low), 0, 1)
    value = blur(photo.mean(2), 1.2)
    free = -0.9 + 0.25 * noise(rng, HEIGHT, WIDTH, 200, 2.2)
    angle = form(photo, (4, 10, 30), free, 40)
    everywhere = np.ones((HEIGHT, WIDTH), np.float32)
    rough = noise(rng, HEIGHT, WIDTH, 3, 0.6) + 0.6 * noise(rng, HEIGHT, WIDTH, 12, 1.2)
    canvas = Canvas(palette(0.5 + 0.16 * rough, *PAPER))
    fine = detail(photo, 2)
    dark, light = smoothstep(0.75, 0.15, value), smoothstep(0.50, 0.95, value)
    grey = photo.mean(2, keepdims=True)
    local = np.clip(grey + 1.5 * (photo - grey), 0, 1)
    for brush, turn, where in (
        (PENCIL, 0.0, 0.55 * everywhere),
        (PENCIL, 0.0, 0.35 + 0.65 * dark),
        (PENCIL, 0.55, 0.75 * dark),
        (PENCIL, -0.6, dark**2),
        (SHARP, 0.0, fine),
        (SHARPEST, 0.0, fine**2),
    ):
        color = _from_the_box(rng, local.astype(np.float32))
        canvas.paint(rng, brush, color, (angle + turn).astype(np.float32), where.astype(np.float32))
    white = mix(
        _from_the_box(rng, np.clip(local * 1.2, 0, 1)),
        palette(0 * value, PENCILS[-1], PENCILS[-1]),
        0.7 * light,
    )
    canvas.paint(rng, CHALK, white, angle, light**1.5)
    dust = 1 + 0.035 * rough + 0.03 * noise(rng, HEIGHT, WIDTH, 2, 0.4)
    return np.clip(canvas.lit(0) * dust[..., None], 0, 1).astype(np.float32)


def _from_the_box(rng: Rng, color: Array) -> Array:
    """Return for every place the pencil that is near its colour; neighbours choose differently."""
    box = np.concatenate([palette(0.0, name, name)[None] for name in PENCILS])
    wanted = color[..., None, :] + 0.10 * rng.standard_normal((*color.shape[:2], 1, 3))
    nearest = ((wanted - box) ** 2).sum(-1).argmin(-1)
    return (0.75 * box[nearest] + 0.25 * color).astype(np.float32)
