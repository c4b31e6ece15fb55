"""The river: a bank in summer, in dots of pure colours."""

import numpy as np
from drawing import Array, Rng, blur, grid, mix, noise, palette, smoothstep
from painting import Canvas

HEIGHT, WIDTH = 768, 1024
EVERYWHERE = np.ones((HEIGHT, WIDTH), np.float32)


def river(rng: Rng) -> Array:
    """Return a river bank in summer, in dots of pure colours."""
    color = _river_bank(rng)
    canvas = Canvas(palette(0.5 * EVERYWHERE, "#e9dcc0", "#d8cba8"))
    for radius, cover, spread in (
        (7.0, 1.6, 0.16),
        (5.0, 1.8, 0.20),
        (3.6, 1.8, 0.22),
        (2.4, 0.7, 0.26),
    ):
        count = int(cover * HEIGHT * WIDTH / (np.pi * radius**2))
        centers = rng.random((count, 2)) * (HEIGHT, WIDTH)
        row, column = centers.astype(int).T
        canvas.dots(centers, _divided(rng, color[row, column], spread), radius)
    return canvas.lit(relief=1.5, gloss=0.05, smooth=1.0)


def _divided(rng: Rng, colors: Array, spread: float) -> Array:
    """Split colours into purer neighbours and a few opposites that mix in the eye to the same."""
    grey = colors.mean(1, keepdims=True)
    purer = grey + 1.35 * (colors - grey) + spread * rng.standard_normal(colors.shape) * 0.55
    opposite = grey - 0.9 * (colors - grey) + 0.12
    rare = rng.random((len(colors), 1)) < 0.09
    return np.clip(np.where(rare, opposite, purer), 0.03, 0.99).astype(np.float32)


def _river_bank(rng: Rng) -> Array:
    x, y = grid(HEIGHT, WIDTH)
    soft, leafy = noise(rng, HEIGHT, WIDTH, 160, 2), blur(noise(rng, HEIGHT, WIDTH, 45, 1.3), 2)
    color = palette(y / 0.42 + 0.09 * soft, "#5f9fd6", "#9cc7e4", "#e3e3d2", "#f7dcae")
    far_bank = smoothstep(0, 0.01, y - 0.405 + 0.03 * np.sin(5 * x + 1) + 0.010 * leafy)
    color = mix(
        color, palette((y - 0.36) / 0.1 + 0.2 * leafy, "#a9bf8a", "#5f9a86", "#3b5f93"), far_bank
    )
    ripples = np.sin(120 * np.clip(y - 0.4, 0, 1) ** 0.7 + 2 * soft)
    water = palette((y - 0.46) / 0.4 + 0.12 * ripples, "#dfe6d4", "#8fbcd8", "#4f8cc4", "#2f5fa6")
    color = mix(color, water, smoothstep(0, 0.006, y - 0.46))
    for cx, foot, size in ((0.74, 0.53, 0.20), (0.90, 0.485, 0.11), (0.60, 0.475, 0.07)):
        rise, off = (foot - y) / size, (x - cx) / size
        sail = (rise > 0.05) & (np.abs(off + 0.1 * rise) < 0.34 * (1.1 - rise)) & (rise < 1.1)
        hull = (np.abs(rise) < 0.05) & (np.abs(off) < 0.40 + rise)
        mirror = (
            (rise < -0.05) & (np.abs(off - 0.1 * rise) < 0.30 * (0.9 + rise)) & (ripples > -0.6)
        )
        color = mix(
            color, palette(0.5 + off, "#ffe0a0", "#f58a4a", "#d2403f"), sail.astype(np.float32)
        )
        color = mix(
            color, palette(0.5 + off, "#ffd9a0", "#e8785a"), 0.65 * mirror.astype(np.float32)
        )
        color = mix(color, palette(0.5 + off, "#b0402f", "#3a2a5a"), hull.astype(np.float32))
    bank = 0.70 + 0.10 * x + 0.02 * np.sin(7 * x) - 0.10 * smoothstep(0.9, 1.33, x)
    lawn = palette((y - bank) / 0.3 + 0.13 * soft, "#e8dc6a", "#a9c94f", "#5fa34a", "#2f7a5a")
    color = mix(color, lawn, smoothstep(0, 0.008, y - bank))
    shade = smoothstep(0.35, 1.0, soft + np.sin(9 * x + 22 * y))
    color = mix(
        color, palette(y, "#3a5a9a", "#2f4a8c"), 0.55 * shade * smoothstep(0.02, 0.08, y - bank)
    )
    return _trees(leafy, color)


def _trees(leafy: Array, color: Array) -> Array:
    x, y = grid(HEIGHT, WIDTH)
    for cx, cy, size, foot in (
        (0.16, 0.28, 0.25, 0.86),
        (1.16, 0.30, 0.22, 0.80),
        (0.40, 0.40, 0.10, 0.76),
    ):
        trunk = (
            (np.abs(x - cx - 0.02 * np.sin(9 * y)) < 0.07 * size * (1 + (y - cy)))
            & (y > cy)
            & (y < foot)
        )
        color = mix(
            color,
            palette(0.5 + (x - cx) / (0.1 * size), "#d98a4a", "#5a3a6a"),
            trunk.astype(np.float32),
        )
        far = np.hypot(x - cx, 1.15 * (y - cy)) / size + 0.16 * leafy
        crown = smoothstep(1.02, 0.94, far)
        light = 0.5 - 0.5 * ((x - cx) + 1.3 * (y - cy)) / size + 0.22 * leafy
        leaves = palette(light, "#23396f", "#24684f", "#5f9a3f", "#c9cf4a", "#fbe88a")
        color = mix(color, leaves, crown)
    return color
