"""What the style pictures are drawn with: noise, palettes, a bristle brush, light on paint.

Lengths are pixels of the finished picture; paint itself lies on a canvas FINE times as fine.
Colours are sRGB in [0, 1], arrays float32, x to the right and y down.
Everything random comes from a generator that is passed in, so a seed gives the same picture.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Rng = np.random.Generator

FINE = 2  # canvas pixels per picture pixel, along each side


def grid(height: int, width: int) -> tuple[Array, Array]:
    """Return x and y of every pixel, (H, W) each, in units of the height: y in [0, 1)."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
    return x, y


def noise(rng: Rng, height: int, width: int, feature: float, slope: float = 1.5) -> Array:
    """Return tileable fractal noise, (H, W), mean 0 and deviation 1.

    Its spectrum falls with the power `slope` above one wave per `feature` pixels.
    """
    fy = np.fft.fftfreq(height)[:, None] * feature
    fx = np.fft.rfftfreq(width)[None, :] * feature
    envelope = (1 + fy**2 + fx**2) ** (-slope / 2 - 0.5)
    spectrum = np.fft.rfft2(rng.standard_normal((height, width))) * envelope
    spectrum[0, 0] = 0
    field = np.fft.irfft2(spectrum, (height, width))
    return (field / field.std()).astype(np.float32)


def blur(field: Array, radius: float) -> Array:
    """Return an (H, W) or (H, W, C) field after a Gaussian blur of deviation `radius` pixels."""
    pad = int(3 * radius) + 1
    edges = [(pad, pad), (pad, pad)] + [(0, 0)] * (field.ndim - 2)
    padded = np.pad(field, edges, mode="edge")
    fy = np.fft.fftfreq(padded.shape[0])[:, None]
    fx = np.fft.rfftfreq(padded.shape[1])[None, :]
    kernel = np.exp(-2 * (np.pi * radius) ** 2 * (fy**2 + fx**2))
    kernel = kernel.reshape(kernel.shape + (1,) * (field.ndim - 2))
    spectrum = np.fft.rfft2(padded, axes=(0, 1)) * kernel
    smooth = np.fft.irfft2(spectrum, padded.shape[:2], axes=(0, 1))
    return smooth[pad:-pad, pad:-pad].astype(np.float32)


def palette(t: Array | float, *colors: str) -> Array:
    """Return colours between evenly spaced stops ("#rrggbb") at `t` in [0, 1], (..., 3)."""
    stops = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colors]) / 255
    at = np.clip(np.asarray(t), 0, 1) * (len(stops) - 1)
    low = np.minimum(at.astype(int), len(stops) - 2)
    part = (at - low)[..., None]
    return (stops[low] * (1 - part) + stops[low + 1] * part).astype(np.float32)


