"""The river: a bank in summer, in dots of pure colours."""

import numpy as np
from drawing import Array, Rng, blur, grid, mix, noise, palette, smoothstep, streaked
from painting import Brush, Canvas

HEIGHT, WIDTH = 768, 1024
EVERYWHERE = np.ones((HEIGHT, WIDTH), np.float32)


def river(rng: Rng) -> Array:
    """Return a river bank in summer, in dabs of pure colours."""
    color, angle = _river_bank(rng)
    canvas = Canvas(palette(0.5 * EVERYWHERE, "#e9dcc0", "#d8cba8"))
    under = Brush(16, 34, 1.8, jitter=0.06, body=0.5, taper=0.3)
    canvas.paint(rng, under, blur(color, 3), angle, EVERYWHERE)
    for radius, cover, spread in ((4.6, 1.1, 0.13), (3.7, 1.2, 0.15), (2.7, 0.8, 0.17)):
        count = int(cover * HEIGHT * WIDTH / (np.pi * radius**2))
        centers = rng.random((count, 2)) * (HEIGHT, WIDTH)
        row, column = centers.astype(int).T
        colors = _divided(rng, color[row, column], spread)
        dab = Brush(2 * radius, 2.5 * radius, taper=0.75, body=1.3, streaks=0.07, dryness=0.15)
        turn = angle[row, column] + 0.35 * rng.standard_normal(count)
        reach = np.stack([np.sin(turn), np.cos(turn)], 1) * dab.length / 2
        paths = np.stack([centers - reach, centers, centers + reach], 1)
        for path, paint in zip(paths, colors, strict=True):
            canvas.stroke(rng, dab, path, paint)
    return canvas.lit(relief=1.1, gloss=0.08, smooth=0.9)


def _divided(rng: Rng, colors: Array, spread: float) -> Array:
    """Split colours into purer neighbours and a few opposites that mix in the eye to the same."""
    grey = colors.mean(1, keepdims=True)
    purer = grey + 1.12 * (colors - grey) + spread * rng.standard_normal(colors.shape) * 0.5
    opposite = grey - 0.7 * (colors - grey) + 0.08
    rare = rng.random((len(colors), 1)) < 0.08
    return np.clip(np.where(rare, opposite, purer), 0.03, 0.99).astype(np.float32)


def _river_bank(rng: Rng) -> tuple[Array, Array]:
    x, y = grid(HEIGHT, WIDTH)
    soft = noise(rng, HEIGHT, WIDTH, 160, 2)
    leafy = blur(noise(rng, HEIGHT, WIDTH, 45, 1.3), 2)
    drift = streaked(noise(rng, HEIGHT, WIDTH, 40, 1.8), np.full_like(x, -0.35), 160)
    color = palette(y / 0.42 + 0.12 * drift, "#4f8fd0", "#8fc0e6", "#dfe6dc", "#fbdca6", "#f7c08a")
    angle = np.full_like(x, -0.35)
    far_bank = smoothstep(0, 0.01, y - 0.375 + 0.035 * np.sin(5 * x + 1) + 0.014 * leafy)
    hills = palette((y - 0.34) / 0.1 + 0.25 * leafy, "#c2c98a", "#6fae86", "#3f6f9f", "#33508f")
    color = mix(color, hills, far_bank)
    angle = np.where(far_bank > 0.5, 1.2, angle)
    ripples = streaked(noise(rng, HEIGHT, WIDTH, 12, 1.4), np.zeros_like(x), 120)
    water = palette(
        (y - 0.46) / 0.34 + 0.17 * ripples, "#f4e3b8", "#bcd8d4", "#6fb0d8", "#3f7fc8", "#2c58a8"
    )
    shore = smoothstep(0, 0.006, y - 0.46)
    color = mix(color, water, shore)
    angle = np.where(shore > 0.5, 0.0, angle)
    color = _sails(ripples, color)
    bank = 0.70 + 0.10 * x + 0.02 * np.sin(7 * x) - 0.14 * smoothstep(0.8, 1.33, x)
    lawn = palette((y - bank) / 0.3 + 0.14 * soft, "#ead98a", "#b5c25c", "#6f9f4c", "#2f7454")
    meadow = smoothstep(0, 0.006, y - bank)
    color = mix(color, lawn, meadow)
    angle = np.where(meadow > 0.5, -0.9 + 0.4 * soft, angle)
    shade = smoothstep(-0.15, 0.25, np.sin(7.5 * x + 26 * y + 0.9 * soft) - 0.25)
    color = mix(
        color,
        palette(y, "#35627a", "#2b4c80", "#204a5a"),
        0.75 * shade * smoothstep(0.02, 0.06, y - bank),
    )
    color, angle = _trees(leafy, color, angle)
    for place in ((0.56, 0.775, 0.15), (0.63, 0.78, 0.14), (0.98, 0.95, 0.36)):
        color = _lady(color, *place)
    return color, angle.astype(np.float32)


