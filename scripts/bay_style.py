"""The burning bay: undulating bands of sunset over a dark fjord, in long loose strokes."""

import numpy as np
from drawing import Array, Rng, blur, grid, mix, noise, palette, smoothstep, streaked
from painting import Brush, Canvas

HEIGHT, WIDTH = 768, 1024
EVERYWHERE = np.ones((HEIGHT, WIDTH), np.float32)
SUN = (0.86, 0.375, 0.058)  # x, y, radius
HORIZON = 0.46


def sunset(rng: Rng) -> Array:
    """Return a bay at sunset, painted in waves from the sky to the shore."""
    color, angle = _sky(rng)
    color, angle = _water(rng, color, angle)
    color, angle = _shores(rng, color, angle)
    canvas = Canvas(
        mix(blur(color, 8), palette(0 * angle, "#7a3a1c", "#7a3a1c"), 0.45 * EVERYWHERE)
    )
    for brush in (
        Brush(30, 210, 1.4, body=0.7, jitter=0.07, streaks=0.14, split=0.12, dryness=0.4),
        Brush(15, 150, 1.4, body=1.0, jitter=0.09, streaks=0.17, split=0.16, dryness=0.45),
        Brush(8, 95, 1.3, body=1.2, jitter=0.11, streaks=0.16, split=0.16, dryness=0.4),
    ):
        canvas.paint(rng, brush, color, angle, EVERYWHERE)
    _accents(rng, canvas, color, angle)
    _boats(rng, canvas)
    return canvas.lit(relief=1.0, gloss=0.1)


def _waves(rng: Rng, x: Array, y: Array) -> Array:
    """Return the heights, (H, W), whose level lines the paint follows."""
    slow = noise(rng, HEIGHT, WIDTH, 420, 2.8)
    return (
        y
        + 0.050 * np.sin(6.0 * x + 5.0 * y + 1.1)
        + 0.026 * np.sin(11.5 * x - 9.0 * y + 0.5)
        + 0.030 * slow
    ).astype(np.float32)


def _along(level: Array) -> Array:
    """Return the angle of the level lines, to the right."""
    dy, dx = np.gradient(level)
    return np.arctan2(-dx, dy).astype(np.float32)


def _sky(rng: Rng) -> tuple[Array, Array]:
    x, y = grid(HEIGHT, WIDTH)
    level = _waves(rng, x, y)
    cx, cy, radius = SUN
    far = np.hypot(x - cx, y - cy)
    level = level + 0.10 * np.exp(-((far / 0.22) ** 2))  # the bands arch over the sun
    angle = _along(level)
    bands = streaked(noise(rng, HEIGHT, WIDTH, 22, 1.5), angle, 420, 24)
    fine = streaked(noise(rng, HEIGHT, WIDTH, 6, 1.0), angle, 160)
    heat = 0.20 + 1.05 * level / HORIZON * 0.62 + 0.15 * bands + 0.05 * fine - 0.16 * np.abs(x - cx)
    color = palette(
        heat, "#2b2f6e", "#7a2f5e", "#b3261e", "#d9401b", "#ee6a1c", "#f8a02a", "#fcd05a", "#fdeeb0"
    )
    cold = smoothstep(0.9, 1.7, streaked(noise(rng, HEIGHT, WIDTH, 26, 1.6), angle, 420, 24))
    color = mix(color, palette(0.5 + 0.3 * fine, "#3f6f8f", "#6f9fa0", "#a8b58a"), 0.85 * cold)
    disc = smoothstep(1.08, 0.9, far / radius + 0.05 * fine)
    color = mix(
        color, palette(1 - far / radius + 0.1 * fine, "#fbc03a", "#fdea8c", "#fffbe0"), disc
    )
    round_the_sun = np.arctan2(x - cx, cy - y)
    return color, np.where(far < 1.5 * radius, round_the_sun, angle).astype(np.float32)


def _water(rng: Rng, color: Array, angle: Array) -> tuple[Array, Array]:
    x, y = grid(HEIGHT, WIDTH)
    depth = np.clip((y - HORIZON) / (1 - HORIZON), 0, 1)
    level = y + 0.10 * depth * np.sin(7 * x - 5 * y + 2.0) + 0.05 * depth * np.sin(15 * x + 12 * y)
    level += 0.05 * depth * noise(rng, HEIGHT, WIDTH, 300, 2.8)
    flow = _along(level.astype(np.float32))
    bands = streaked(noise(rng, HEIGHT, WIDTH, 18, 1.4), flow, 300, 24)
    fine = streaked(noise(rng, HEIGHT, WIDTH, 5, 1.0), flow, 110)
    tone = 0.62 - 0.45 * depth + 0.17 * bands + 0.07 * fine
    sea = palette(tone, "#0d1238", "#1a2a66", "#274f92", "#3f7f9f", "#7fa58c", "#d9b45a", "#f08a3a")
    path = np.exp(-(((x - SUN[0] - 0.04 * np.sin(20 * y)) / (0.05 + 0.12 * depth)) ** 2))
    glint = smoothstep(0.55, 1.3, path + 0.45 * bands + 0.15 * fine) * path**0.3
    sea = mix(sea, palette(0.5 + 0.25 * fine + 0.2 * bands, "#e0481f", "#f99a2e", "#fde07a"), glint)
    water = smoothstep(0, 0.004, y - HORIZON)
    return mix(color, sea, water), np.where(water > 0.5, flow, angle).astype(np.float32)


