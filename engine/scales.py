"""Coarse to fine: at which sizes a picture is painted, and with how many steps each."""

import math
from dataclasses import dataclass

from engine.vgg19 import SMALLEST_SIDE


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


def plan_scales(
    picture: tuple[int, int], long_side: int, steps: int, coarsest: int | None, *, square: bool
) -> list[Scale]:
    """The scales from the coarsest to `long_side`, about an octave halved between two.

    `coarsest` of None paints at the last size only. The steps are shared out evenly; with fewer
    steps than scales, the coarse ones go without.
    """
    sides = [long_side]
    if coarsest is not None and coarsest < long_side:
        gaps = max(1, round(2 * math.log2(long_side / coarsest)))
        sides = [round(coarsest * (long_side / coarsest) ** (n / gaps)) for n in range(gaps + 1)]
    sides = sides[-steps:]
    shares = [(steps * (n + 1)) // len(sides) - (steps * n) // len(sides) for n in range(len(sides))]
    return [
        Scale(*((side, side) if square else fit(picture, side)), share)
        for side, share in zip(sides, shares, strict=True)
    ]
