"""The styles that are painted with a brush: a night, a sunset, a river in dots."""

import numpy as np
from drawing import (
    Array,
    Brush,
    Canvas,
    Rng,
    blur,
    grid,
    mix,
    noise,
    palette,
    smoothstep,
)

HEIGHT, WIDTH = 768, 1024
EVERYWHERE = np.ones((HEIGHT, WIDTH), np.float32)

# Whirls of the night: x, y, radius, direction. Stars: x, y, radius; the last is the moon.
WHIRLS = ((0.50, 0.33, 0.15, 1), (0.87, 0.44, 0.12, -1), (0.17, 0.46, 0.08, 1))
STARS = (
    (0.13, 0.14, 0.030),
    (0.34, 0.09, 0.022),
    (0.62, 0.10, 0.026),
    (0.84, 0.20, 0.020),
    (0.30, 0.27, 0.018),
    (0.70, 0.24, 0.016),
    (1.25, 0.44, 0.022),
    (0.05, 0.33, 0.018),
    (0.97, 0.10, 0.016),
    (1.14, 0.17, 0.062),
)


def night(rng: Rng) -> Array:
    """Return a valley under a whirling sky, in oil."""
    color, angle = _night_sky(rng)
    color, angle = _valley(rng, color, angle)
    canvas = Canvas(blur(color, 5) ** 1.3)
    fine = 0.15 + 0.85 * _detail(color)
    for brush, where in (
        (Brush(34, 170, 1.7, body=0.8, jitter=0.09), EVERYWHERE),
        (Brush(17, 100, 1.7, jitter=0.10, streaks=0.10), EVERYWHERE),
        (Brush(9, 60, 1.6, jitter=0.12, streaks=0.12, body=1.2), EVERYWHERE),
        (Brush(5, 30, 1.6, jitter=0.11, streaks=0.10, body=1.1), fine),
    ):
        canvas.paint(rng, brush, color, angle, where)
    return canvas.lit()


def _night_sky(rng: Rng) -> tuple[Array, Array]:
    x, y = grid(HEIGHT, WIDTH)
    clouds = noise(rng, HEIGHT, WIDTH, 110, 1.6)
    along, down = np.full_like(x, 0.9), 0.25 * noise(rng, HEIGHT, WIDTH, 300, 2.2)
    arms, glow = np.zeros_like(x), np.zeros_like(x)
    for cx, cy, radius, turn in WHIRLS:
        dx, dy = x - cx, y - cy
        far = np.hypot(dx, dy) + 1e-4
        near = np.exp(-((far / (1.5 * radius)) ** 2))
        along, down = along - 3.2 * turn * near * dy / far, down + 3.2 * turn * near * dx / far
        arms += near * np.cos(np.arctan2(dy, dx) - turn * 4 * np.log(far / radius + 0.15))
    for cx, cy, radius in STARS:
        dx, dy = x - cx, y - cy
        far = np.hypot(dx, dy) + 1e-4
        near = 6 * np.exp(-((far / (2.6 * radius)) ** 2))
        along, down = along - near * dy / far, down + near * dx / far
        halo = 0.75 * np.exp(-far / (1.9 * radius)) * (0.75 + 0.25 * np.cos(3.2 * far / radius))
        glow = np.maximum(glow, np.exp(-((far / (1.15 * radius)) ** 2)) + halo)
    depth = 0.12 + 0.94 * y + 0.08 * clouds + 0.30 * arms
    sky = palette(depth, "#0b1440", "#16297a", "#1f4aa8", "#3f7fc4", "#86b6c9", "#d7d9a8")
    light = palette(glow, "#5f9fd8", "#d9d98a", "#fbc52e", "#ffd95a", "#fff6cf")
    return mix(sky, light, np.clip(1.3 * glow - 0.06, 0, 1)), np.arctan2(down, along)


