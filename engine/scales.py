"""Coarse to fine: at which sizes a picture is painted, and with how many steps each."""

import math
from dataclasses import dataclass

from engine.presets import settle
from engine.request import SMALLEST_SIDE, Brush, PaintSettings, StylizeRequest

GRID = 16  # pixels: what four poolings divide by, and what the cuts of a canvas lie on
SMALLEST_CELL = 4  # pixels on a side
# Neighbours are looked for between all cells, so their number is limited: larger pictures have
# larger cells, and the search costs the same at every size.
MOST_CELLS = 128 * 128
MOST_STYLE_CELLS = 2 * MOST_CELLS  # that a cell is compared with: of more, a sample
# Pillow's `reducing_gap`: to how many times its final side a picture may be reduced by whole
# numbers first. From 3 on, says its documentation, no difference is seen.
REDUCING_GAP = 3.0
FEWEST_STEPS = 5  # after a search for neighbours; fewer would not show what it found


@dataclass(frozen=True)
class Scale:
    """One size on the way, and its optimisation steps.

    Where neighbours are looked for twice at a size, two scales of that size follow each other.
    """

    width: int
    height: int
    steps: int
    place: float = 1.0  # 0 for the coarsest of all, 1 for the finest
    squeezed: bool = False  # to the very size that was asked for: the canvas has no grid

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture in pixels, as Pillow takes them."""
        return self.width, self.height

    @property
    def canvas(self) -> tuple[int, int]:
        """Width and height of the canvas: the picture and what fills it up to the grid."""
        grid = 1 if self.squeezed else self.grid
        width, height = (-(-side // grid) * grid for side in self.size)
        return width, height

    @property
    def cell(self) -> int:
        """Pixels on the side of a cell (`engine.neighbours`), a power of two."""
        side = SMALLEST_CELL
        while -(-self.width // side) * -(-self.height // side) > MOST_CELLS:
            side *= 2
        return side

    @property
    def grid(self) -> int:
        """Pixels that the sides of canvas and styles are multiples of."""
        return max(GRID, self.cell)

    @property
    def long_side(self) -> int:
        """Pixels on the long side."""
        return max(self.size)


def fit(picture: tuple[int, int], long_side: float) -> tuple[int, int]:
    """A picture's (width, height) brought to a long side, its aspect ratio kept.

    A strip becomes longer than that where its short side would fall below what four poolings need.
    """
    ratio = max(long_side / max(picture), SMALLEST_SIDE / min(picture))
    width, height = (round(side * ratio) for side in picture)
    return width, height


# How large a style is seen against the canvas: its strokes come out as fine or as bold.
BRUSH_SCALES: dict[Brush, float] = {"fine": 0.6, "medium": 1.0, "bold": 1.8}


def style_size(style: tuple[int, int], scale: Scale, brush: Brush) -> tuple[int, int]:
    """The (width, height) at which a style is seen: as many pixels as the canvas has, by brush.

    Sides lie on the grid. Equal areas rather than equal sides, so that a square style on a
    panorama takes no more memory than the panorama.
    """
    area = math.sqrt(scale.width * scale.height / (style[0] * style[1]))
    factor = area * BRUSH_SCALES[brush]
    width, height = (max(1, round(side * factor / scale.grid)) * scale.grid for side in style)
    return width, height


def pixels_wanted(settings: PaintSettings) -> int | None:
    """How many pixels of each picture are enough to paint from; None where every one counts.

    Raises RequestRejected as `settle` does.
    """
    recipe, size, _ = settle(settings)
    if not recipe.keeps_aspect:
        return None  # the original's numbers are those of the whole picture
    return round((REDUCING_GAP * size * max(1.0, BRUSH_SCALES[settings.brush])) ** 2)


def style_sizes(request: StylizeRequest, scale: Scale) -> list[tuple[int, int]]:
    """The (width, height) at which each style of a request is seen at a scale."""
    recipe, _, _ = settle(request.settings)
    if not recipe.keeps_aspect:
        return [scale.size for _ in request.styles]
    brush = request.settings.brush if recipe.matching else "medium"
    return [style_size(style.size, scale, brush) for style in request.styles]


def plan_scales(request: StylizeRequest) -> list[Scale]:
    """The scales of a request; see `scales_of`."""
    return scales_of(request.settings, request.content.size)


def scales_of(settings: PaintSettings, content: tuple[int, int]) -> list[Scale]:
    """The scales from the coarsest to the size asked for, about an octave between two.

    `content` is the (width, height) of the picture to repaint. The finest scale gets half the steps
    of the others. With fewer steps than scales, the coarse ones go without. Raises RequestRejected
    as `settle` does.
    """
    recipe, size, steps = settle(settings)
    sides = [size]
    if recipe.coarsest is not None and recipe.coarsest < size:
        sides = _sides(recipe.coarsest, size)
    searches = recipe.matching.searches if recipe.matching else 1
    scales = []
    for side, share in _share(sides[-steps:], steps).items():
        place = sides.index(side) / (len(sides) - 1) if len(sides) > 1 else 1.0
        width, height = fit(content, side) if recipe.keeps_aspect else (side, side)
        turns = max(1, min(searches, share // FEWEST_STEPS))
        scales += [
            Scale(width, height, own_steps, place, squeezed=not recipe.keeps_aspect)
            for own_steps in _split(share, [1] * turns)
        ]
    return scales


def _sides(coarsest: int, finest: int) -> list[int]:
    gaps = max(1, round(math.log2(finest / coarsest)))
    return [round(coarsest * (finest / coarsest) ** (n / gaps)) for n in range(gaps + 1)]


def _share(sides: list[int], steps: int) -> dict[int, int]:
    weights = [2] * (len(sides) - 1) + [1]
    return dict(zip(sides, _split(steps, weights), strict=True))


def _split(steps: int, weights: list[int]) -> list[int]:
    """So many steps in parts of about these weights."""
    ends = [steps * sum(weights[: n + 1]) // sum(weights) for n in range(len(weights))]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]
