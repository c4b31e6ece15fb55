"""Paint: brushes of many bristles, strokes that follow a flow, light on thick paint.

Lengths are pixels of the finished picture; paint itself lies on a canvas FINE times as fine.
Colours are sRGB in [0, 1], arrays float32, x to the right and y down, places rows and columns.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from drawing import Array, Rng, blur, noise, pixels
from numpy.typing import NDArray

FINE = 2  # canvas pixels per picture pixel, along each side
HALF = 7  # points of a path on either side of its middle

Points = NDArray[Any]


@dataclass(frozen=True)
class Brush:
    """How the strokes of one layer look; lengths in pixels."""

    width: float
    length: float
    cover: float = 1.5  # how often the layer covers the canvas
    opacity: float = 0.95
    dryness: float = 0.25  # 0 leaves a closed film, 1 hardly touches the canvas
    jitter: float = 0.05  # of the colour from stroke to stroke
    streaks: float = 0.06  # of the colour from bristle to bristle
    split: float = 0.05  # of the colour from one side of the brush to the other
    body: float = 1.0  # thickness of the paint
    taper: float = 0.6  # 0 is a flat brush, 1 ends in points
    stop: float = 0.28  # how far the colour below may be from the stroke's own

    def of(self, width: float) -> "Brush":
        """Return the same brush in another width."""
        return replace(self, width=width)


class Canvas:
    """Paint on a ground: its colour and its thickness, FINE times as fine as the picture."""

    def __init__(self, ground: Array) -> None:
        self.color = ground.repeat(FINE, axis=0).repeat(FINE, axis=1)
        self.thickness = np.zeros(self.color.shape[:2], np.float32)

    def paint(self, rng: Rng, brush: Brush, target: Array, angle: Array, where: Array) -> None:
        """Lay one layer of strokes that take their colour from `target` and follow `angle`.

        `target` is (H, W, 3); `angle` (H, W) in radians, 0 to the right and rising clockwise on
        the screen; `where` (H, W) in [0, 1] is the chance that a stroke is laid at a place.
        A stroke ends before the target's colour differs from its own by `stop`.
        """
        height, width = angle.shape
        middles = _spread(rng, brush, height, width)
        row, column = pixels(middles[:, 0], height), pixels(middles[:, 1], width)
        wanted = rng.random(len(row)) < where[row, column]
        middles, row, column = middles[wanted], row[wanted], column[wanted]
        paths = _follow(middles, angle, brush.length * rng.uniform(0.7, 1.3, (len(row), 1)))
        own = target[row, column]
        there = target[pixels(paths[..., 0], height), pixels(paths[..., 1], width)]
        paths = _cut(paths, np.abs(there - own[:, None]).max(2) > brush.stop)
        there = target[pixels(paths[..., 0], height), pixels(paths[..., 1], width)]
        tone = 1 + brush.jitter * rng.standard_normal((len(row), 1))
        tint = brush.jitter * rng.standard_normal((len(row), 3))
        # Dark paint varies less, or shadows turn into confetti.
        change = own * tone + tint * (0.15 + 0.45 * own.mean(1, keepdims=True)) - own
        colors = 0.6 * own[:, None] + 0.4 * there + change[:, None]
        for path, color in zip(paths, colors, strict=True):
            self.stroke(rng, brush, path, color)

    def stroke(self, rng: Rng, brush: Brush, path: Points, color: Points) -> None:
        """Draw one stroke along `path`, (N, 2), bristle by bristle.

        `color` is one, (3,), or one for every point of the path, (N, 3).
        """
        path, color = np.asarray(path, float), np.atleast_2d(color)
        steps = np.hypot(*np.diff(path, axis=0).T)
        length = float(steps.sum())
        if length < 1:
            return
        along = np.linspace(0, 1, max(4, int(length * FINE * 1.4)))
        across = np.linspace(-1, 1, max(3, int(brush.width * FINE * 1.4)))
        reached = np.concatenate([[0], np.cumsum(steps)]) / length
        rows, columns = _ribbon(brush, path * FINE, reached, along, across)
        bristles = _Bristles(rng, len(across))
        height, width = self.thickness.shape
        inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        wet = bristles.touch(rng, along, brush.dryness) & inside
        rows, columns = rows[wet], columns[wet]
        if len(color) == len(reached):
            color = np.stack([np.interp(along, reached, c) for c in color.T], axis=1)
        side = brush.split * rng.standard_normal() * across + brush.streaks * bristles.pigment
        shade = (1 + side)[None, :, None] * color[:, None, :]
        shade = np.broadcast_to(shade, (*wet.shape, 3))[wet]
        film = brush.opacity * (1 - 0.3 * along[:, None] ** 3) * np.ones_like(across)
        under = self.color[rows, columns]
        self.color[rows, columns] = under + film[wet][:, None] * (shade - under)
        # Paint is pushed to the sides of the brush and piles up where it is lifted.
        pile = 0.5 + 0.32 * bristles.load + 0.4 * np.abs(across) ** 4
        pile = pile[None, :] * (0.75 + 0.6 * along[:, None] ** 5) * brush.body
        self.thickness[rows, columns] = 0.4 * self.thickness[rows, columns] + pile[wet]

    def dots(self, centers: Points, colors: Points, radius: float) -> None:
        """Set round dabs of one radius at `centers`, (N, 2), in their order."""
        reach = int(np.ceil(radius * FINE))
        dy, dx = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        far = np.hypot(dy, dx) / (radius * FINE)
        dy, dx, dome = dy[far <= 1], dx[far <= 1], np.sqrt(1 - far[far <= 1] ** 2)
        rows = np.rint(centers[:, :1] * FINE).astype(int) + dy
        columns = np.rint(centers[:, 1:] * FINE).astype(int) + dx
        height, width = self.thickness.shape
        inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        rows, columns = rows[inside], columns[inside]
        self.color[rows, columns] = np.broadcast_to(colors[:, None], (*inside.shape, 3))[inside]
        self.thickness[rows, columns] = np.broadcast_to(dome, inside.shape)[inside]

    def lit(self, relief: float = 1.0, gloss: float = 0.12, smooth: float = 0.7) -> Array:
        """Return the picture in light from the upper left, (H, W, 3) in [0, 1]."""
        height, width = (side // FINE for side in self.thickness.shape)
        weave = noise(np.random.default_rng(1), *self.thickness.shape, 2.5, 0.8)
        surface = blur(self.thickness, smooth) + 0.03 * weave
        dy, dx = np.gradient(surface)
        slope = relief * (dx + dy)
        hollow = np.clip(surface - blur(surface, 5), -1, 0)
        shade = 1 + 0.55 * np.tanh(slope) + 0.22 * relief * hollow
        shine = gloss * np.clip(np.tanh(1.6 * slope - 0.35), 0, 1)
        light = np.clip(self.color * shade[..., None] + shine[..., None], 0, 1)
        return light.reshape(height, FINE, width, FINE, 3).mean((1, 3)).astype(np.float32)


class _Bristles:
    """The bristles of one stroke: what each carries, where it sets down and lifts."""

    def __init__(self, rng: Rng, count: int) -> None:
        at = np.linspace(0, 1, count)
        knots = np.linspace(0, 1, max(3, count // 3))
        self.pigment = np.interp(at, knots, rng.standard_normal(len(knots)))
        self.load = np.interp(at, knots, rng.standard_normal(len(knots)))
        self.start = np.abs(np.interp(at, knots, rng.normal(0, 0.04, len(knots))))
        self.end = 1 - np.abs(np.interp(at, knots, rng.normal(0, 0.09, len(knots))))

    def touch(self, rng: Rng, along: Points, dryness: float) -> NDArray[np.bool_]:
        """Return where paint comes off, (along, across)."""
        down = (along[:, None] >= self.start) & (along[:, None] <= self.end)
        knots = max(4, len(along) // 12)
        patches = rng.standard_normal((knots, len(self.load)))
        position = along * (knots - 1)
        low = np.minimum(position.astype(int), knots - 2)
        part = (position - low)[:, None]
        rough = patches[low] * (1 - part) + patches[low + 1] * part
        # The brush runs dry towards the end of the stroke.
        supply = 2.6 - 3.2 * dryness * (0.5 + along[:, None]) + 0.5 * self.load
        return down & (rough < supply)


def _spread(rng: Rng, brush: Brush, height: int, width: int) -> Points:
    """Return the middles of a layer's strokes in random order, one in every cell of a grid."""
    cell = np.sqrt(brush.width * brush.length / brush.cover)
    margin = brush.length / 3
    rows = np.arange(-margin, height + margin, cell)
    columns = np.arange(-margin, width + margin, cell)
    corners = np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)
    return rng.permutation(corners + cell * rng.random(corners.shape))