def smoothstep(low: float, high: float, x: Array) -> Array:
    """Return 0 below `low`, 1 above `high` and a smooth ramp between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def mix(a: Array, b: Array, part: Array) -> Array:
    """Return colours `a` (H, W, 3) turned into `b` where `part` (H, W) is 1."""
    return (a + (b - a) * part[..., None]).astype(np.float32)


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
    body: float = 1.0  # thickness of the paint
    taper: float = 0.6  # 0 is a flat brush, 1 ends in points


class Canvas:
    """Paint on a ground: its colour and its thickness, FINE times as fine as the picture."""

    def __init__(self, ground: Array) -> None:
        self.color = ground.repeat(FINE, axis=0).repeat(FINE, axis=1)
        self.thickness = np.zeros(self.color.shape[:2], np.float32)

    def paint(self, rng: Rng, brush: Brush, target: Array, angle: Array, where: Array) -> None:
        """Lay one layer of strokes that take their colour from `target` and follow `angle`.

        `target` is (H, W, 3); `angle` (H, W) in radians, 0 to the right and rising clockwise on
        the screen; `where` (H, W) in [0, 1] is the chance that a stroke is laid at a place.
        """
        height, width = angle.shape
        margin = brush.length / 3
        count = int(brush.cover * height * width / (brush.width * brush.length))
        middles = rng.random((count, 2)) * (height + 2 * margin, width + 2 * margin) - margin
        row, column = _pixel(middles, angle.shape)
        wanted = rng.random(count) < where[row, column]
        middles, row, column = middles[wanted], row[wanted], column[wanted]
        tone = 1 + brush.jitter * rng.standard_normal((len(row), 1))
        tint = brush.jitter * rng.standard_normal((len(row), 3))
        wanted_colors = target[row, column]
        # Dark paint varies less, or shadows turn into confetti.
        colors = wanted_colors * tone + tint * (0.15 + 0.45 * wanted_colors.mean(1, keepdims=True))
        for path, color in zip(_follow(middles, angle, brush.length), colors, strict=True):
            self.stroke(rng, brush, path, color)

    def stroke(self, rng: Rng, brush: Brush, path: NDArray[Any], color: NDArray[Any]) -> None:
        """Draw one stroke along `path`, (N, 2) rows and columns, bristle by bristle."""
        length = float(np.hypot(*np.diff(path, axis=0).T).sum())
        along = np.linspace(0, 1, max(4, int(length * FINE * 1.4)))
        across = np.linspace(-1, 1, max(3, int(brush.width * FINE * 1.4)))
        rows, columns = _ribbon(brush, path * FINE, along, across)
        bristles = _Bristles(rng, len(across))
        height, width = self.thickness.shape
        inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        wet = bristles.touch(rng, along, brush.dryness) & inside
        rows, columns = rows[wet], columns[wet]
        shade = (1 + brush.streaks * bristles.pigment)[None, :, None] * color
        shade = np.broadcast_to(shade, (*wet.shape, 3))[wet]
        under = self.color[rows, columns]
        self.color[rows, columns] = under + brush.opacity * (shade - under)
        # Paint is pushed to the sides of the brush and piles up where it is lifted.
        pile = 0.55 + 0.25 * bristles.load + 0.35 * np.abs(across) ** 3
        pile = pile[None, :] * (0.75 + 0.5 * along[:, None] ** 4) * brush.body
        below = self.thickness[rows, columns]
        self.thickness[rows, columns] = 0.45 * below + pile[wet]

    def dots(self, centers: NDArray[Any], colors: NDArray[Any], radius: float) -> None:
        """Set round dabs of one radius at `centers`, (N, 2) rows and columns, in their order."""
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
        dy, dx = np.gradient(blur(self.thickness, smooth))
        slope = relief * (dx + dy)
        shade = 1 + 0.55 * np.tanh(slope)
        shine = gloss * np.clip(np.tanh(1.6 * slope - 0.35), 0, 1)
        light = np.clip(self.color * shade[..., None] + shine[..., None], 0, 1)
        height, width = (side // FINE for side in self.thickness.shape)
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

    def touch(self, rng: Rng, along: NDArray[Any], dryness: float) -> NDArray[np.bool_]:
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


def _ribbon(
    brush: Brush, path: NDArray[Any], along: NDArray[Any], across: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the canvas rows and columns under a stroke, (along, across) each."""
    steps = np.hypot(*np.diff(path, axis=0).T)
    reached = np.concatenate([[0], np.cumsum(steps)]) / max(steps.sum(), 1e-6)
    spine = np.stack([np.interp(along, reached, path[:, i]) for i in (0, 1)], axis=1)
    tangent = np.gradient(spine, axis=0)
    tangent /= np.hypot(tangent[:, 0], tangent[:, 1])[:, None] + 1e-6
    normal = tangent[:, ::-1] * (-1, 1)
    belly = np.sin(np.pi * (0.08 + 0.87 * along)) ** (0.9 * brush.taper)
    offset = (brush.width * FINE / 2) * belly[:, None] * across[None, :]
    points = spine[:, None, :] + offset[..., None] * normal[:, None, :]
    rows, columns = np.rint(points).astype(int).transpose(2, 0, 1)
    return rows, columns


def _pixel(places: NDArray[Any], shape: tuple[int, ...]) -> tuple[NDArray[Any], NDArray[Any]]:
    row, column = np.clip(places, 0, (shape[0] - 1, shape[1] - 1)).astype(int).T
    return row, column


def _follow(middles: NDArray[Any], angle: Array, length: float) -> NDArray[Any]:
    """Return paths of `length` along a field of angles, (strokes, points, 2)."""
    half = 6
    sides = []
    for step in (-length / (2 * half), length / (2 * half)):
        place, side = middles, []
        for _ in range(half):
            # The midpoint rule: plain Euler steps would spiral out of every whirl.
            probe = place + step / 2 * _heading(angle, place)
            place = place + step * _heading(angle, probe)
            side.append(place)
        sides.append(side)
    return np.stack([*reversed(sides[0]), middles, *sides[1]], axis=1)


def _heading(angle: Array, places: NDArray[Any]) -> NDArray[Any]:
    there = angle[_pixel(places, angle.shape)]
    return np.stack([np.sin(there), np.cos(there)], axis=1)
