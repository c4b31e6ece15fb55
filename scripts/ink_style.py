"""The style in ink: crags, mist, pines and bamboo, in wet and dry strokes on paper."""

import numpy as np
from drawing import Array, Rng, blur, grid, mix, noise, palette, smoothstep
from painting import Brush, Canvas, Points

HEIGHT, WIDTH = 768, 1024
BLACK = np.array([0.060, 0.060, 0.065])
WET = Brush(26, 80, opacity=0.16, dryness=0.1, streaks=0.3, body=0, taper=0.6)
DRY = Brush(9, 60, opacity=0.55, dryness=0.78, streaks=0.3, body=0, taper=0.8)
LINE = Brush(5, 60, opacity=0.85, dryness=0.4, streaks=0.3, body=0, taper=0.7)
STALK = Brush(17, 120, opacity=0.80, dryness=0.5, streaks=0.35, body=0, taper=0.06)
LEAF = Brush(17, 90, opacity=0.88, dryness=0.35, streaks=0.35, body=0, taper=1.5)

# Peaks from far to near: x, top, half width at the foot, foot, how black.
PEAKS = (
    (0.38, 0.30, 0.17, 0.62, 0.22),
    (0.78, 0.22, 0.16, 0.64, 0.26),
    (1.28, 0.26, 0.17, 0.60, 0.22),
    (0.56, 0.21, 0.15, 0.70, 0.42),
    (1.04, 0.12, 0.20, 0.78, 0.62),
    (0.80, 0.48, 0.15, 0.86, 0.75),
    (1.26, 0.42, 0.20, 0.98, 1.0),
)


def ink(rng: Rng) -> Array:
    """Return crags in mist behind bamboo, in ink on paper."""
    x, y = grid(HEIGHT, WIDTH)
    grain, cloud = noise(rng, HEIGHT, WIDTH, 3, 0.6), noise(rng, HEIGHT, WIDTH, 180, 2)
    fibres = blur(noise(rng, HEIGHT, WIDTH, 14, 0.9), 0.8)
    tone = 0.5 + 0.12 * cloud + 0.05 * grain + 0.05 * fibres
    paper = palette(tone, "#dccba2", "#efe3c4", "#f8f1df")
    sun = smoothstep(0.072, 0.064, np.hypot(x - 0.70, y - 0.135) + 0.0015 * grain)
    paper = mix(paper, palette(tone, "#a8231c", "#d9452c"), 0.85 * sun)
    canvas = Canvas(paper)
    for peak in PEAKS:
        _peak(rng, canvas, peak, paper)
    _water(rng, canvas)
    _bamboo(rng, canvas)
    _birds(rng, canvas)
    _seal(canvas)
    soak = 1 + 0.04 * noise(rng, HEIGHT, WIDTH, 2, 0.4) + 0.03 * grain
    return np.clip(canvas.lit(0) * soak[..., None], 0, 1).astype(np.float32)


def _peak(rng: Rng, canvas: Canvas, peak: tuple[float, ...], paper: Array) -> None:
    """Paint one crag: its wash, its outlines, the cracks of its flanks, pines on its top."""
    cx, top, half, foot, black = peak
    rise = np.linspace(0, 1, 60)
    sides = []
    for side in (-1, 1):
        steps = np.interp(rise, np.linspace(0, 1, 9), np.cumsum(rng.uniform(0.1, 1, 9) ** 1.6))
        steps = (steps - steps[0]) / (steps[-1] - steps[0])
        wide = half * (0.10 + 0.90 * steps**0.9) + 0.0028 * rng.standard_normal(60)
        sides.append(np.stack([top + (foot - top) * rise, cx + side * wide], 1) * HEIGHT)
    _clear(canvas, sides, paper)
    for _ in range(int(40 + 80 * black)):  # the wash, wetter towards the top
        path = _down(rng, sides, rng.random(), rng.random() ** 1.5 * 0.8, half * 0.6, (50, 120))
        canvas.stroke(rng, WET.of(rng.uniform(14, 34)), path, _grey(0.45 + 0.55 * black))
    for outline in sides:
        for first in range(0, 52, 5):
            piece = outline[first : first + 8] + rng.normal(0, 1.2, 2)
            strength = black * (1 - first / 75)
            if rng.random() < strength + 0.35:
                canvas.stroke(rng, LINE.of(3 + 7 * strength), piece, _grey(0.5 + strength))
    for _ in range(int(60 + 260 * black)):  # the cracks
        share, depth = rng.beta(0.8, 0.8), rng.random() ** 1.3 * 0.75
        path = _down(rng, sides, share, depth, half * rng.uniform(0.16, 0.8), (18, 62))
        shade = _grey((0.35 + 0.8 * black) * (1 - 0.6 * depth))
        canvas.stroke(rng, DRY.of(rng.uniform(3, 11)), path, shade)
    for _ in range(int(14 * black)):
        outline = sides[rng.integers(2)]
        _pine(rng, canvas, outline[rng.integers(0, 26)], 16 + 26 * black * rng.random(), black)


