"""Draw a mural of 3x3 tiles in eight styles, to look at its seams pixel by pixel.

    python -m scripts.draw_mural FOLDER

Paints tile after tile as the bot does, into FOLDER, and writes docs/mural.webp. Takes some minutes
on two cores; tiles that are in FOLDER already are not painted again.
"""

import sys
from pathlib import Path

from PIL import Image

from engine.mural.grid import Grid
from engine.mural.layers import Layer, Layers
from engine.request import PaintSettings, StylizeRequest
from engine.samples import CONTENTS, STYLES
from engine.stylize import stylize
from engine.vgg19 import load_encoder

DOCS = Path(__file__).parents[1] / "docs"
GRID, SEED, STEPS = Grid(3, 3, 256), 7, 60
ORDER = (  # of painting: a tile and its style
    *((5, "watercolor_poppies"), (1, "whirling_night"), (3, "loud_poster")),
    *((7, "woodblock_waves"), (9, "river_in_dots"), (2, "ink_mountains")),
    *((4, "burning_bay"), (8, "pencil_cat"), (6, "whirling_night")),
)
QUALITY = 78


def paint(folder: Path) -> Image.Image:
    """Paint the tiles that are missing; return the whole mural."""
    samples = {sample.name: sample for sample in (*CONTENTS, *STYLES)}
    photo = Image.open(samples["mountains"].path).convert("RGB")
    encoder, layers = load_encoder("bundled"), list[Layer]()
    for number, name in ORDER:
        layer = Layer(number, folder / f"{number}.png")
        if not layer.path.exists():
            content, around = Layers(GRID, photo, layers).surroundings(number, SEED)
            style = Image.open(samples[name].path).convert("RGB")
            how = PaintSettings(size=max(content.size), steps=STEPS, seed=SEED + number)
            request = StylizeRequest(content, (style,), how, surroundings=around)
            stylize(request, encoder).picture.save(layer.path)
        layers.append(layer)
    return Layers(GRID, photo, layers).picture((0, 0, *GRID.size))


if __name__ == "__main__":
    made = Path(sys.argv[1])
    made.mkdir(exist_ok=True)
    paint(made).save(DOCS / "mural.webp", quality=QUALITY)
