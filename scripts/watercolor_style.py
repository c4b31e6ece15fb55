"""Poppies in watercolour: washes that run into one another, with dark rims and grains."""

import numpy as np
from drawing import Array, Rng, blur, noise, palette, smoothstep
from numpy.typing import NDArray
from PIL import Image, ImageDraw

HEIGHT, WIDTH = 1024, 768
Place = tuple[float, float]  # x and y in units of the width, y down to 1.333

RED = ("#e8452c", "#d92a2a", "#f2703a", "#c21f3a", "#ef8a5a")
BLUE = ("#4f6fc0", "#6f8fd8", "#5a5ab0")
GREEN = ("#7f9f3f", "#4f7f4a", "#a8b552", "#3f6a5a", "#8aa86a")


class Sheet:
    """Paper and how much of each colour it has taken up, (H, W, 3)."""

    def __init__(self, rng: Rng) -> None:
        self.rng = rng
        self.density = np.zeros((HEIGHT, WIDTH, 3), np.float32)
        self.paper = noise(rng, HEIGHT, WIDTH, 3, 0.8) + 0.7 * noise(rng, HEIGHT, WIDTH, 7, 1.2)
        self.wander = [noise(rng, HEIGHT, WIDTH, feature, 1.7) for feature in (90, 40, 14)]
        self.bloom = noise(rng, HEIGHT, WIDTH, 55, 1.4)

    def wash(
        self,
        at: Place,
        size: Place,
        color: str,
        turn: float = 0.0,
        load: float = 1.0,
        wet: float = 0.1,
        lift: float = 0.0,
    ) -> None:
        """Lay an oval of colour that runs.

        `wet` is how softly it ends, 0 leaves a dark rim; `lift` is the share of what lies there
        that is taken up first.
        """
        row, column = at[1] * WIDTH, at[0] * WIDTH
        reach = 1.7 * max(size) * WIDTH + 8
        top, left = (int(max(0, side - reach)) for side in (row, column))
        bottom, right = int(min(HEIGHT, row + reach)), int(min(WIDTH, column + reach))
        if top >= bottom or left >= right:
            return
        here = np.s_[top:bottom, left:right]
        y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
        dy, dx = (y - row) / WIDTH, (x - column) / WIDTH
        along, across = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
        shift = self.rng.integers(0, HEIGHT, 2)
        wide, middle, small = (_window(field, here, shift) for field in self.wander)
        far = np.hypot(along / size[0], across / size[1])
        far = far + 0.13 * wide + 0.08 * middle + 0.025 * small + 0.012 * self.paper[here]
        inside = smoothstep(1.0, 1.0 - max(wet, 0.015), far)
        rim = np.exp(-(((far - 0.965) / 0.028) ** 2)) * max(0.0, 1 - 4 * wet)
        pool = 0.72 + 0.20 * _window(self.bloom, here, shift[::-1]) + 0.25 * along / size[0]
        grains = 1 + 0.13 * self.paper[here]
        pigment = load * inside * (np.clip(pool, 0.15, 2) * grains + 0.55 * rim)
        self.density[here] *= 1 - lift * inside[..., None]
        self.density[here] += pigment[..., None] * _absorbed(color)

    def line(
        self, points: NDArray[np.float64], width: float, color: str, load: float = 1.0
    ) -> None:
        """Draw a line of the brush's tip along (N, 2) x and y; it thins out to its end."""
        along = np.gradient(points, axis=0)
        along /= np.hypot(along[:, :1], along[:, 1:]) + 1e-9
        thin = width * np.linspace(0.6, 0.18, len(points))[:, None]
        thin = thin * (1 + 0.15 * self.rng.standard_normal((len(points), 1)))
        side = along[:, ::-1] * (-1, 1) * thin
        outline = np.concatenate([points + side, (points - side)[::-1]]) * WIDTH
        low = np.maximum(np.floor(outline.min(0)).astype(int) - 2, 0)
        high = np.minimum(np.ceil(outline.max(0)).astype(int) + 3, (WIDTH, HEIGHT))
        if (high <= low).any():
            return
        patch = Image.new("L", tuple(4 * (high - low)))
        ImageDraw.Draw(patch).polygon([tuple(p) for p in 4 * (outline - low)], fill=255)
        small = patch.resize(tuple(high - low), Image.Resampling.BOX)
        here = np.s_[low[1] : high[1], low[0] : high[0]]
        ink = np.asarray(small) / 255 * load * (1 + 0.22 * self.paper[here])
        self.density[here] += (ink[..., None] * _absorbed(color)).astype(np.float32)

    def dry(self) -> Array:
        """Return the picture, (H, W, 3)."""
        tooth = self.paper
        white = palette(0.5 + 0.05 * tooth, "#efe9da", "#fbf8ef", "#fffdf8")
        run = 0.72 * self.density + 0.28 * blur(self.density, 2.0)
        light = white * np.exp(-run)
        return np.clip(light * (1 + 0.012 * tooth[..., None]), 0, 1).astype(np.float32)


