"""What styles that are painted after a photograph share: the photograph, its form, its detail."""

from pathlib import Path

import numpy as np
from drawing import Array, blur, smoothstep
from PIL import Image

FOLDER = Path(__file__).parents[1] / "engine" / "bundled" / "pictures"


def photograph(
    name: str, width: int, height: int, crop: tuple[int, int, int, int] | None = None
) -> Array:
    """Return a sample of the package, (height, width, 3), or its part left, top, right, bottom.

    It is a little blurred: what it shows at its own size is coarse when it is enlarged.
    """
    with Image.open(FOLDER / f"{name}.jpg") as photo:
        part = photo.convert("RGB").crop(crop or (0, 0, *photo.size))
    large = part.resize((width, height), Image.Resampling.LANCZOS)
    return blur((np.asarray(large) / 255).astype(np.float32), 1.5)


def form(photo: Array, radii: tuple[int, ...], free: Array, known: float) -> Array:
    """Return the angle (H, W) along the edges, spread to where there are none.

    `radii` are those of the spreading; `free` (H, W) is the angle far from all edges, which the
    weakest `known` percent of places take in part.
    """
    dy, dx = np.gradient(blur(photo.mean(2), 2))
    double = np.stack([dx * dx - dy * dy, 2 * dx * dy], 2)
    spread = np.sum([blur(double, radius) * radius for radius in radii], 0)
    along = np.arctan2(spread[..., 1], spread[..., 0]) / 2 + np.pi / 2
    weight = np.hypot(spread[..., 0], spread[..., 1])
    share = smoothstep(0.0, float(np.percentile(weight, known)), weight)
    x = share * np.cos(2 * along) + (1 - share) * np.cos(2 * free)
    y = share * np.sin(2 * along) + (1 - share) * np.sin(2 * free)
    return np.asarray(np.arctan2(y, x) / 2, np.float32)


def detail(photo: Array, radius: float) -> Array:
    """Return where a picture changes fast, (H, W) in [0, 1], and up to `radius` pixels around."""
    change = blur(np.hypot(*np.gradient(blur(photo.mean(2), 1.2))), radius)
    return np.asarray(np.clip(change / np.percentile(change, 90), 0, 1), np.float32)
