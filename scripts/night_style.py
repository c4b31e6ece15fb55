"""The night: whirls of long strokes over hills, a village and a cypress, in oil."""

import numpy as np
from drawing import Array, Rng, blur, grid, mix, noise, palette, smoothstep, streaked
from painting import Brush, Canvas

HEIGHT, WIDTH = 768, 1024
EVERYWHERE = np.ones((HEIGHT, WIDTH), np.float32)

# Whirls of the sky: x, y, radius, direction. Stars: x, y, radius; the last is the moon.
WHIRLS = ((0.60, 0.30, 0.165, 1), (0.93, 0.42, 0.105, -1), (0.34, 0.47, 0.075, 1))
STARS = (
    (0.08, 0.12, 0.062),
    (0.36, 0.10, 0.052),
    (0.72, 0.07, 0.045),
    (0.93, 0.17, 0.050),
    (0.40, 0.29, 0.036),
    (1.22, 0.40, 0.050),
    (0.04, 0.39, 0.044),
    (0.79, 0.49, 0.032),
    (1.05, 0.05, 0.030),
    (1.16, 0.15, 0.125),
)


def night(rng: Rng) -> Array:
    """Return a valley under a whirling sky, in oil."""
    color, angle = _sky(rng)
    color, angle = _hills(rng, color, angle)
    canvas = Canvas(blur(color, 6) * 0.45)
    for brush, where in (
        (Brush(26, 110, 1.5, body=0.7, jitter=0.10, streaks=0.10), EVERYWHERE),
        (Brush(11, 62, 1.5, jitter=0.14, streaks=0.14, split=0.12, body=1.1), EVERYWHERE),
        (Brush(7, 44, 1.3, jitter=0.17, streaks=0.14, split=0.12, body=1.4, taper=0.5), EVERYWHERE),
    ):
        canvas.paint(rng, brush, color, angle, where)
    _accents(rng, canvas, color, angle)
    _village(rng, canvas)
    _cypress(rng, canvas)
    return canvas.lit(relief=1.15)


def _flow(rng: Rng) -> tuple[Array, Array, Array]:
    """Return the angle of the wind, how near a whirl is, and the arms of the whirls."""
    x, y = grid(HEIGHT, WIDTH)
    bend = 0.5 * np.cos(4.6 * x + 0.4) + 0.25 * noise(rng, HEIGHT, WIDTH, 320, 2.4)
    along, down = np.ones_like(x), bend.astype(np.float32)
    arms, inner = np.zeros_like(x), np.zeros_like(x)
    for cx, cy, radius, turn in WHIRLS:
        dx, dy = x - cx, y - cy
        far, theta = np.hypot(dx, dy) + 1e-4, np.arctan2(dy, dx)
        near = np.exp(-((far / (1.25 * radius)) ** 4))
        lean = theta + turn * (np.pi / 2 + 0.30)
        along, down = (
            along * (1 - near) + near * np.cos(lean),
            down * (1 - near) + near * np.sin(lean),
        )
        arms += near * np.cos(2 * theta - turn * 5.5 * np.log(far / radius + 0.12))
        inner = np.maximum(inner, near)
    return np.arctan2(down, along).astype(np.float32), inner, arms


def _sky(rng: Rng) -> tuple[Array, Array]:
    x, y = grid(HEIGHT, WIDTH)
    angle, inner, arms = _flow(rng)
    for cx, cy, radius in STARS:
        near = np.hypot(x - cx, y - cy) < 1.3 * radius
        angle = np.where(near, np.arctan2(x - cx, cy - y), angle).astype(np.float32)
    bands = streaked(noise(rng, HEIGHT, WIDTH, 14, 1.4), angle, 170)
    fine = streaked(noise(rng, HEIGHT, WIDTH, 5, 1.0), angle, 60)
    wind = 0.30 + 0.09 * np.sin(5.2 * x - 0.6)
    breath = np.exp(-(((y - wind) / 0.085) ** 2))
    breath += 0.8 * np.exp(-(((y - 0.60 - 0.04 * np.sin(5 * x)) / 0.05) ** 2))
    tone = 0.26 + 0.14 * y + 0.30 * breath * (1 - 0.6 * inner)
    tone += 0.17 * bands + 0.07 * fine + 0.22 * arms
    color = palette(
        tone, "#0b1746", "#123080", "#1b55ad", "#3384c6", "#6bb0cb", "#b4d3bd", "#ece7b4"
    )
    for cx, cy, radius in STARS:
        far = np.hypot(x - cx, y - cy) / radius
        rings = 0.5 + 0.5 * np.cos(2 * np.pi * far * (2.2 if radius < 0.1 else 4.2))
        heat = 1.05 - far + 0.14 * (rings - 0.5) + 0.10 * bands + 0.06 * fine
        glow = palette(
            heat,
            "#79b3bd",
            "#b9cf9a",
            "#e6d968",
            "#f6c93a",
            "#f7a52a",
            "#fbd95e",
            "#fff3b8",
            "#fffdf0",
        )
        ragged = far + 0.20 * (1 - rings) + 0.13 * bands + 0.08 * fine
        color = mix(color, glow, smoothstep(1.18, 1.02, ragged))
    return color, angle


