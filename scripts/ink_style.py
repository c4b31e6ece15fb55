"""The style in ink: mountains and bamboo."""

import numpy as np
from drawing import Array, Rng, blur, grid, mix, noise, palette, smoothstep
from painting import Brush, Canvas

HEIGHT, WIDTH = 768, 1024


def ink(rng: Rng) -> Array:
    """Return mountains in mist behind bamboo, in ink on rough paper."""
    x, y = grid(HEIGHT, WIDTH)
    grain, cloud = noise(rng, HEIGHT, WIDTH, 3, 0.6), noise(rng, HEIGHT, WIDTH, 180, 2)
    fibres = blur(noise(rng, HEIGHT, WIDTH, 14, 0.9), 0.8)
    paper = palette(
        0.5 + 0.10 * cloud + 0.06 * grain + 0.05 * fibres, "#d9c9a3", "#efe4c8", "#f8f1df"
    )
    sun = smoothstep(0.078, 0.070, np.hypot(x - 1.02, y - 0.20) + 0.0012 * grain)
    paper = mix(paper, palette(0.5 + 0.12 * cloud + 0.1 * grain, "#a8231c", "#d9452c"), 0.88 * sun)
    density = np.zeros_like(x)
    cracks, angle = np.zeros_like(x), np.full_like(x, 1.2)
    for base, swing, strength, fall in (
        (0.42, 0.16, 0.45, 0.10),
        (0.56, 0.26, 0.80, 0.13),
        (0.72, 0.24, 1.15, 0.15),
        (0.92, 0.20, 1.90, 0.17),
    ):
        top = base - swing * _ridge(rng, WIDTH)
        below = y - top + 0.0009 * grain + 0.006 * cloud
        inside = smoothstep(0, 0.006, below)
        wash = np.exp(-np.clip(below, 0, 1) / fall) * (1 + 0.13 * grain + 0.22 * cloud)
        rim = np.exp(-((below - 0.006) ** 2) / 0.00006)
        density = density * (1 - 0.75 * inside) + inside * strength * (wash + 0.45 * rim)
        cracks = np.where(below > 0, (below > 0.03) * strength * np.exp(-below / fall), cracks)
        lean = np.gradient(blur(np.tile(top, (2, 1)).astype(np.float32), 6)[0])
        angle = np.where(below > 0, 1.57 - np.arctan(1.3 * HEIGHT * lean / 2), angle)
    absorbed = np.array([1.0, 0.95, 0.86]) * density[..., None]
    canvas = Canvas((paper * np.exp(-absorbed)).astype(np.float32))
    tone = palette(0.25 + 0.1 * cloud, "#10131c", "#3a4252")
    tilted = (angle + 0.25 * cloud).astype(np.float32)
    for brush, share in (
        (Brush(15, 60, 1.2, 0.22, dryness=0.85, streaks=0.2, body=0, taper=0.8), 0.45),
        (Brush(6, 34, 1.6, 0.38, dryness=0.80, streaks=0.2, body=0, taper=0.9), 0.45),
    ):
        canvas.paint(rng, brush, tone, tilted, np.clip(share * cracks, 0, 1).astype(np.float32))
    _bamboo(rng, canvas)
    speckle = 1 + 0.03 * noise(rng, HEIGHT, WIDTH, 2, 0.4) + 0.025 * grain
    return np.clip(canvas.lit(0) * speckle[..., None], 0, 1).astype(np.float32)


def _ridge(rng: Rng, width: int) -> Array:
    """Return the heights of a mountain chain, (W,), in about [0, 1]."""
    at, heights = np.linspace(0, 1, width), np.zeros(width)
    for octave in range(7):
        knots = 4 * 2**octave
        heights += 0.52**octave * np.interp(at, np.linspace(0, 1, knots), rng.random(knots))
    return ((heights - heights.min()) / np.ptp(heights)).astype(np.float32)


def _bamboo(rng: Rng, canvas: Canvas) -> None:
    black = np.array([0.058, 0.058, 0.064])
    stalk = Brush(17, 120, opacity=0.82, dryness=0.42, streaks=0.35, taper=0.06)
    twig = Brush(4, 60, opacity=0.85, dryness=0.3, taper=0.5)
    leaf = Brush(17, 90, opacity=0.86, dryness=0.42, streaks=0.35, taper=1.5)
    for foot, lean, width, shade in (
        (60, 0.10, 26, 1.0),
        (150, -0.03, 16, 2.0),
        (255, 0.16, 12, 3.6),
    ):
        row, column = HEIGHT + 40.0, float(foot)
        while row > -40:
            length = 105 + 30 * rng.random()
            bend = np.linspace(0, 1, 8)[:, None]
            path = np.array([row, column]) + bend * (-length, lean * length)
            canvas.stroke(rng, _like(stalk, width), path, black * shade)
            row, column = row - length - 5, column + lean * (length + 5)
            knot = np.array(
                [[row + 4, column - 0.62 * width], [row, column], [row + 4, column + 0.62 * width]]
            )
            canvas.stroke(rng, _like(twig, 5), knot, black)
            if row < 620 and rng.random() < 0.85:
                _spray(rng, canvas, (row, column), (twig, leaf), black * shade)


def _spray(
    rng: Rng, canvas: Canvas, knot: tuple[float, float], brushes: tuple[Brush, Brush], color: Array
) -> None:
    """Draw a twig that leaves a knot of the bamboo and its hanging leaves."""
    twig, leaf = brushes
    side = 1 if rng.random() < 0.7 else -1
    reach = np.linspace(0, 1, 10)[:, None]
    length = 60 + 80 * rng.random()
    path = np.array(knot) + reach * (-0.5 * length, side * length) + reach**2 * (0.5 * length, 0)
    canvas.stroke(rng, twig, path, color)
    for tip in path[[4, 6, 9]]:
        for _ in range(int(rng.integers(2, 5))):
            heading = 1.57 - side * (0.25 + 0.9 * rng.random())
            size = 60 + 60 * rng.random()
            droop = np.stack(
                [np.sin(heading) * reach + 0.18 * reach**2, np.cos(heading) * reach], 1
            )
            shade = color * (0.7 + 1.6 * rng.random() ** 2)
            canvas.stroke(rng, _like(leaf, 0.19 * size), tip + size * droop[..., 0], shade)


def _like(brush: Brush, width: float) -> Brush:
    return Brush(
        width,
        brush.length,
        opacity=brush.opacity,
        dryness=brush.dryness,
        streaks=brush.streaks,
        taper=brush.taper,
    )