def _valley(rng: Rng, color: Array, angle: Array) -> tuple[Array, Array]:
    x, y = grid(HEIGHT, WIDTH)
    rough = noise(rng, HEIGHT, WIDTH, 110, 1.6)
    for base, swing, waves, phase, colors in (
        (0.66, 0.035, 5.0, 0.3, ("#9cc3bf", "#4b79a6", "#27406f")),
        (0.75, 0.040, 4.0, 2.0, ("#6fa9a0", "#24576f", "#122d52")),
        (0.86, 0.035, 3.2, 4.4, ("#a8b84f", "#3f7a50", "#0c2740")),
    ):
        ridge = base + sum(
            swing / (1 + i) * np.sin(x[0] * waves * (1 + 0.9 * i) + phase * (1 + 2 * i))
            for i in range(4)
        )
        below = y - ridge
        inside = smoothstep(0, 0.006, below)
        furrows = 0.5 + 0.5 * np.sin(70 * below + 1.3 * rough + 4 * x)
        hill = palette(below / 0.16 + 0.24 * (furrows - 0.5) + 0.05 * rough, *colors)
        color = mix(color, hill, inside)
        slope = np.arctan(np.gradient(ridge) * HEIGHT) + 0.35 * rough * smoothstep(0, 0.1, below)
        angle = np.where(inside > 0.5, slope, angle).astype(np.float32)
    for _ in range(30):
        cx, cy, size = 0.42 + 0.55 * rng.random(), 0.735 + 0.03 * rng.random(), rng.random()
        far = np.hypot(x - cx, y - cy) / (0.004 + 0.004 * size)
        window = np.exp(-(far**2)) + 0.3 * np.exp(-far / 3)
        color = mix(color, palette(window, "#ffb23a", "#ffe07a"), np.clip(window, 0, 1))
    return _cypresses(rough, color, angle)


def _cypresses(rough: Array, color: Array, angle: Array) -> tuple[Array, Array]:
    x, y = grid(HEIGHT, WIDTH)
    for cx, top, width in ((0.115, 0.38, 0.055), (0.195, 0.55, 0.036), (1.23, 0.62, 0.032)):
        fall = np.clip((y - top) / (1.05 - top), 0, 1)
        half = width * np.sqrt(fall) * (1.05 - 0.3 * fall) * (1 + 0.2 * np.sin(60 * y + 90 * cx))
        off = x - cx - 0.012 * np.sin(14 * y + 30 * cx)
        inside = ((np.abs(off) < half) & (y > top)).astype(np.float32)
        flame = 0.4 + 0.4 * np.sin(7 * off / width + 26 * y) + 0.1 * rough
        tree = palette(flame, "#06121f", "#0c2a2c", "#1d4a3a", "#7f8f3a")
        color = mix(color, tree, inside)
        lick = -1.57 + 0.5 * np.sin(26 * y + 3 * off / width)
        angle = np.where(inside > 0.5, lick, angle).astype(np.float32)
    return color, angle


def _detail(color: Array) -> Array:
    """Return where a picture changes fast, (H, W) in [0, 1]."""
    change = np.hypot(*np.gradient(blur(color.mean(2), 2)))
    return np.clip(change / np.percentile(change, 93), 0, 1).astype(np.float32)


def sunset(rng: Rng) -> Array:
    """Return a bay at sunset, laid on thickly with flat brushes and a knife."""
    color, angle = _burning_sky(rng)
    color, angle = _bay(rng, color, angle)
    canvas = Canvas(blur(color, 5) ** 1.3)
    fine = 0.1 + 0.9 * _detail(color)
    for brush, where in (
        (Brush(44, 120, 1.8, taper=0.1, body=1.6, jitter=0.06, streaks=0.10), EVERYWHERE),
        (
            Brush(26, 70, 1.3, taper=0.1, body=2.0, jitter=0.07, streaks=0.12, dryness=0.35),
            EVERYWHERE,
        ),
        (Brush(13, 44, 1.2, taper=0.2, body=2.0, jitter=0.08, streaks=0.12), EVERYWHERE),
        (Brush(7, 26, 1.5, taper=0.3, body=1.8, jitter=0.10, streaks=0.10), fine),
    ):
        canvas.paint(rng, brush, color, angle, where)
    return canvas.lit(relief=1.1, gloss=0.16, smooth=0.9)