def _hills(rng: Rng, color: Array, angle: Array) -> tuple[Array, Array]:
    x, y = grid(HEIGHT, WIDTH)
    rough = noise(rng, HEIGHT, WIDTH, 60, 1.6)
    for base, swing, waves, phase, colors, lean in (
        (0.665, 0.045, 4.4, 0.3, ("#8fb4c4", "#3f6fae", "#274a92", "#182f6c"), 0.5),
        (0.735, 0.040, 3.7, 2.2, ("#4f86a8", "#22508c", "#16346e", "#0e2150"), -0.45),
        (0.815, 0.030, 3.0, 4.4, ("#9fae4e", "#4f8454", "#1f5560", "#0f2c4a"), 0.25),
        (0.905, 0.028, 3.6, 1.0, ("#b7b247", "#5f8c40", "#24593f", "#0c2c33"), -0.2),
    ):
        ridge = base + sum(
            swing / (1 + i) * np.sin(x[0] * waves * (1 + 0.9 * i) + phase * (1 + 2 * i))
            for i in range(4)
        )
        below = y - ridge
        inside = smoothstep(0, 0.004, below)
        slope = (
            np.arctan(np.gradient(ridge) * HEIGHT)
            + lean * smoothstep(0.008, 0.03, below)
            + 0.25 * rough
        )
        angle = np.where(inside > 0.5, slope, angle).astype(np.float32)
        furrows = streaked(noise(rng, HEIGHT, WIDTH, 9, 1.2), slope.astype(np.float32), 70)
        hill = palette(below / 0.15 + 0.17 * furrows + 0.05, *colors)
        color = mix(color, hill, inside)
        rim = np.exp(-(((below - 0.004) / 0.004) ** 2))
        color = mix(color, palette(0 * x, "#0a1636", "#0a1636"), 0.85 * rim)
    return color, angle


def _accents(rng: Rng, canvas: Canvas, color: Array, angle: Array) -> None:
    """Lay thin strokes beside the others that are lighter, darker or warmer than the place."""
    _, y = grid(HEIGHT, WIDTH)
    value = color.mean(2)
    light = np.clip(color * 1.25 + 0.16, 0, 1)
    dark = color * 0.42 + palette(0 * y, "#03061c", "#03061c") * 0.4
    warm = mix(light, palette(value, "#7a8f86", "#e8cf70", "#fff2b0"), 0.75 * EVERYWHERE)
    thin = Brush(5, 40, 0.75, jitter=0.12, streaks=0.12, body=1.7, taper=0.5, dryness=0.35)
    canvas.paint(rng, thin, dark, angle, smoothstep(0.75, 0.25, value) * 0.75)
    canvas.paint(rng, thin, light, angle, 0.35 + 0.4 * smoothstep(0.2, 0.5, value))
    canvas.paint(rng, thin, warm, angle, 0.8 * smoothstep(0.36, 0.6, value))


FLAT = Brush(9, 20, taper=0.05, jitter=0.05, body=1.2, streaks=0.14, split=0.1)
LEAF = Brush(6, 16, taper=0.5, body=1.5, streaks=0.15)
WALLS = ("#5f86b4", "#8fb0c0", "#3f5f96", "#c2c7a0", "#4f74a0")
ROOFS = ("#1c2a5c", "#3c3f78", "#7a4a3a", "#24406a")
WINDOW = np.array([1.0, 0.78, 0.22])


def _village(rng: Rng, canvas: Canvas) -> None:
    """Paint houses and a church between round trees, from far to near."""
    spots = sorted((0.795 + 0.075 * rng.random(), 0.44 + 0.85 * rng.random()) for _ in range(26))
    for number, (row, column) in enumerate(spots):
        if number == len(spots) // 2:
            _church(rng, canvas)
        size = 15 + 60 * (row - 0.77)
        _house(rng, canvas, row * HEIGHT, column * HEIGHT, size)
        _tree(rng, canvas, row * HEIGHT + 3, column * HEIGHT + 1.7 * size, 1.1 * size)