def poppies(rng: Rng) -> Array:
    """Return poppies before far hills, in watercolour."""
    sheet = Sheet(rng)
    _background(rng, sheet)
    _grass(rng, sheet)
    flowers = [
        (rng.uniform(0.02, 0.98), rng.uniform(0.48, 0.92), rng.uniform(0.025, 0.05))
        for _ in range(26)
    ]
    flowers += [
        (0.30, 0.60, 0.115),
        (0.68, 0.50, 0.13),
        (0.52, 0.86, 0.125),
        (0.86, 0.88, 0.10),
        (0.13, 0.93, 0.095),
    ]
    for x, y, size in sorted(flowers, key=lambda flower: flower[2]):
        _stem(rng, sheet, (x, y + 0.4 * size), size)
        _poppy(rng, sheet, (x, y), size)
    for _ in range(22):
        x, y, size = rng.uniform(0, 1), rng.uniform(0.62, 1.25), rng.uniform(0.012, 0.03)
        for turn in np.linspace(0, 2 * np.pi, 7)[:-1] + rng.uniform(0, 1):
            petal = (x + size * np.cos(turn), y + size * np.sin(turn))
            sheet.wash(petal, (0.8 * size, 0.36 * size), str(rng.choice(BLUE)), turn, 0.8, 0.05)
        sheet.wash((x, y), (0.4 * size, 0.4 * size), "#3a3470", 0, 0.9, 0.3)
    _splashes(rng, sheet)
    return sheet.dry()


def _background(rng: Rng, sheet: Sheet) -> None:
    for _ in range(16):
        at = (rng.uniform(-0.1, 1.1), rng.uniform(-0.05, 0.36))
        color = str(rng.choice(("#8fb8e0", "#a8c4e6", "#c9b8dc", "#f2d3b0", "#b8d8e4")))
        sheet.wash(
            at,
            (rng.uniform(0.15, 0.4), rng.uniform(0.06, 0.14)),
            color,
            rng.uniform(-0.2, 0.2),
            0.55,
            0.7,
        )
    for base, color, load in (
        (0.40, "#8f9fd0", 0.6),
        (0.45, "#6f8fb8", 0.7),
        (0.50, "#7fa88f", 0.8),
    ):
        for x in np.linspace(-0.1, 1.1, 6):
            at = (x + rng.normal(0, 0.05), base + 0.05 + rng.normal(0, 0.015))
            sheet.wash(
                at, (rng.uniform(0.16, 0.30), 0.065), color, rng.normal(0, 0.12), 0.5 * load, 0.03
            )
    for _ in range(34):
        at = (rng.uniform(-0.1, 1.1), rng.uniform(0.56, 1.35))
        color = str(rng.choice((*GREEN, "#e6d67a", "#cfd88a")))
        sheet.wash(
            at,
            (rng.uniform(0.10, 0.26), rng.uniform(0.05, 0.13)),
            color,
            rng.normal(0, 0.5),
            0.42,
            0.5,
        )