SUN = (0.80, 0.50, 0.062)  # x, y, radius
HORIZON = 0.585


def _burning_sky(rng: Rng) -> tuple[Array, Array]:
    x, y = grid(HEIGHT, WIDTH)
    cx, cy, radius = SUN
    far = np.hypot(x - cx, 1.15 * (y - cy))
    banks = blur(noise(rng, HEIGHT, WIDTH, 170, 1.9), 2) + 0.9 * np.sin(26 * y + 5 * x)
    heat = 1.12 - 1.15 * far + 0.07 * banks
    sky = palette(
        heat, "#1d2157", "#45307f", "#8a3a86", "#cf4769", "#f0633c", "#fb9a3a", "#ffd566", "#fff2b8"
    )
    cloud = smoothstep(0.5, 1.5, banks) * smoothstep(0.1, 0.4, far)
    lit = palette(1.1 - far - 0.25 * banks, "#3a2a63", "#7c3470", "#d94f5c", "#ffb65c")
    sky = mix(sky, lit, 0.85 * cloud)
    disc = smoothstep(radius, 0.93 * radius, far)
    sky = mix(sky, palette(disc, "#ffe79a", "#fffbe6"), disc)
    round_the_sun = np.arctan2(x - cx, -(y - cy)) + 0.2 * noise(rng, HEIGHT, WIDTH, 200, 2)
    return sky, round_the_sun.astype(np.float32)


def _bay(rng: Rng, sky: Array, angle: Array) -> tuple[Array, Array]:
    x, y = grid(HEIGHT, WIDTH)
    depth = (y - HORIZON) / (1 - HORIZON)
    mirrored = np.clip((2 * HORIZON - y) * HEIGHT, 0, HEIGHT - 1).astype(int)
    columns = np.arange(WIDTH)[None, :]
    ripples = blur(noise(rng, HEIGHT, WIDTH, 40, 1.2), 1) + np.sin(
        90 * np.clip(depth, 0, 1) ** 0.6 + 3 * np.sin(4 * x)
    )
    sea = mix(
        sky[mirrored, columns] * 0.85,
        palette(depth + 0.12 * ripples, "#7a3a78", "#2f2f78", "#16305f", "#0e2148"),
        np.clip(0.12 + 0.60 * depth + 0.20 * ripples, 0, 1),
    )
    path = np.exp(-(((x - SUN[0]) / (0.035 + 0.16 * np.clip(depth, 0, 1))) ** 2))
    glitter = np.clip(path * (0.75 + 0.45 * ripples), 0, 1)
    sea = mix(sea, palette(glitter, "#f0633c", "#ffb04a", "#ffe9a8"), glitter)
    water = smoothstep(0, 0.004, y - HORIZON)
    color = mix(sky, sea, water)
    angle = np.where(water > 0.5, 0.08 * ripples, angle).astype(np.float32)
    for base, reach, steep, colors in (
        (0.575, 0.52, 0.16, ("#8a4a86", "#5a3572", "#3a2a60")),
        (0.600, 0.36, 0.26, ("#c0526a", "#46285a", "#1d1a40")),
    ):
        top = base - steep * np.clip(1 - x / reach, 0, 1) ** 0.8 * (1 + 0.16 * np.sin(31 * x))
        land = smoothstep(0, 0.004, y - top) * (y < base + 0.01) * (x < reach)
        color = mix(color, palette((y - top) / 0.16, *colors), land)
        angle = np.where(land > 0.5, 0.9 + 0.3 * np.sin(40 * x), angle).astype(np.float32)
    return color, angle


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
