"""The woodblock: a claw of a wave over a far mountain, printed in blues on warm paper."""

import itertools

import numpy as np
from drawing import Array, Rng, grid, mix, noise, palette, smoothstep, streaked
from painting import FINE, Canvas, Points
from PIL import Image, ImageDraw

HEIGHT, WIDTH = 768, 1024
MARGIN = 110  # beyond which the grain of the wood no longer counts
INK, FOAM = np.array([0.055, 0.10, 0.22]), np.array([0.955, 0.925, 0.83])
SHADE = np.array([0.50, 0.66, 0.74])  # lines inside the foam
BLUES = ("#16356c", "#efe6cb", "#24548f", "#16356c", "#6f9fb8", "#1d4680", "#efe6cb", "#3a6fa5")

# Each wave: the line of its back and the line of its hollow, from the foot to the tip; the
# side that it falls to; how large its claws are. x and y in units of the height.
WAVES = (
    (
        ((1.62, 1.02), (1.44, 0.70), (1.30, 0.575), (1.17, 0.56), (1.07, 0.645)),
        ((1.16, 1.02), (1.24, 0.86), (1.25, 0.75), (1.20, 0.675), (1.07, 0.645)),
        -1,
        0.55,
    ),
    (
        ((-0.30, 1.05), (-0.12, 0.55), (0.10, 0.22), (0.36, 0.10), (0.57, 0.15), (0.66, 0.30)),
        ((0.74, 1.05), (0.44, 0.86), (0.30, 0.64), (0.31, 0.45), (0.45, 0.32), (0.66, 0.30)),
        1,
        1.0,
    ),
    (
        ((0.40, 1.10), (0.62, 0.86), (0.80, 0.775), (0.95, 0.775), (1.03, 0.84)),
        ((1.22, 1.10), (0.98, 1.00), (0.89, 0.93), (0.91, 0.865), (1.03, 0.84)),
        1,
        0.5,
    ),
    (
        ((-0.2, 1.2), (-0.02, 0.90), (0.14, 0.83), (0.28, 0.84), (0.35, 0.90)),
        ((0.60, 1.2), (0.34, 1.06), (0.24, 0.98), (0.25, 0.92), (0.35, 0.90)),
        1,
        0.45,
    ),
)


def waves(rng: Rng) -> Array:
    """Return breaking waves before a mountain, as a woodblock print."""
    x, y = grid(FINE * HEIGHT, FINE * WIDTH)
    canvas = Canvas(np.zeros((HEIGHT, WIDTH, 3), np.float32))
    canvas.color = _mountain(x, y, _sky(rng, x, y))
    canvas.color = _swell(x, y, canvas.color)
    for back, hollow, side, size in WAVES:
        canvas.color = _body(canvas.color, _curve(back), _curve(hollow))
        _foam(rng, canvas, _curve(back), side, size)
    canvas.color = _boat(canvas.color)
    wide = noise(rng, HEIGHT, WIDTH + 2 * MARGIN, 4, 1.0)
    grain = streaked(wide, 0 * wide, 2 * MARGIN, 40)[:, MARGIN:-MARGIN]
    fibre = noise(rng, FINE * HEIGHT, FINE * WIDTH, 3 * FINE, 0.7)
    uneven = noise(rng, FINE * HEIGHT, FINE * WIDTH, 120 * FINE, 1.8)
    grain = grain.repeat(FINE, 0).repeat(FINE, 1)
    paper = palette(0.5 + 0.2 * fibre, "#e4d3a8", "#f2e6c6")
    worn = smoothstep(1.9, 3.2, 0.8 * fibre + 0.8 * grain)
    press = 1 + 0.035 * grain + 0.025 * fibre + 0.03 * uneven
    canvas.color = mix(canvas.color * press[..., None], paper, 0.65 * worn)
    return canvas.lit(0)


def _curve(knots: tuple[tuple[float, float], ...], count: int = 240) -> Points:
    """Return points (x, y) of a smooth line through the knots (Catmull and Rom)."""
    at = np.array([knots[0], *knots, knots[-1]])
    place = np.linspace(0, len(knots) - 1 - 1e-6, count)
    low, t = place.astype(int), (place % 1)[:, None]
    p0, p1, p2, p3 = (at[low + i] for i in range(4))
    bent = 2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
    return (bent + (3 * p1 - p0 - 3 * p2 + p3) * t**3) / 2


