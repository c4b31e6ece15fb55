"""Coarse to fine: at which sizes a picture is painted, and with how many steps each."""

import math
from dataclasses import dataclass

from engine.presets import SMALLEST_SIDE, settle
from engine.request import StylizeRequest


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

    The steps are shared out evenly; with fewer steps than scales, the coarse ones go without.
    Raises RequestRejected as `settle` does.
    """
    recipe, size, steps = settle(request)
    sides = [size]
    if recipe.coarsest is not None and recipe.coarsest < size:
        gaps = max(1, round(2 * math.log2(size / recipe.coarsest)))
        sides = [
            round(recipe.coarsest * (size / recipe.coarsest) ** (n / gaps)) for n in range(gaps + 1)
        ]
    sides = sides[-steps:]
    count = len(sides)
    shares = [steps * (n + 1) // count - steps * n // count for n in range(count)]
    return [
        Scale(*(fit(request.content.size, side) if recipe.keeps_aspect else (side, side)), share)
        for side, share in zip(sides, shares, strict=True)
    ]
