"""The styles in flat colours: a window and a poster."""

import numpy as np
from drawing import Array, Rng, blur, grid, mix, noise, palette, smoothstep
from painting import FINE

HEIGHT, WIDTH = 768, 1024


def window(rng: Rng) -> Array:
    """Return a sunrise over hills and a river in stained glass and lead."""
    height, width = FINE * HEIGHT, FINE * WIDTH
    x, y = grid(height, width)
    pane, color = _panes(rng, x, y)
    edge = np.zeros((height, width), np.float32)
    edge[:, 1:] += pane[:, 1:] != pane[:, :-1]
    edge[1:] += pane[1:] != pane[:-1]
    near = blur(np.clip(edge, 0, 1), 2.6 * FINE)
    lead = smoothstep(0.030, 0.045, near)
    glow = 1.12 - 0.45 * blur(np.clip(edge, 0, 1), 9 * FINE) / 0.05 * 0.35
    _, first, inverse = np.unique(pane, return_index=True, return_inverse=True)
    shade = (
        1
        + 0.20 * rng.standard_normal((len(first), 1))
        + 0.05 * rng.standard_normal((len(first), 3))
    )
    flat = (color.reshape(-1, 3)[first] * shade)[inverse.reshape(pane.shape)]
    streaks = noise(rng, height, width, 50 * FINE, 1.4)
    ripple = blur(noise(rng, height, width, 9 * FINE, 1.0), FINE)
    glass = (
        np.clip(0.35 * color + 0.65 * flat, 0, 1)
        * (glow + 0.10 * streaks + 0.10 * ripple)[..., None]
    )
    dy, dx = np.gradient(blur(ripple, 2 * FINE))
    glass = glass + 0.9 * np.clip(dx + dy, 0, 1)[..., None]
    ly, lx = np.gradient(blur(np.minimum(near, 0.2), 1.5 * FINE))
    came = 0.10 + np.clip(9 * (lx + ly), -0.08, 0.45) + 0.02 * ripple
    came = came[..., None] * np.array([0.95, 1.0, 1.1])
    picture = mix(
        np.clip(glass, 0, 1).astype(np.float32), np.clip(came, 0, 1).astype(np.float32), lead
    )
    return picture.reshape(HEIGHT, FINE, WIDTH, FINE, 3).mean((1, 3)).astype(np.float32)


def _panes(rng: Rng, x: Array, y: Array) -> tuple[np.ndarray, Array]:
    """Return the number of every pixel's pane (H, W) and a picture to colour the panes by."""
    far, turn = np.hypot(x - 0.80, y - 0.50), np.arctan2(y - 0.50, x - 0.80)
    rays = np.floor(np.mod((turn + 0.25 * np.sin(4 * far)) / (2 * np.pi), 1) * 30).astype(int)
    rings = np.digitize(far + 0.018 * np.cos(15 * turn), [0.105, 0.19, 0.30, 0.43, 0.58, 0.76])
    label = 100 * rings + np.where(rings > 0, rays, 0)
    sky = palette(
        1.15 - 1.15 * far,
        "#12246b",
        "#2a4fb0",
        "#7a4aa8",
        "#d8447a",
        "#f47a3a",
        "#fcb92f",
        "#fff0a0",
    )
    odd = (rays + rings) % 2
    color = (sky * (0.80 + 0.32 * odd[..., None])).astype(np.float32)
    color = mix(color, palette(0 * x, "#fff3b0", "#ffffff"), (rings == 0).astype(np.float32))
    cells = _voronoi(rng, x, y, 210)
    hills = (
        (0.60, 0.06, 4.0, 0.5, ("#3a7f8f", "#2a5a8a")),
        (0.68, 0.07, 3.2, 2.6, ("#4fae6a", "#1f7a6a")),
        (0.80, 0.08, 2.6, 4.4, ("#a8c83a", "#2f9a4a")),
    )
    for number, (base, swing, waves, phase, colors) in enumerate(hills, 1):
        top = base - swing * np.sin(waves * x + phase) - 0.3 * swing * np.sin(2.7 * waves * x)
        inside = y > top
        stripe = np.floor((y - top) / 0.055).astype(int)
        label = np.where(inside, 10_000 * number + 300 * stripe + cells, label)
        hill = palette((y - top) / 0.22 + 0.25 * (stripe % 2), *colors)
        color = mix(color, hill, inside.astype(np.float32))
    bank = 0.80 - 0.16 * np.sin(5.5 * y + 0.4) * (1.2 - y) - 0.1 * (y - 0.6)
    half = np.clip(0.02 + 0.55 * (y - 0.62), 0.01, 1)
    river = (np.abs(x - bank) < half) & (y > 0.63)
    flow = np.floor((x - bank) / half * 2.5 + 12 * y + np.sin(20 * y)).astype(int)
    label = np.where(river, 90_000 + flow * 40 + np.floor(y * 16).astype(int), label)
    water = palette(0.5 + 0.5 * np.sin(2.1 * flow), "#1f5fc0", "#4fb0e0", "#e8f0c8")
    return label, mix(color, water, river.astype(np.float32))