def _inside(*outlines: Points) -> Array:
    """Return 1 inside any of the outlines, (N, 2) x and y, on the fine canvas."""
    sheet = Image.new("L", (FINE * WIDTH, FINE * HEIGHT))
    pen = ImageDraw.Draw(sheet)
    for outline in outlines:
        pen.polygon([tuple(point) for point in outline * FINE * HEIGHT], fill=255)
    return (np.asarray(sheet) / 255).astype(np.float32)


def _fill(color: Array, part: Array, paint: str | Points) -> Array:
    flat = palette(0.0, paint, paint) if isinstance(paint, str) else paint.astype(np.float32)
    return mix(color, np.broadcast_to(flat, color.shape), part)


def _line(points: Points, width: Points | float) -> Points:
    """Return the outline of a line that is `width` wide, at every point or everywhere."""
    along = np.gradient(points, axis=0)
    along /= np.hypot(along[:, :1], along[:, 1:]) + 1e-9
    off = (
        along[:, ::-1] * (-1, 1) * np.broadcast_to(np.reshape(width, (-1, 1)), (len(points), 1)) / 2
    )
    return np.concatenate([points + off, (points - off)[::-1]])


def _sky(rng: Rng, x: Array, y: Array) -> Array:
    drift = 0.02 * np.sin(3 * x) + 0.01 * noise(rng, *x.shape, 300 * FINE, 2.2)
    color = palette((y + drift) / 0.75, "#54708a", "#a9b3a4", "#e2d3a8", "#ecdcb2", "#e6bf8e")
    sun = smoothstep(0.0865, 0.0850, np.hypot(x - 1.08, y - 0.21))
    color = _fill(color, sun, "#c8442e")
    bars = []
    for cx, cy, wide, thick in (
        (0.88, 0.30, 0.10, 0.011),
        (1.20, 0.27, 0.16, 0.012),
        (1.02, 0.245, 0.06, 0.008),
        (1.28, 0.42, 0.12, 0.010),
        (0.80, 0.46, 0.07, 0.008),
    ):
        bars.append(np.hypot(np.clip(np.abs(x - cx) - wide, 0, 9), y - cy) < thick)
    return _fill(color, 0.92 * np.any(bars, 0).astype(np.float32), "#f0e5c8")


def _mountain(x: Array, y: Array, color: Array) -> Array:
    off = np.abs(x - 0.93)
    top = np.maximum(0.475 + 0.85 * off**1.12 - 0.25 * off**2, 0.487)
    inside = smoothstep(0, 0.0015, y - top) * (y < 0.72)
    color = mix(color, palette((y - 0.48) / 0.2, "#27467a", "#5f83a0", "#c9c7a8"), inside)
    teeth = 0.545 + 0.018 * np.abs(np.mod(x * 21, 2) - 1) + 0.012 * np.sin(60 * x)
    color = _fill(color, inside * (y < teeth), "#f5eed8")
    rim = inside * (y - top < 0.0042)
    return _fill(color, rim.astype(np.float32), INK)


def _swell(x: Array, y: Array, color: Array) -> Array:
    """Paint rows of low waves up to the horizon."""
    for number in range(12):
        depth = number / 11
        base = 0.655 + 0.33 * depth**1.15
        length, height = 0.16 + 0.20 * depth, 0.012 + 0.034 * depth
        at = x / length + 0.37 * number
        top = base - height * (1 - np.abs(np.sin(np.pi * at))) ** 1.4
        below = (y - top) / height
        inside = (below > 0).astype(np.float32)
        blue = BLUES[(3 * number) % len(BLUES)] if number % 3 else "#2d629a"
        color = _fill(color, inside, blue)
        for edge, thick, paint in (
            (0.0, 0.10, INK),
            (0.55, 0.22, FOAM),
            (1.15, 0.12, INK),
            (1.6, 0.2, FOAM),
        ):
            stripe = (below > edge) & (
                below < edge + thick * (0.6 + 0.8 * np.abs(np.sin(np.pi * at)))
            )
            color = _fill(color, stripe.astype(np.float32), paint)
    return color