def _down(
    rng: Rng,
    sides: list[Points],
    share: float,
    depth: float,
    lean: float,
    lengths: tuple[float, float],
) -> Points:
    """Return a path down a flank, from between its outlines, that leans away from the middle."""
    at = int(depth * 59)
    start = sides[0][at] * (1 - share) + sides[1][at] * share
    reach = np.linspace(0, 1, 7)[:, None]
    fall = (rng.uniform(*lengths), (share - 0.5) * lean * HEIGHT)
    return np.asarray(start + reach * fall + 4 * np.sin(6 * reach + 8 * share) * (0, 1))


def _grey(strength: float) -> Points:
    """Return ink of a strength, 1 for black."""
    return np.asarray(1 - (1 - BLACK) * min(1.0, strength))


def _clear(canvas: Canvas, sides: list[Points], paper: Array) -> None:
    """Leave the paper bare inside a crag's outlines, and mist at its foot."""
    rows = np.arange(HEIGHT)
    left, right = (np.interp(rows, side[:, 0], side[:, 1]) for side in sides)
    columns = np.arange(WIDTH)[None, :]
    inside = (columns > left[:, None]) & (columns < right[:, None])
    inside &= ((rows > sides[0][0, 0]) & (rows < sides[0][-1, 0]))[:, None]
    part = blur(inside.astype(np.float32), 1.2)
    part = part.repeat(2, 0).repeat(2, 1)
    canvas.color = mix(canvas.color, paper.repeat(2, 0).repeat(2, 1), 0.93 * part)


def _pine(rng: Rng, canvas: Canvas, foot: Points, size: float, black: float) -> None:
    shade = _grey(0.55 + black)
    lean = rng.uniform(-0.3, 0.3)
    trunk = foot + np.linspace(0, 1, 5)[:, None] * (-size, lean * size)
    canvas.stroke(rng, LINE.of(2.5), trunk, shade)
    for level in np.linspace(0.35, 1.05, 5):
        wide = size * 0.55 * (1.25 - level)
        middle = foot + level * np.array([-size, lean * size])
        for _ in range(7):
            at = middle + rng.normal(0, 1, 2) * (1.2, wide * 0.5)
            dab = at + np.array([[0.8, -wide * 0.4], [-0.8, 0], [0.8, wide * 0.4]])
            canvas.stroke(rng, LINE.of(rng.uniform(2, 4)), dab, shade)


