"""Coarse to fine: at which sizes a picture is painted, and with how many steps each."""

import math
from dataclasses import dataclass

from engine.presets import PRESETS, settle
from engine.request import SMALLEST_SIDE, StylizeRequest

DRAFT = PRESETS["draft"]


@dataclass(frozen=True)
class Scale:
    """One size on the way, and its optimisation steps."""

    width: int
    height: int
    steps: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, as Pillow takes them."""
        return self.width, self.height

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
    return [
        Scale(*(fit(request.content.size, side) if recipe.keeps_aspect else (side, side)), share)
        for side, share in shares.items()
    ]


def _sides(coarsest: int, finest: int) -> list[int]:
    gaps = max(1, round(2 * math.log2(finest / coarsest)))
    return [round(coarsest * (finest / coarsest) ** (n / gaps)) for n in range(gaps + 1)]


def _share(sides: list[int], steps: int) -> dict[int, int]:
    sides = sides[-steps:] if steps else []
    count = len(sides)
    return {side: steps * (n + 1) // count - steps * n // count for n, side in enumerate(sides)}
