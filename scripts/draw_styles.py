"""Draw the style pictures that the package ships: `python scripts/draw_styles.py [NAME...]`.

Every picture is computed from a seed, with numpy and Pillow alone, so the project owns them.
"""

import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import bay_style
import dots_style
import ink_style
import night_style
import numpy as np
import pencil_style
import printed_styles
import sitter_style
import watercolor_style
import woodblock_style
from drawing import Array, Rng
from PIL import Image

FOLDER = Path(__file__).parents[1] / "engine" / "bundled" / "pictures"
MAX_BYTES = 480_000
STYLES: dict[str, tuple[int, Callable[[Rng], Array]]] = {  # name -> seed, what draws it
    "whirling_night": (7, night_style.night),
    "burning_bay": (7, bay_style.sunset),
    "river_in_dots": (7, dots_style.river),
    "ink_mountains": (7, ink_style.ink),
    "sunrise_window": (7, printed_styles.window),
    "woodblock_waves": (7, woodblock_style.waves),
    "loud_poster": (7, printed_styles.poster),
    "bold_sitter": (7, sitter_style.sitter),
    "pencil_cat": (7, pencil_style.cat),
    "watercolor_poppies": (7, watercolor_style.poppies),
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
    for quality in range(92, 40, -1):
        buffer = BytesIO()
        picture.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
        if buffer.tell() <= MAX_BYTES:
            break
    return buffer.getvalue()


if __name__ == "__main__":
    main()