def _shores(rng: Rng, color: Array, angle: Array) -> tuple[Array, Array]:
    x, y = grid(HEIGHT, WIDTH)
    rough = noise(rng, HEIGHT, WIDTH, 50, 1.6)
    far_side = HORIZON - 0.05 - 0.035 * np.sin(4.5 * x + 0.4) - 0.02 * np.sin(11 * x)
    near = 0.30 + 0.42 * np.clip(x / 0.50, 0, 2) ** 1.7 + 0.02 * np.sin(13 * x)
    front = 1.10 - 0.33 * smoothstep(0.35, 1.4, x) + 0.03 * np.sin(9 * x)
    for top, foot, colors in (
        (far_side, HORIZON + 0.004, ("#6f6aa0", "#3f4a86", "#27306a")),
        (near, 0.66 + 0.24 * (0.6 - x), ("#c9713a", "#5a2f4f", "#24204a", "#101230")),
        (front, 2.0 + 0 * x, ("#b7622f", "#6a3a2a", "#2a2a3f", "#0f1428")),
    ):
        below = y - top
        inside = smoothstep(0, 0.004, below) * smoothstep(0, 0.004, foot - y)
        slope = np.arctan(np.gradient(top, axis=1) * HEIGHT) + 0.3 * rough * smoothstep(
            0.01, 0.1, below
        )
        slope = slope.astype(np.float32)
        bands = streaked(noise(rng, HEIGHT, WIDTH, 12, 1.3), slope, 150)
        land = palette(below / 0.14 + 0.20 * bands, *colors)
        color = mix(color, land, inside)
        angle = np.where(inside > 0.5, slope, angle).astype(np.float32)
    return color, angle


def _accents(rng: Rng, canvas: Canvas, color: Array, angle: Array) -> None:
    """Lay thin strokes that are darker, lighter or of the opposite colour."""
    value = color.mean(2)
    grey = value[..., None]
    thin = Brush(5, 80, 0.55, jitter=0.14, streaks=0.14, body=1.5, taper=0.8, dryness=0.45)
    canvas.paint(rng, thin, color * 0.5, angle, 0.55 * EVERYWHERE)
    canvas.paint(rng, thin, np.clip(color * 1.25 + 0.12, 0, 1), angle, 0.9 * EVERYWHERE)
    opposite = np.clip(grey - 0.7 * (color - grey) + 0.03, 0, 1).astype(np.float32)
    canvas.paint(rng, thin, opposite, angle, 0.30 * smoothstep(0.2, 0.5, value))


def _boats(rng: Rng, canvas: Canvas) -> None:
    hull = Brush(7, 30, taper=0.8, body=1.3, streaks=0.15)
    for x, y, size in ((0.62, 0.545, 22), (0.70, 0.515, 14), (1.07, 0.60, 30)):
        reach = np.linspace(-1, 1, 7)[:, None]
        path = (
            np.array([y, x]) * HEIGHT
            + size * reach * (0, 1)
            + 0.22 * size * (1 - reach**2) * (1, 0)
        )
        canvas.stroke(rng, hull.of(0.34 * size), path, np.array([0.07, 0.06, 0.14]))
        mast = np.array(
            [[y * HEIGHT, x * HEIGHT], [y * HEIGHT - 2.1 * size, x * HEIGHT + 0.1 * size]]
        )
        canvas.stroke(rng, hull.of(3), mast, np.array([0.10, 0.07, 0.13]))
        for part in np.linspace(0.12, 1, 7):
            foot = np.array([y * HEIGHT - 0.25 * size, x * HEIGHT + part * 0.85 * size])
            head = np.array(
                [
                    y * HEIGHT - 0.25 * size - (1 - part) * 1.7 * size - 2,
                    x * HEIGHT + part * 0.2 * size + 2,
                ]
            )
            canvas.stroke(
                rng,
                hull.of(0.2 * size),
                np.stack([head, foot]),
                palette(part, "#fbd98a", "#d9541f", "#6a2440"),
            )