def _voronoi(rng: Rng, x: Array, y: Array, count: int) -> np.ndarray:
    seeds = rng.random((count, 2)) * (WIDTH / HEIGHT, 1)
    nearest, label = np.full_like(x, np.inf), np.zeros(x.shape, int)
    for number, (cx, cy) in enumerate(seeds):
        far = (x - cx) ** 2 + 2.2 * (y - cy) ** 2
        closer = far < nearest
        nearest[closer], label[closer] = far[closer], number
    return label


LOUD = ("#ff3d7f", "#ff8a1f", "#ffd23f", "#13b5a6", "#3b2a9c", "#b5309a", "#f4512c", "#2f8fe0")
BLOSSOMS = (  # x, y, petals, radius
    (0.34, 0.36, 8, 0.30),
    (1.02, 0.60, 11, 0.36),
    (0.70, 0.98, 6, 0.20),
    (1.12, 0.08, 7, 0.19),
    (0.02, 0.86, 9, 0.24),
)


def poster(rng: Rng) -> Array:
    """Return flowing bands and blossoms of loud colours with dark outlines."""
    height, width = FINE * HEIGHT, FINE * WIDTH
    x, y = grid(height, width)
    x = x + 0.045 * noise(rng, height, width, 330 * FINE, 2.6)
    y = y + 0.045 * noise(rng, height, width, 330 * FINE, 2.6)
    level = _levels(x, y)
    band = np.floor(level).astype(int)
    part = level - band
    colors = palette(np.arange(len(LOUD)) / (len(LOUD) - 1), *LOUD)
    color = colors[band % 8] * (0.86 + 0.22 * part)[..., None]
    hatched = (np.sin(2 * np.pi * 6 * part) > 0.25) & (band % 4 == 1)
    dotted = (np.sin(260 * x) * np.sin(260 * y) > 0.35) & (part > 0.25) & (part < 0.8)
    pattern = hatched | (dotted & (band % 4 == 3))
    color = np.where(pattern[..., None], colors[(band + 2) % 8], color).astype(np.float32)
    steep = np.hypot(*np.gradient(level)) + 1e-5
    edge = np.minimum(part, 1 - part) / steep / FINE
    color = mix(color, palette(0 * x, "#1a0f33", "#1a0f33"), smoothstep(2.9, 2.0, edge))
    press = 1 + 0.05 * noise(rng, height, width, 3 * FINE, 0.6)
    press += 0.03 * noise(rng, height, width, 200, 2)
    color = np.clip(color * press[..., None], 0, 1)
    return color.reshape(HEIGHT, FINE, WIDTH, FINE, 3).mean((1, 3)).astype(np.float32)


def _levels(x: Array, y: Array) -> Array:
    field = 1.1 * np.sin(3.1 * x + 1.9 * np.sin(2.6 * y))
    field += 0.9 * np.sin(4.2 * y + 1.7 * np.sin(2.2 * x))
    for cx, cy, petals, size in BLOSSOMS:
        far, turn = np.hypot(x - cx, y - cy), np.arctan2(y - cy, x - cx)
        flower = 5.2 * (1 - far / size * (1 + 0.16 * np.cos(petals * turn + 9 * far)))
        field = np.maximum(field, flower) + 0.35 * np.exp(-flower * flower)
    return (2.3 * field).astype(np.float32)
