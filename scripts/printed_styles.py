"""The styles in flat colours: a window and a poster."""

import numpy as np
from drawing import Array, Rng, blur, grid, mix, noise, palette, smoothstep, streaked
from painting import FINE, Brush, Canvas

HEIGHT, WIDTH = 768, 1024


def window(rng: Rng) -> Array:
    """Return a sunrise over hills and a river in streaky glass and lead."""
    height, width = FINE * HEIGHT, FINE * WIDTH
    x, y = grid(height, width)
    pane, color = _panes(rng, x, y)
    edge = np.zeros((height, width), np.float32)
    edge[:, 1:] += pane[:, 1:] != pane[:, :-1]
    edge[1:] += pane[1:] != pane[:-1]
    thick = np.clip(1.1 + 0.25 * noise(rng, height, width, 60 * FINE, 1.8), 0.95, 1.7)
    near = blur(np.clip(edge, 0, 1), 2.6 * FINE) * thick
    lead = smoothstep(0.030, 0.042, near)
    _, first, inverse = np.unique(pane, return_index=True, return_inverse=True)
    inverse = inverse.reshape(pane.shape)
    shade = 1 + 0.22 * rng.standard_normal((len(first), 1))
    shade = shade + 0.07 * rng.standard_normal((len(first), 3))
    flat = (color.reshape(-1, 3)[first] * shade)[inverse]
    glass = _glass(rng, 0.3 * color + 0.7 * flat, rng.uniform(0, np.pi, len(first))[inverse])
    shadow = blur(np.clip(edge, 0, 1), 8 * FINE) / 0.05
    glass = np.clip(glass * (1.16 - 0.30 * np.clip(shadow, 0, 1.4))[..., None], 0, 1)
    ly, lx = np.gradient(blur(np.minimum(near, 0.2), 1.5 * FINE))
    dents = noise(rng, height, width, 5 * FINE, 1.0)
    came = 0.09 + np.clip(9 * (lx + ly) * (1 + 0.3 * dents), -0.07, 0.42) + 0.02 * dents
    came = np.clip(came[..., None] * np.array([0.95, 1.0, 1.1]), 0, 1)
    picture = mix(glass.astype(np.float32), came.astype(np.float32), lead)
    return picture.reshape(HEIGHT, FINE, WIDTH, FINE, 3).mean((1, 3)).astype(np.float32)


def _glass(rng: Rng, color: Array, turn: Array) -> Array:
    """Return colours as glass that was drawn out, each pane in its own direction, with seeds."""
    height, width = turn.shape
    small = turn[::FINE, ::FINE] + 0.5 * noise(rng, HEIGHT, WIDTH, 90, 2.2)
    streaks = [
        streaked(noise(rng, HEIGHT, WIDTH, feature, 1.3), small.astype(np.float32), length)
        for feature, length in ((10, 70), (4, 40), (14, 110))
    ]
    fine, thin, wide = (streak.repeat(FINE, 0).repeat(FINE, 1) for streak in streaks)
    tint = np.stack([fine, 0.5 * (fine + wide), wide], 2)
    light = 1 + 0.13 * fine + 0.05 * thin
    white = smoothstep(1.1, 2.8, wide)[..., None]
    drawn = color * light[..., None] + 0.035 * tint + 0.35 * white * (1 - color) * color
    seeds = smoothstep(2.6, 3.4, noise(rng, height, width, 3 * FINE, 1.2))
    dy, dx = np.gradient(blur(fine, FINE))
    glint = 0.55 * np.clip(dx + dy, 0, 0.3) + 0.35 * seeds
    return np.clip(drawn + glint[..., None], 0, 1).astype(np.float32)


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
    """Return flowing bands and blossoms in gouache, of loud colours with dark outlines."""
    x, y = grid(HEIGHT, WIDTH)
    x = x + 0.045 * noise(rng, HEIGHT, WIDTH, 330, 2.6)
    y = y + 0.045 * noise(rng, HEIGHT, WIDTH, 330, 2.6)
    level = _levels(x, y)
    dy, dx = np.gradient(blur(level, 1.5))
    angle = np.arctan2(-dx, dy).astype(np.float32)
    band = np.floor(level).astype(int)
    part = level - band
    colors = palette(np.arange(len(LOUD)) / (len(LOUD) - 1), *LOUD)
    color = colors[band % 8] * (0.84 + 0.26 * part)[..., None]
    drift = streaked(noise(rng, HEIGHT, WIDTH, 14, 1.4), angle, 90)
    neighbour = colors[(band + 1) % 8]
    color = mix(color, neighbour, 0.28 * smoothstep(0.4, 2.2, drift))
    canvas = Canvas(np.clip(0.55 * color, 0, 1).astype(np.float32))
    everywhere = np.ones((HEIGHT, WIDTH), np.float32)
    edge = np.minimum(part, 1 - part) / (np.hypot(dy, dx) + 1e-5)
    inner = smoothstep(1.0, 5.0, edge)
    for brush, where in (
        (
            Brush(16, 50, 2.0, jitter=0.04, streaks=0.10, split=0.08, taper=0.2, stop=0.22),
            everywhere,
        ),
        (Brush(9, 34, 1.6, jitter=0.06, streaks=0.12, split=0.10, taper=0.4, stop=0.2), inner),
        (Brush(5, 22, 0.7, jitter=0.09, streaks=0.12, taper=0.6, stop=0.2, dryness=0.45), inner),
    ):
        canvas.paint(rng, brush, color, angle, where)
    _ornament(rng, canvas, band, part, angle, colors)
    ink = palette(0 * x, "#1a0f33", "#1a0f33")
    outline = Brush(4.5, 26, 9.0, jitter=0.05, streaks=0.1, taper=0.5, body=1.4, dryness=0.2)
    canvas.paint(rng, outline, ink, angle, smoothstep(1.9, 0.9, edge))
    return canvas.lit(relief=0.75, gloss=0.06)


def _ornament(
    rng: Rng, canvas: Canvas, band: np.ndarray, part: Array, angle: Array, colors: Array
) -> None:
    """Add thin lines to every fourth band and dots to another."""
    lines = ((np.sin(2 * np.pi * 4 * part) > 0.55) & (band % 4 == 1)).astype(np.float32)
    thin = Brush(3, 18, 5.0, jitter=0.06, streaks=0.1, taper=0.5, body=1.3)
    canvas.paint(rng, thin, colors[(band + 2) % 8], angle, lines)
    spots = rng.random((5200, 2)) * (HEIGHT, WIDTH)
    row, column = spots.astype(int).T
    fits = (band[row, column] % 4 == 3) & (np.abs(part[row, column] - 0.5) < 0.22)
    taken: list[np.ndarray] = []
    for spot, number in zip(spots[fits], band[row, column][fits], strict=True):
        if all(np.hypot(*(spot - other)) > 15 for other in taken):
            taken.append(spot)
            canvas.dots(spot[None], colors[(number + 2) % 8][None], rng.uniform(3.0, 5.0))


def _levels(x: Array, y: Array) -> Array:
    field = 1.1 * np.sin(3.1 * x + 1.9 * np.sin(2.6 * y))
    field += 0.9 * np.sin(4.2 * y + 1.7 * np.sin(2.2 * x))
    for cx, cy, petals, size in BLOSSOMS:
        far, turn = np.hypot(x - cx, y - cy), np.arctan2(y - cy, x - cx)
        flower = 5.2 * (1 - far / size * (1 + 0.16 * np.cos(petals * turn + 9 * far)))
        field = np.maximum(field, flower) + 0.35 * np.exp(-flower * flower)
    return (1.75 * field).astype(np.float32)