def _body(color: Array, back: Points, hollow: Points) -> Array:
    """Paint a wave in stripes that run from its foot to its tip."""
    shape = np.concatenate([back, hollow[::-1]])
    color = _fill(color, _inside(_line(np.concatenate([shape, shape[:1]]), 0.008)), INK)
    color = _fill(color, _inside(shape), "#24548f")
    widths = (0.10, 0.022, 0.05, 0.08, 0.03, 0.06, 0.025, 0.09, 0.02, 0.045, 0.07, 0.03)
    edges = np.cumsum((0, *widths, *widths[1:8]))
    edges /= edges[-1]
    for number, (low, high) in enumerate(itertools.pairwise(edges)):
        one, other = (back + share * (hollow - back) for share in (low, high))
        color = _fill(
            color, _inside(np.concatenate([one, other[::-1]])), BLUES[number % len(BLUES)]
        )
        taper = 0.0022 + 0.0022 * np.sin(np.linspace(0, np.pi, len(one)))
        color = _fill(color, _inside(_line(other, taper)), INK)
    return color


def _foam(rng: Rng, canvas: Canvas, back: Points, side: int, size: float) -> None:
    """Set foam on the crest of a wave, claws that reach out of it, and spray before it."""
    crest = back[len(back) * 5 // 12 :]
    claws = _claws(rng, crest, side, size)
    chains = [*claws, (crest, 0.016 * size * np.linspace(0.25, 1.2, len(crest)))]
    for grow, paint in ((0.0030, INK), (0.0, FOAM)):
        for path, radii in chains:
            for place, radius in zip(path, radii, strict=True):
                canvas.dots(place[None, ::-1] * HEIGHT, paint[None], (radius + grow) * HEIGHT)
    for path, radii in claws[::2]:
        for place in path[1:9] + (0.0, 0.35) * radii[1:9, None]:
            canvas.dots(place[None, ::-1] * HEIGHT, SHADE[None], 1.1 * (1 + size))
    spread, middle = np.array([0.15, 0.09]) * size, back[-1] + np.array([0.04 * side, -0.05]) * size
    for _ in range(int(170 * size)):
        spray = middle + rng.normal(0, 1, 2) * spread
        canvas.dots(spray[None, ::-1] * HEIGHT, FOAM[None], rng.uniform(0.9, 2.6))


def _claws(rng: Rng, crest: Points, side: int, size: float) -> list[tuple[Points, Points]]:
    """Return curled chains of dots, x and y and radii, that leave the crest."""
    chains: list[tuple[Points, Points]] = []
    steps, last = np.linspace(0, 1, 12), len(crest) - 1
    for share in np.sort(rng.random(int(120 * size + 20))) ** 0.8:
        at = int(share * last)
        root = crest[at] + rng.normal(0, 0.010 * size, 2)
        ahead = crest[min(at + 4, last)] - crest[max(at - 1, 0)]
        turn = np.arctan2(ahead[1], ahead[0]) + side * rng.uniform(0.1, 1.25)
        reach = size * (0.035 + 0.085 * share) * rng.uniform(0.5, 1.2)
        bend = turn + side * 1.9 * steps**1.5 * rng.uniform(0.5, 1.2)
        path = root + np.cumsum(np.stack([np.cos(bend), np.sin(bend)], 1), 0) * reach / 12
        chains.append((path, size * 0.0150 * (1 - 0.82 * steps) * rng.uniform(0.7, 1.15)))
        if share > 0.45 and rng.random() < 0.8:
            torn = path[4:8] + rng.normal(0, 0.008 * size, 2)
            chains.append((torn, size * 0.010 * np.linspace(1, 0.3, 4)))
    return chains


def _boat(color: Array) -> Array:
    reach = np.linspace(0, 1, 40)
    for cx, cy, long, lean in ((0.66, 0.775, 0.20, -0.10), (1.16, 0.945, 0.22, 0.08)):
        line = np.stack(
            [
                cx + long * (reach - 0.5),
                cy + 0.035 * (2 * reach - 1) ** 2 * -1 + lean * (reach - 0.5),
            ],
            1,
        )
        width = 0.026 * np.sin(np.pi * (0.06 + 0.88 * reach))
        color = _fill(color, _inside(_line(line, width + 0.006)), INK)
        color = _fill(color, _inside(_line(line, width)), "#d9b878")
        color = _fill(color, _inside(_line(line + np.array([0, 0.005]), 0.35 * width)), "#a8683a")
        for place in line[8:32:4]:
            turn = np.linspace(0, 2 * np.pi, 24)
            ring = np.stack([np.cos(turn), np.sin(turn)], 1)
            color = _fill(color, _inside(place - (0, 0.012) + 0.0105 * ring), INK)
            color = _fill(color, _inside(place - (0, 0.013) + 0.008 * ring), "#2d4f86")
            color = _fill(color, _inside(place - (-0.004, 0.022) + 0.006 * ring), "#e8c79a")
    return color