def _grass(rng: Rng, sheet: Sheet) -> None:
    reach = np.linspace(0, 1, 26)
    for _ in range(190):
        foot = np.array([rng.uniform(-0.05, 1.05), rng.uniform(0.85, 1.36)])
        tall, lean = rng.uniform(0.10, 0.34), rng.normal(0, 0.10)
        blade = foot + np.stack([lean * reach**1.7, -tall * reach], 1)
        sheet.line(blade, rng.uniform(0.004, 0.011), str(rng.choice(GREEN)), rng.uniform(0.4, 0.9))


def _stem(rng: Rng, sheet: Sheet, top: Place, size: float) -> None:
    reach = np.linspace(0, 1, 60)
    lean, tall = rng.normal(0, 0.06), 0.25 + 3 * size
    stem = np.array(top) + np.stack([lean * reach**2 + 0.008 * np.sin(6 * reach), tall * reach], 1)
    sheet.line(stem, 0.008 + 0.05 * size, str(rng.choice(GREEN[1:4])), 0.9)


def _poppy(rng: Rng, sheet: Sheet, at: Place, size: float) -> None:
    """Lay overlapping petals, creases in them, and a dark heart."""
    sheet.wash(at, (1.02 * size, 0.92 * size), "#f6b08a", 0, 0.15, 0.1, lift=0.85)
    count = int(rng.integers(4, 6))
    for turn in np.linspace(0, 2 * np.pi, count + 1)[:-1] + rng.uniform(0, 2):
        petal = (at[0] + 0.52 * size * np.cos(turn), at[1] + 0.44 * size * np.sin(turn))
        oval = (rng.uniform(0.62, 0.8) * size, rng.uniform(0.52, 0.72) * size)
        sheet.wash(petal, oval, str(rng.choice(RED)), turn, rng.uniform(0.55, 0.95), 0.02)
        for _ in range(5):
            way = turn + rng.normal(0, 0.35)
            far = np.linspace(0.25, rng.uniform(0.7, 1.05), 12)[:, None] * size
            crease = np.array(at) + far * np.array([np.cos(way), 0.86 * np.sin(way)])
            sheet.line(crease, 0.05 * size, "#b01f2f", 0.35)
    sheet.wash(at, (0.26 * size, 0.22 * size), "#2a1f3a", 0, 1.3, 0.35)
    for turn in rng.uniform(0, 2 * np.pi, 22):
        dot = (
            at[0] + 0.34 * size * np.cos(turn) * rng.uniform(0.7, 1.1),
            at[1] + 0.30 * size * np.sin(turn),
        )
        sheet.wash(dot, (0.035 * size, 0.035 * size), "#1a1428", 0, 1.2, 0.2)


def _splashes(rng: Rng, sheet: Sheet) -> None:
    for _ in range(170):
        at = (rng.uniform(0, 1), rng.uniform(0.1, 1.33))
        size = 0.0015 + 0.006 * rng.random() ** 3
        sheet.wash(at, (size, size), str(rng.choice((*RED, *GREEN, *BLUE))), 0, 0.8, 0.05)


def _absorbed(color: str) -> Array:
    """Return how much of red, green and blue one layer of a colour takes away, in nepers."""
    return -np.log(np.clip(palette(0.0, color, color), 0.02, 0.98)).astype(np.float32)


def _window(field: Array, here: tuple[slice, slice], shift: NDArray[np.int64]) -> Array:
    """Return a part of a tileable field, moved."""
    rows = np.arange(here[0].start, here[0].stop) + shift[0]
    columns = np.arange(here[1].start, here[1].stop) + shift[1]
    return field[np.ix_(rows % field.shape[0], columns % field.shape[1])]
