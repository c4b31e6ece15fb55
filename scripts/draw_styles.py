"""Draw the style pictures that the package ships: `python scripts/draw_styles.py [NAME...]`.

Every picture is computed from a seed, with numpy and Pillow alone, so the project owns them.
"""

import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import ink_style
import numpy as np
import painted_styles
import printed_styles
from drawing import Array, Rng
from PIL import Image

FOLDER = Path(__file__).parents[1] / "engine" / "bundled" / "pictures"
MAX_BYTES = 350_000
STYLES: dict[str, tuple[int, Callable[[Rng], Array]]] = {  # name -> seed, what draws it
    "whirling_night": (7, painted_styles.night),
    "burning_bay": (7, painted_styles.sunset),
    "river_in_dots": (7, painted_styles.river),
    "ink_mountains": (7, ink_style.ink),
    "sunrise_window": (7, printed_styles.window),
    "woodblock_waves": (7, printed_styles.waves),
    "loud_poster": (7, printed_styles.poster),
}


def main() -> None:
    """Draw the styles that are named, or all."""
    for name in sys.argv[1:] or STYLES:
        seed, draw = STYLES[name]
        pixels = np.rint(draw(np.random.default_rng(seed)) * 255).astype(np.uint8)
        target = FOLDER / f"{name}.jpg"
        target.write_bytes(_jpeg(Image.fromarray(pixels)))
        print(f"{target} {target.stat().st_size // 1000} kB")  # noqa: T201 - a script's report


def _jpeg(picture: Image.Image) -> bytes:
    for quality in range(90, 40, -2):
        buffer = BytesIO()
        picture.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
        if buffer.tell() <= MAX_BYTES:
            break
    return buffer.getvalue()


if __name__ == "__main__":
    main()
