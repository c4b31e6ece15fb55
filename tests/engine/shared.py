"""Pictures to measure with that are not part of the project; they may be missing."""

import math
from pathlib import Path

import numpy as np
from PIL import Image

SHARED_PICTURES = Path(__file__).parents[3] / "shared" / "pictures"
SHARED_FILES = Path(__file__).parents[3] / "shared" / "files"


def files_with_answers() -> list[Path]:
    """The odd files that have the right picture beside them."""
    ends = ".want.png"
    return sorted(Path(str(want)[: -len(ends)]) for want in SHARED_FILES.glob(f"*{ends}"))


def difference(file: Path, picture: Image.Image) -> tuple[float, float]:
    """How far a picture is from the right one: the mean of all levels, and of 99 % of the pixels.

    Infinite where the sizes differ.
    """
    with Image.open(f"{file}.want.png") as want:
        right = np.asarray(want.convert("RGB"), int)
    got = np.asarray(picture.convert("RGB"), int)
    if got.shape != right.shape:
        return math.inf, math.inf
    apart = np.abs(got - right)
    return float(apart.mean()), float(np.percentile(apart.max(2), 99))


def bounds(file: Path) -> tuple[float, float]:
    """How far a file may be from the right picture, in levels.

    Lossy files were made from the right picture: what a codec loses is within 3, and 25.
    """
    return (2.0, 6.0) if file.suffix in (".png", ".gif") else (3.0, 25.0)