def _ribbon(
    brush: Brush, path: Points, reached: Points, along: Points, across: Points
) -> tuple[Points, Points]:
    """Return the canvas rows and columns under a stroke, (along, across) each."""
    spine = np.stack([np.interp(along, reached, path[:, i]) for i in (0, 1)], axis=1)
    tangent = np.gradient(spine, axis=0)
    tangent /= np.hypot(tangent[:, 0], tangent[:, 1])[:, None] + 1e-6
    normal = tangent[:, ::-1] * (-1, 1)
    belly = np.sin(np.pi * (0.08 + 0.87 * along)) ** (0.9 * brush.taper)
    offset = (brush.width * FINE / 2) * belly[:, None] * across[None, :]
    points = spine[:, None, :] + offset[..., None] * normal[:, None, :]
    rows, columns = np.rint(points).astype(int).transpose(2, 0, 1)
    return rows, columns


def _follow(middles: Points, angle: Array, length: Points) -> Points:
    """Return paths of `length`, (strokes, 1), along a field of angles, (strokes, points, 2)."""
    sides = []
    for step in (-length / (2 * HALF), length / (2 * HALF)):
        place, side = middles, []
        for _ in range(HALF):
            # The midpoint rule: plain Euler steps would spiral out of every whirl.
            probe = place + step / 2 * _heading(angle, place)
            place = place + step * _heading(angle, probe)
            side.append(place)
        sides.append(side)
    return np.stack([*reversed(sides[0]), middles, *sides[1]], axis=1)


def _cut(paths: Points, wrong: NDArray[np.bool_]) -> Points:
    """Return paths that stay where they are from the first wrong point on, on either side."""
    points = np.arange(2 * HALF + 1)
    first = np.where(wrong & (points < HALF), points + 1, 0).max(1)
    last = np.where(wrong & (points > HALF), points - 1, 2 * HALF).min(1)
    kept = np.clip(points[None], first[:, None], last[:, None])
    return np.take_along_axis(paths, kept[..., None], axis=1)


def _heading(angle: Array, places: Points) -> Points:
    there = angle[pixels(places[:, 0], angle.shape[0]), pixels(places[:, 1], angle.shape[1])]
    return np.stack([np.sin(there), np.cos(there)], axis=1)