def _sails(ripples: Array, color: Array) -> Array:
    x, y = grid(HEIGHT, WIDTH)
    for cx, foot, size, paint in (
        (0.74, 0.53, 0.22, ("#fff3c8", "#f7a04a", "#d2403f")),
        (0.93, 0.49, 0.13, ("#fffbe8", "#f0e0c0", "#a58fc0")),
        (0.57, 0.475, 0.08, ("#fff3c8", "#f08a5a", "#b0405f")),
    ):
        rise, off = (foot - y) / size, (x - cx) / size
        sail = (
            (rise > 0.05)
            & (rise < 1.2)
            & (off > -0.26 + 0.16 * rise)
            & (off < 0.36 * (1.2 - rise) - 0.02)
        )
        hull = (np.abs(rise) < 0.06) & (np.abs(off) < 0.40 + rise)
        mirror = (rise < -0.06) & (rise > -1) & (np.abs(off) < 0.28 * (1 + rise)) & (ripples > -0.4)
        color = mix(color, palette(0.45 + 1.2 * off, *paint), sail.astype(np.float32))
        color = mix(color, palette(0.45 + 1.2 * off, *paint), 0.7 * mirror.astype(np.float32))
        color = mix(color, palette(0.5 + off, "#a8402f", "#2a2a5a"), hull.astype(np.float32))
    return color


def _trees(leafy: Array, color: Array, angle: Array) -> tuple[Array, Array]:
    x, y = grid(HEIGHT, WIDTH)
    for cx, cy, size, foot in (
        (0.42, 0.36, 0.11, 0.76),
        (1.20, 0.24, 0.24, 0.80),
        (0.13, 0.22, 0.29, 0.93),
    ):
        bend = cx + 0.03 * np.sin(7 * y + 9 * cx) * (y - cy)
        half = size * (0.055 + 0.10 * smoothstep(foot - 0.12, foot, y))
        trunk = (np.abs(x - bend) < half) & (y > cy) & (y < foot)
        bark = palette(0.5 + (x - bend) / (2 * half) + 0.1 * leafy, "#f0a05a", "#a8503f", "#3a2a6a")
        color = mix(color, bark, trunk.astype(np.float32))
        angle = np.where(trunk, 1.57, angle)
        for dx, dy, share in (
            (-0.62, 0.16, 0.55),
            (0.60, 0.22, 0.55),
            (-0.30, -0.42, 0.62),
            (0.34, -0.34, 0.66),
            (0.0, 0.02, 0.72),
        ):
            mx, my, radius = cx + dx * size, cy + dy * size, share * size
            far = np.hypot(x - mx, 1.2 * (y - my)) / radius + 0.13 * leafy
            light = 0.46 - 0.42 * ((x - mx) + 1.5 * (y - my)) / radius + 0.20 * leafy
            leaves = palette(
                light, "#1c2757", "#1d4a58", "#37703f", "#7c9a3c", "#cdbf52", "#f4e3a0"
            )
            crown = smoothstep(1.02, 0.94, far)
            color = mix(color, leaves, crown)
            angle = np.where(crown > 0.5, np.arctan2(y - my, x - mx) + 1.57, angle)
    return color, angle


def _lady(color: Array, cx: float, foot: float, size: float) -> Array:
    """Add a lady with a parasol."""
    x, y = grid(HEIGHT, WIDTH)
    rise, off = (foot - y) / size, (x - cx) / size
    side = 0.5 + 2.2 * off
    skirt = (rise > 0) & (rise < 0.50) & (np.abs(off + 0.05 * rise) < 0.21 - 0.28 * rise)
    waist = (rise >= 0.48) & (rise < 0.74) & (np.abs(off + 0.02) < 0.075 + 0.02 * np.sin(9 * rise))
    arm = np.abs(off - 0.10 - 0.35 * (rise - 0.62)) + np.abs(rise - 0.66) < 0.075
    head = np.hypot(off + 0.01, rise - 0.81) < 0.062
    hat = (np.abs(rise - 0.87) < 0.03) & (np.abs(off) < 0.10) | (np.hypot(off, rise - 0.89) < 0.055)
    stick = (np.abs(off - 0.17) < 0.012) & (rise > 0.6) & (rise < 1.05)
    shade = (np.hypot((off - 0.17) / 1.35, rise - 0.98) < 0.22) & (rise > 0.98)
    cast = (np.abs(rise + 0.03) < 0.05) & (off > -0.2) & (off < 0.9)
    for part, colors in (
        (cast, ("#2a4a80", "#1f4f66")),
        (skirt, ("#8a5ab0", "#4a3a9a", "#27246a")),
        (waist | arm, ("#d8506f", "#8a2f6a", "#4a2462")),
        (head, ("#fbcf9a", "#e89a6f")),
        (hat, ("#f2d06a", "#a86a3a")),
        (stick, ("#6a3f2a", "#3a2a4a")),
        (shade, ("#fbe6b0", "#f28a5a", "#c23f4f")),
    ):
        color = mix(color, palette(side, *colors), part.astype(np.float32))
    return color
