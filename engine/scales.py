"""Coarse to fine: at which sizes a picture is painted, and with how many steps each."""

import math
from dataclasses import dataclass

from engine.blocks import STRIDE
from engine.presets import PRESETS, settle
from engine.request import SMALLEST_SIDE, StylizeRequest

DRAFT = PRESETS["draft"]


@dataclass(frozen=True)
class Scale:
    """One size on the way, and its optimisation steps."""

    width: int
    height: int
    steps: int
    grid: int = 1  # pixels; the canvas's sides are multiples of it

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture in pixels, as Pillow takes them."""
        return self.width, self.height

    @property
    def canvas_size(self) -> tuple[int, int]:
        """Width and height of the canvas: the picture, and what fills up the grid beside it.

        cuDNN makes plans for every new shape, which take time and are kept. On a grid there are few
        shapes, and of pixels at most 15 rows and columns more. The picture itself is as it was: a
        canvas of the nearest size on the grid would have to be resized, which blurs it in bands.
        """
        width, height = (-(-side // self.grid) * self.grid for side in self.size)
        return width, height

    @property
    def long_side(self) -> int:
        """Pixels on the long side."""
        return max(self.size)


def fit(picture: tuple[int, int], long_side: int) -> tuple[int, int]:
    """A picture's (width, height) brought to a long side, its aspect ratio kept.

    A side never falls below what four poolings need.
    """
    ratio = long_side / max(picture)
    width, height = (max(SMALLEST_SIDE, round(side * ratio)) for side in picture)
    return width, height


def fit_to_grid(picture: tuple[int, int], long_side: int) -> tuple[int, int]:
    """The same, each side moved to the nearest multiple of what four poolings divide by."""
    width, height = (max(STRIDE, round(side / STRIDE) * STRIDE) for side in fit(picture, long_side))
    return width, height


def plan_scales(request: StylizeRequest) -> list[Scale]:
    """The scales from the coarsest to the size asked for, about half an octave between two.

    A picture larger than a draft begins with the scales and steps of one, so that there is
    something to see at once; the scales beyond share out the other steps evenly. With fewer steps
    than scales, the coarse ones go without. Raises RequestRejected as `settle` does.
    """
    recipe, size, steps = settle(request.settings)
    if recipe.coarsest is None or recipe.coarsest >= size:
        shares = {size: steps}
    elif size <= DRAFT.size:
        shares = _share(_sides(recipe.coarsest, size), steps)
    else:
        first = _sides(recipe.coarsest, DRAFT.size)
        beyond = _sides(DRAFT.size, size)[1:]
        draft_steps = min(DRAFT.steps, steps * len(first) // (len(first) + len(beyond)))
        shares = _share(first, draft_steps) | _share(beyond, steps - draft_steps)
    if not recipe.keeps_aspect:
        return [Scale(side, side, share) for side, share in shares.items()]
    return [
        Scale(*fit(request.content.size, side), share, STRIDE) for side, share in shares.items()
    ]


def _sides(coarsest: int, finest: int) -> list[int]:
    gaps = max(1, round(2 * math.log2(finest / coarsest)))
    return [round(coarsest * (finest / coarsest) ** (n / gaps)) for n in range(gaps + 1)]


def _share(sides: list[int], steps: int) -> dict[int, int]:
    sides = sides[-steps:] if steps else []
    count = len(sides)
    return {side: steps * (n + 1) // count - steps * n // count for n, side in enumerate(sides)}