def _water(rng: Rng, canvas: Canvas) -> None:
    for _ in range(70):
        row = rng.uniform(0.885, 0.99)
        column = rng.uniform(0.45, 1.30)
        long = rng.uniform(20, 110)
        reach = np.linspace(-0.5, 0.5, 7)[:, None]
        path = (
            np.array([row, column]) * HEIGHT
            + long * reach * (0, 1)
            + 1.5 * np.sin(9 * reach) * (1, 0)
        )
        canvas.stroke(rng, DRY.of(rng.uniform(1.5, 5)), path, _grey(rng.uniform(0.3, 0.7)))
    boat = np.array([0.93, 0.66]) * HEIGHT
    reach = np.linspace(-1, 1, 9)[:, None]
    canvas.stroke(rng, LINE.of(8), boat + reach * (0, 34) - 9 * reach**2 * (1, 0), BLACK)
    canvas.stroke(rng, LINE.of(9), boat + np.array([[-6, 4], [-24, 6]]), BLACK * 1.5)
    canvas.stroke(rng, LINE.of(14), boat + np.array([[-22, -4], [-27, 6], [-22, 16]]), BLACK)
    canvas.stroke(rng, LINE.of(2), boat + np.array([[-44, 26], [14, -30]]), BLACK)


def _birds(rng: Rng, canvas: Canvas) -> None:
    for x, y, size in ((0.86, 0.10, 15), (0.90, 0.075, 11), (0.945, 0.095, 12), (0.98, 0.06, 9)):
        for side in (-1, 1):
            reach = np.linspace(0, 1, 6)[:, None]
            wing = (
                np.array([y, x]) * HEIGHT
                + reach * (-0.5 * size, side * size)
                + reach**2 * (0.6 * size, 0)
            )
            canvas.stroke(rng, LINE.of(3.2), wing, BLACK)


def _seal(canvas: Canvas) -> None:
    """Stamp a red seal in the corner."""
    top, left, side = 1380, 1900, 84
    red = np.array([0.72, 0.14, 0.10])
    area = canvas.color[top : top + side, left : left + side]
    area += 0.9 * (red - area)
    for row, column, high, wide in (
        (12, 12, 60, 5),
        (12, 26, 5, 46),
        (34, 26, 5, 46),
        (56, 26, 16, 5),
        (20, 47, 52, 5),
        (56, 67, 16, 5),
        (67, 26, 5, 46),
    ):
        area[row : row + high, column : column + wide] = (0.93, 0.87, 0.75)


def _bamboo(rng: Rng, canvas: Canvas) -> None:
    for foot, lean, width, shade in (
        (262, 0.15, 11, 5.5),
        (150, -0.02, 17, 2.8),
        (56, 0.10, 27, 1.0),
    ):
        row, column = HEIGHT + 40.0, float(foot)
        while row > -40:
            length = 105 + 30 * rng.random()
            bend = np.linspace(0, 1, 8)[:, None]
            path = np.array([row, column]) + bend * (-length, lean * length)
            canvas.stroke(rng, STALK.of(width), path, BLACK * shade)
            row, column = row - length - 5, column + lean * (length + 5)
            knot = np.array([[4, -0.62 * width], [0, 0], [4, 0.62 * width]])
            canvas.stroke(rng, LINE.of(5), knot + np.array([row, column]), BLACK)
            if row < 640 and rng.random() < 0.85:
                _spray(rng, canvas, (row, column), BLACK * shade)


def _spray(rng: Rng, canvas: Canvas, knot: tuple[float, float], color: Points) -> None:
    """Draw a twig that leaves a knot of the bamboo and its hanging leaves."""
    side = 1 if rng.random() < 0.7 else -1
    reach = np.linspace(0, 1, 10)[:, None]
    length = 60 + 80 * rng.random()
    path = np.array(knot) + reach * (-0.5 * length, side * length) + reach**2 * (0.5 * length, 0)
    canvas.stroke(rng, LINE.of(4), path, color)
    for tip in path[[4, 6, 9]]:
        for _ in range(int(rng.integers(2, 6))):
            heading = 1.57 - side * (0.15 + 1.0 * rng.random())
            size = 50 + 75 * rng.random()
            leaf = np.concatenate(
                [np.sin(heading) * reach + 0.18 * reach**2, np.cos(heading) * reach], 1
            )
            canvas.stroke(
                rng,
                LEAF.of(0.20 * size),
                tip + size * leaf,
                color * (0.7 + 1.6 * rng.random() ** 2),
            )