def _house(rng: Rng, canvas: Canvas, row: float, column: float, size: float) -> None:
    wall, roof = palette(rng.integers(5) / 4, *WALLS), palette(rng.integers(4) / 3, *ROOFS)
    for part in np.linspace(0, 1, 3):
        line = np.array([[-part, -0.8], [-part, 0.8]]) * size + (row, column)
        canvas.stroke(rng, FLAT.of(0.62 * size), line, wall * (0.85 + 0.25 * rng.random()))
    for side in (-1, 1):
        line = np.array([[-1.9, 0], [-1.05, side * 1.05]]) * size + (row, column)
        canvas.stroke(rng, FLAT.of(0.55 * size), line, roof * (0.8 + 0.5 * rng.random()))
    for _ in range(int(rng.integers(1, 3))):
        at = np.array([row - 0.45 * size, column + rng.uniform(-0.5, 0.5) * size])
        dab = at + np.array([[-0.2 * size, 0], [0.22 * size, 0]])
        canvas.stroke(rng, FLAT.of(0.3 * size), dab, WINDOW)


def _tree(rng: Rng, canvas: Canvas, row: float, column: float, size: float) -> None:
    for _ in range(26):
        turn, far = rng.uniform(np.pi, 2 * np.pi), np.sqrt(rng.random())
        middle = size * far * np.array([np.sin(turn), np.cos(turn)]) + (row, column)
        arc = turn + np.pi / 2 + np.linspace(-0.4, 0.4, 5)[:, None]
        reach = np.linspace(-8, 8, 5)[:, None]
        path = middle + reach * np.concatenate([np.sin(arc), np.cos(arc)], 1)
        light = far * (0.5 - 0.5 * np.cos(turn + 0.6)) + 0.15 * rng.standard_normal()
        canvas.stroke(rng, LEAF, path, palette(light, "#0b2340", "#1f4a5a", "#4f8a72", "#a8bf7a"))


def _church(rng: Rng, canvas: Canvas) -> None:
    foot, middle = 0.842 * HEIGHT, 0.80 * HEIGHT
    for x in (-9, 0, 9):
        tower = np.array([[foot, middle + x], [foot - 52, middle + x]])
        canvas.stroke(rng, FLAT.of(10), tower, palette(0.5 + x / 18, "#9fb6c0", "#3f5f96"))
    for x in (-1, 1):
        spire = np.array([[foot - 48, middle + 9 * x], [foot - 128, middle]])
        canvas.stroke(
            rng,
            Brush(12, 90, taper=0.9, body=1.3),
            spire,
            palette(0.5 + x / 2, "#4f78b0", "#12224f"),
        )
    canvas.stroke(
        rng,
        FLAT.of(6),
        np.array([[foot - 38, middle], [foot - 26, middle]]),
        np.array([1.0, 0.8, 0.25]),
    )


def _cypress(rng: Rng, canvas: Canvas) -> None:
    """Paint flames of dark green, from the outlines in and from the bottom up."""
    brush = Brush(10, 120, taper=0.7, body=1.4, streaks=0.22, split=0.25, dryness=0.3)
    stops = ("#050a14", "#0a1f24", "#14382f", "#2c5236", "#4b3a26", "#7d7f3a")
    for foot, top, tip, wide, count in (
        (0.26, 0.40, 0.30, 0.060, 210),
        (0.165, 0.05, 0.175, 0.085, 520),
        (0.09, 0.52, 0.06, 0.050, 150),
        (1.27, 0.66, 1.28, 0.035, 90),
    ):
        for number in range(count):
            start = 1.04 - (1.04 - top) * 0.86 * (number / count) ** 1.15
            side = rng.uniform(-1, 1)
            rise = np.linspace(0, 1, 9)
            rows = start - (0.09 + 0.13 * rng.random()) * rise * min(1, (1.1 - top))
            fall = np.clip((rows - top) / (1.04 - top), 0, 1)
            half = (
                wide * fall**0.6 * (1 - 0.35 * fall**3) * (1 + 0.16 * np.sin(24 * rows + 9 * foot))
            )
            axis = foot + (tip - foot) * (1 - fall) + 0.012 * np.sin(11 * rows + 20 * foot)
            sway = 0.006 * np.sin(30 * rows + 5 * side)
            columns = axis + side * half * (1 - 0.25 * rise) + sway
            keep = rows > top
            if keep.sum() < 3:
                continue
            tone = 0.42 + 0.22 * rng.standard_normal() - 0.12 * side
            color = palette(0.72 if rng.random() < 0.07 else np.clip(tone, 0, 0.62), *stops)
            if rng.random() < 0.05:
                color = palette(1.0, *stops)
            path = np.stack([rows[keep], columns[keep]], 1) * HEIGHT
            canvas.stroke(rng, brush.of(rng.uniform(5, 12)), path, color)
